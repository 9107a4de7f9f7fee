/**
 * Typed looks at decoded CBOR: each gives the value as the type asked for, or throws FormatError.
 */

import type { CborMap, CborValue } from './cbor.ts';
import { FormatError } from './errors.ts';

export function asMap(value: CborValue | undefined): CborMap {
  const isMap = typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
  if (!isMap) throw new FormatError('a map is missing');
  return value as CborMap;
}

export function wide(value: CborValue | undefined): bigint {
  if (typeof value !== 'number' && typeof value !== 'bigint') throw new FormatError('a number is missing');
  return BigInt(value);
}

/** An integer that a JavaScript number holds, not negative. */
export function small(value: CborValue | undefined): number {
  const number = Number(wide(value));
  if (!Number.isSafeInteger(number) || number < 0) throw new FormatError('a number is out of range');
  return number;
}

export function text(value: CborValue | undefined): string {
  if (typeof value !== 'string') throw new FormatError('a text is missing');
  return value;
}

export function list(value: CborValue | undefined): readonly CborValue[] {
  if (!Array.isArray(value)) throw new FormatError('a list is missing');
  return value as readonly CborValue[];
}

export function bytes(value: CborValue | undefined): Uint8Array {
  if (!(value instanceof Uint8Array)) throw new FormatError('a byte string is missing');
  return value;
}
