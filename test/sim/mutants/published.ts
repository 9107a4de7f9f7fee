/** The table of defects in docs/ft-protocol.md: what each takes to be found, and which invariant finds it. */

import { readFileSync, writeFileSync } from 'node:fs';
import type { Found } from './hunt.ts';

const PAGE = new URL('../../../docs/ft-protocol.md', import.meta.url);
const HEAD = '| defect | worlds | found by |\n| --- | --- | --- |\n';

export const rowOf = ({ name, seeds, invariant }: Omit<Found, 'what'>): string =>
  `| ${name} | ${seeds ?? 'not found'} | ${invariant} |`;

/** The rows by the names of the defects, and what is around them. */
function parts(): { readonly before: string; readonly rows: readonly string[]; readonly after: string } {
  const page = readFileSync(PAGE, 'utf8');
  const from = page.indexOf(HEAD) + HEAD.length;
  if (from < HEAD.length) throw new Error('docs/ft-protocol.md has no table of defects');
  const lines = page.slice(from).split('\n');
  const count = lines.findIndex((line) => !line.startsWith('| '));
  return { before: page.slice(0, from), rows: lines.slice(0, count), after: ['', ...lines.slice(count)].join('\n') };
}

export const publishedRows = (): ReadonlyMap<string, string> =>
  new Map(parts().rows.map((row) => [row.split(' | ')[0]!.slice(2), row]));

export function publish(found: readonly Found[]): void {
  const { before, after } = parts();
  writeFileSync(PAGE, before + found.map(rowOf).join('\n') + after);
}
