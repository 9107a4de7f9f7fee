/** The state of two sides in the report of a comparison: code around a place, registers, devices, bytes of RAM. */

import type { Both } from '../debug/diff/both.ts';
import type { Moment } from '../debug/diff/moment.ts';
import type { RegisterDifference, StateDifference } from '../debug/diff/state-diff.ts';
import type { CodeLine } from '../debug/guest/code.ts';
import type { SymbolTable } from '../debug/guest/symbols.ts';
import { beside, bytesHex, dim, hex, hex64, indented, table, tickText } from './diff-layout.ts';
import { count } from './text.ts';

const ROWS_MAX = 16;
const BYTES_MAX = 16;

export const placeText = ({ pc, symbol, privilege }: Moment): string =>
  `${hex(pc)}${symbol === undefined ? '' : ` ${symbol}`}, ${privilege} mode`;

/** The code around both places: once where they are at the same, else beside each other. */
export function codeLines({ a, b }: Both<Moment>): string[] {
  if (a.pc === b.pc && sameCode(a.code, b.code)) return listing(a).map(indented);
  return beside(
    [`tick ${tickText(a.tick)}`, placeText(a), ...listing(a)],
    [`tick ${tickText(b.tick)}`, placeText(b), ...listing(b)],
  );
}

const sameCode = (a: readonly CodeLine[], b: readonly CodeLine[]): boolean =>
  a.length === b.length && a.every(({ text }, i) => text === b[i]!.text);

const listing = ({ code, pc }: Moment): string[] =>
  code.map(({ address, text }) => `${address === pc ? '>' : ' '} ${address.toString(16)}  ${text}`);

export function registerRows(registers: readonly RegisterDifference[]): [string, string, string][] {
  const shown = registers.slice(0, ROWS_MAX).map(({ name, hart, a, b }): [string, string, string] => {
    return [hart === 0 ? name : `${name} (hart ${hart})`, hex64(a), hex64(b)];
  });
  return registers.length > ROWS_MAX ? [...shown, [`and ${registers.length - ROWS_MAX} more`, '', '']] : shown;
}

/** `symbols` name bytes of RAM where guest addresses are physical. */
export function stateLines(state: StateDifference, symbols: SymbolTable): string[] {
  const { registers, tlb, devices, memory } = state;
  const rows: [string, string, string][] = [
    ...registerRows(registers),
    ...devices.slice(0, ROWS_MAX).map(({ path, a, b }): [string, string, string] => [path, a ?? '-', b ?? '-']),
    ...memory.ranges.slice(0, ROWS_MAX).map(({ pa, a, b }): [string, string, string] => {
      const symbol = symbols.nameOf(pa);
      return [`${hex(pa)}${symbol === undefined ? '' : ` ${symbol}`}`, shortBytes(a), shortBytes(b)];
    }),
  ];
  const lines = rows.length === 0 ? [] : table(rows);
  if (memory.pages > 0) {
    lines.push(indented(dim(`${count(memory.bytes)} bytes of RAM differ, in ${count(memory.pages)} pages`)));
  }
  for (const { tlb: name, entries } of tlb) {
    lines.push(indented(dim(`${count(entries)} entries of the ${name} TLB differ`)));
  }
  return lines.length === 0 ? [indented('no difference')] : lines;
}

const shortBytes = (bytes: Uint8Array): string =>
  bytes.length <= BYTES_MAX ? bytesHex(bytes) : `${bytesHex(bytes.subarray(0, BYTES_MAX))}… (${bytes.length} bytes)`;
