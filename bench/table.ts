/** Text tables: a first column of names, then columns of figures set to the right. */

export interface Table {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Words of a heading go below each other where it would be wider than this. */
const HEAD_WIDTH = 10;

export function formatTable({ title, head, rows }: Table): string {
  const heads = stacked(head);
  const all = [...heads, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)));
  const line = (row: readonly string[]): string =>
    widths
      .map((width, column) => (column === 0 ? (row[0] ?? '').padEnd(width) : (row[column] ?? '').padStart(width)))
      .join('  ')
      .trimEnd();
  return [title, '', ...heads.map(line), widths.map((width) => '-'.repeat(width)).join('  '), ...rows.map(line)].join(
    '\n',
  );
}

/** Headings as lines of cells, level at the bottom. */
function stacked(head: readonly string[]): string[][] {
  const cells = head.map(wrapped);
  const height = Math.max(...cells.map((lines) => lines.length));
  return Array.from({ length: height }, (_, i) => cells.map((lines) => lines[i - height + lines.length] ?? ''));
}

/** Breaks at blanks and after a stroke. */
function wrapped(text: string): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/(?<=[ /])/)) {
    if (line !== '' && (line + word).trimEnd().length > HEAD_WIDTH) {
      lines.push(line.trimEnd());
      line = '';
    }
    line += word;
  }
  return [...lines, line.trimEnd()];
}

/** Three figures that count; '-' for what was not measured. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return '-';
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en-US');
  return value.toPrecision(3);
}

/** A part of one as per cent, with sign when asked. */
export function percent(value: number, signed = false): string {
  if (!Number.isFinite(value)) return '-';
  const text = (value * 100).toFixed(Math.abs(value) < 0.1 ? 1 : 0);
  return `${signed && value >= 0 ? '+' : ''}${text}%`;
}

/** A median with its spread, where there is one: `1.23 ±4%`. */
export function withSpread(value: number, spread: number): string {
  if (!Number.isFinite(value)) return '-';
  return spread > 0 ? `${figure(value)} ±${(spread * 100).toFixed(0)}%` : figure(value);
}

export function mebibytes(bytes: number): string {
  return Number.isFinite(bytes) ? (bytes / 2 ** 20).toFixed(0) : '-';
}
