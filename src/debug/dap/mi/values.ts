/** Looking into what gdb's machine interface gave: by name, with what is not there as nothing. */

import type { MiTuple, MiValue } from './parse.ts';

export const NOTHING: MiTuple = {};

export function tupleIn(value: MiValue | undefined): MiTuple {
  return value === undefined || typeof value === 'string' || Array.isArray(value) ? NOTHING : (value as MiTuple);
}

export const textIn = (value: MiValue | undefined): string | undefined =>
  typeof value === 'string' ? value : undefined;

export const listIn = (value: MiValue | undefined): readonly MiValue[] => (Array.isArray(value) ? value : []);

/** Decimal or `0x…`; undefined when it is no such number. */
export function numberIn(value: MiValue | undefined): bigint | undefined {
  const text = textIn(value) ?? '';
  return /^(0x[0-9a-f]{1,16}|\d{1,20})\b/i.test(text) ? BigInt(text.split(/[^0-9a-fx]/i)[0]!) : undefined;
}

/** A C string for a parameter of a command. */
export const quoted = (text: string): string =>
  `"${text.replace(/["\\]/g, '\\$&').replaceAll('\n', '\\n').replaceAll('\t', '\\t').replaceAll('\r', '\\r')}"`;
