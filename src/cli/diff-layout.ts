/** How the report of a comparison is laid out: headings, and two columns, A in green and B in red. */

import chalk from 'chalk';
import type { Both, Side } from '../debug/diff/both.ts';
import { count } from './text.ts';

const COLUMN = 50;
const INDENT = '  ';

export const paint: Both<(text: string) => string> = { a: chalk.green, b: chalk.red };
export const letter = (side: Side): string => paint[side](side.toUpperCase());

export const heading = (text: string): string => `\n${chalk.bold(text)}`;
export const indented = (text: string): string => `${INDENT}${text}`;
export const dim = (text: string): string => chalk.dim(text);

export const tickText = (tick: bigint | undefined): string => (tick === undefined ? '-' : count(tick));
export const hex = (n: bigint): string => `0x${n.toString(16)}`;
export const hex64 = (n: bigint): string => n.toString(16).padStart(16, '0');
export const bytesHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** Rows of a name, A's value and B's, under the letters. */
export function table(rows: readonly (readonly [name: string, a: string, b: string])[]): string[] {
  const names = Math.max(0, ...rows.map(([name]) => name.length));
  const width = Math.min(COLUMN, Math.max(1, ...rows.map(([, a]) => a.length)));
  const line = (name: string, a: string, b: string): string =>
    indented(`${name.padEnd(names)}  ${paint.a(cell(a, width))}  ${paint.b(cut(b))}`.trimEnd());
  return [line('', 'A', 'B'), ...rows.map(([name, a, b]) => line(name, a, b))];
}

/** Two texts of several lines beside each other. */
export function beside(a: readonly string[], b: readonly string[]): string[] {
  const width = Math.min(COLUMN, Math.max(1, ...a.map((line) => line.length)));
  return Array.from({ length: Math.max(a.length, b.length) }, (_, i) =>
    indented(`${paint.a(cell(a[i] ?? '', width))}  ${paint.b(cut(b[i] ?? ''))}`.trimEnd()),
  );
}

export const cut = (text: string, width = COLUMN): string =>
  text.length <= width ? text : `${text.slice(0, width - 1)}…`;
const cell = (text: string, width: number): string => cut(text, width).padEnd(width);
