/** How the monitor's words read numbers and addresses, and how they write places and bytes. */

import { type Tick, tick } from '../../lib/brands.ts';
import { UserError } from '../../lib/errors.ts';
import { hexOf } from './hex.ts';
import type { DebugTarget } from './target.ts';

const PRIVILEGES: Readonly<Record<string, string>> = { 0: 'U', 1: 'S', 3: 'M' };
const DUMP_ROW = 16;

export const count = (n: bigint | number): string => String(n).replace(/\B(?=(\d{3})+$)/g, ',');

/** `0x80000123 count_one+0x12`. */
export function place(target: DebugTarget, pc: bigint): string {
  const name = target.nameOf(pc);
  return `0x${pc.toString(16)}${name === undefined ? '' : ` ${name}`}`;
}

/** Tick and what stands there, one line. */
export function placeLine({ target, hart }: { readonly target: DebugTarget; hart(): number }): string {
  const privilege = PRIVILEGES[String(target.readRegister(hart(), 'priv'))] ?? '?';
  const pc = target.readRegister(hart(), 'pc');
  return `tick ${count(target.now)} of ${count(target.end)}: ${privilege}-mode at ${place(target, pc)}`;
}

/** A tick within the recording. UserError. */
export function parseTick({ now, start, end }: DebugTarget, text: string | undefined): Tick {
  const digits = (text ?? '').replaceAll(/[_,]/g, '');
  if (digits === 'start') return start;
  if (digits === 'end') return end;
  const match = /^([+-]?)(\d{1,19})$/.exec(digits);
  if (match === null) throw new UserError('bad-tick', `no tick: ${text ?? ''}`, 'give a number, +N, -N, start or end');
  const n = BigInt(match[2]!);
  const to = match[1] === '+' ? now + n : match[1] === '-' ? now - n : n;
  if (to >= start && to <= end) return tick(to);
  const what = `tick ${count(to)} is not in the recording`;
  throw new UserError('no-such-tick', what, `it goes from tick ${count(start)} to ${count(end)}`);
}

/** `fallback` where nothing is given. UserError. */
export function parseCount(text: string | undefined, fallback: number): number {
  if (text === undefined) return fallback;
  if (/^(\d{1,6}|0x[0-9a-f]{1,5})$/i.test(text) && Number(text) > 0) return Number(text);
  throw new UserError('bad-number', `no number: ${text}`, 'give one from 1 to 999999');
}

/** A number in C's notation, or a symbol with an offset. UserError. */
export function parseAddress(target: DebugTarget, text: string | undefined): bigint {
  if (text !== undefined && /^(0x[0-9a-f]{1,16}|\d{1,20})$/i.test(text)) return BigInt.asUintN(64, BigInt(text));
  const [, symbol, offset] = /^&?([A-Za-z_.$][\w.$]*)(?:\+(0x[0-9a-f]{1,16}|\d{1,19}))?$/i.exec(text ?? '') ?? [];
  const address = symbol === undefined ? undefined : target.addressOf(symbol);
  if (address !== undefined) return BigInt.asUintN(64, address + BigInt(offset ?? 0));
  throw new UserError('bad-address', `no address: ${text ?? ''}`, 'give 0x… or the name of a symbol');
}

/** Rows of 16 bytes with their addresses and printable characters. */
export function dump(at: bigint, bytes: Uint8Array): string {
  const rows: string[] = [];
  for (let i = 0; i < bytes.length; i += DUMP_ROW) {
    const row = bytes.subarray(i, i + DUMP_ROW);
    const pairs = Array.from(row, (byte) => hexOf(Uint8Array.of(byte))).join(' ');
    const text = Array.from(row, (byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')).join('');
    rows.push(`0x${(at + BigInt(i)).toString(16)}  ${pairs.padEnd(3 * DUMP_ROW - 1)}  ${text}`);
  }
  return rows.join('\n');
}
