/**
 * The one place that uses cbor-x, with every option pinned: plain RFC 8949 data, no extension of the library's own, no
 * tags, no floating point, no native add-on (the package's main entry would look for it). Not a general CBOR codec:
 * what `decode` accepts is checked by cbor-check.ts first, so that hostile bytes never reach the library.
 *
 * Invariant: decode(encode(v)) equals v, except that integers come back as `number` below 2^32 and `bigint` from there.
 */

import { Encoder } from 'cbor-x/encode';
import { checkItem } from './cbor-check.ts';
import { FormatError } from './errors.ts';

/** What a recording may hold: integers (no fractions), text, bytes, booleans, null, arrays, and maps with text keys. */
export type CborValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | readonly CborValue[]
  | { readonly [key: string]: CborValue };

export type CborMap = { readonly [key: string]: CborValue };

/** Longest item that is decoded: a bound on what its arrays take. */
const MAX_ITEM_BYTES = 16 * 1024 * 1024;

const library = new Encoder({
  useRecords: false,
  mapsAsObjects: true,
  structuredClone: false,
  pack: false,
  bundleStrings: false,
  useSelfDescribedHeader: false,
  tagUint8Array: false,
  variableMapSize: true,
  copyBuffers: true,
  int64AsNumber: false,
} as ConstructorParameters<typeof Encoder>[0]);

/** One data item. A number that is not an integer is a bug and throws. */
export function encode(value: CborValue): Uint8Array {
  return new Uint8Array(library.encode(widen(value)));
}

/** What begins a byte string of `length` bytes, below 2^32; the bytes follow as they are. RFC 8949, section 3. */
export const bytesHead = (length: number): Uint8Array => head(0x40, length);

/** An unsigned integer below 2^64, as `encode` gives it. */
export const unsigned = (value: number | bigint): Uint8Array =>
  value <= 0xffffffff ? head(0, Number(value)) : encode(value);

/** A major type, and an argument below 2^32 in the fewest bytes. */
function head(major: number, argument: number): Uint8Array {
  if (argument < 24) return Uint8Array.of(major + argument);
  if (argument < 1 << 8) return Uint8Array.of(major + 0x18, argument);
  if (argument < 1 << 16) return Uint8Array.of(major + 0x19, argument >> 8, argument & 0xff);
  return Uint8Array.of(major + 0x1a, argument >>> 24, (argument >> 16) & 0xff, (argument >> 8) & 0xff, argument & 0xff);
}

/** The one data item that `bytes` are; FormatError when they are anything else or end early. */
export function decode(bytes: Uint8Array): CborValue {
  if (bytes.length > MAX_ITEM_BYTES) throw new FormatError(`a data item of ${bytes.length} bytes is too long`);
  const end = checkItem(bytes, 0);
  if (end !== bytes.length) throw new FormatError('a data item does not end where its bytes end');
  try {
    return narrow(library.decode(bytes.slice()) as CborValue);
  } catch (error) {
    throw new FormatError(`not CBOR: ${(error as Error).message}`);
  }
}

/** cbor-x writes a number of 2^32 or more as floating point: hand it over as bigint. Integers keep the short form. */
function widen(value: CborValue): unknown {
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value)) throw new RangeError(`${value} is not an integer`);
    return value > 0xffffffff || value < -0x80000000 ? BigInt(value) : value;
  }
  if (typeof value === 'bigint') {
    if (value < -(1n << 63n) || value >= 1n << 64n) throw new RangeError(`${value} does not fit in 64 bits`);
    return value <= 0xffffffffn && value >= -0x80000000n ? Number(value) : value;
  }
  if (value === null || typeof value !== 'object' || value instanceof Uint8Array) return value;
  if (Array.isArray(value)) return value.map(widen);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, widen(inner as CborValue)]));
}

/** Bytes as plain Uint8Array whatever the library makes of them. */
function narrow(value: CborValue): CborValue {
  if (value === null || typeof value !== 'object') return value;
  if (value instanceof Uint8Array) return new Uint8Array(value);
  if (Array.isArray(value)) return value.map(narrow);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, narrow(inner as CborValue)]));
}
