/** Quantities for people. */

import { printable } from '../host/printable.ts';

/** 1234567n -> '1,234,567'. */
export const count = (n: bigint | number): string => n.toLocaleString('en-US');

/** 4096n -> '0x1000'. */
export const hex = (value: bigint | number): string => `0x${value.toString(16)}`;

/** Bytes as '1.2 MB' (decimal units). */
export function bytes(n: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = n;
  let unit = 0;
  for (; value >= 1000 && unit < units.length - 1; unit++) value /= 1000;
  return unit === 0 ? `${n} B` : `${value.toFixed(value < 10 ? 2 : 1)} ${units[unit]}`;
}

/** Seconds as '0.42 s', '12.3 s', '3 min 07 s'. */
export function seconds(s: number): string {
  if (s < 10) return `${s.toFixed(2)} s`;
  if (s < 60) return `${s.toFixed(1)} s`;
  return `${Math.floor(s / 60)} min ${String(Math.floor(s % 60)).padStart(2, '0')} s`;
}

/** Rows of cells, of whomever, as aligned columns, two spaces between; the first row may be a head. */
export function columns(cells: readonly (readonly string[])[], rightAligned: readonly number[] = []): string {
  const rows = cells.map((row) => row.map(printable));
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => (row[i] ?? '').length)));
  return rows
    .map((row) =>
      row
        .map((cell, i) => (rightAligned.includes(i) ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
