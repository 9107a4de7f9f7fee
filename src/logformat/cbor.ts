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
} as ConstructorParameters<typeof Encoder>[0]) as {
  encode(value: unknown, mode: number): Uint8Array;
  decode(bytes: Uint8Array, length: number): unknown;
};
/** What was encoded last is given up, and the next may lie in its place. The library's number for it. */
const RESET_BUFFER_MODE = 1024;

/** One data item. A number that is not an integer is a bug and throws. */
export function encode(value: CborValue): Uint8Array {
  return new Uint8Array(library.encode(widen(value), RESET_BUFFER_MODE));
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
    return narrow(library.decode(...source(bytes)) as CborValue);
  } catch (error) {
    throw new FormatError(`not CBOR: ${(error as Error).message}`);
  }
}

/** Items up to this long are decoded from one place, whose view the library keeps. */
const place = new Uint8Array(1024);

/** What the library is to decode. It leaves marks on the array that it is given, which is not the caller's. */
function source(bytes: Uint8Array): [bytes: Uint8Array, length: number] {
  if (bytes.length > place.length) return [bytes.slice(), bytes.length];
  place.set(bytes);
  return [place, bytes.length];
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
  // Copied when something in it is to be another: mostly nothing is.
  let wide = value as { [key: string]: unknown };
  for (const key of Object.keys(value)) {
    const inner = wide[key];
    const other = widen(inner as CborValue);
    if (other === inner) continue;
    if (wide === value) wide = { ...value };
    wide[key] = other;
  }
  return wide;
}

/** Bytes as plain Uint8Array whatever the library makes of them. Changes maps where they are: nobody else has them. */
function narrow(value: CborValue): CborValue {
  if (value === null || typeof value !== 'object') return value;
  if (value instanceof Uint8Array) return new Uint8Array(value);
  if (Array.isArray(value)) return value.map(narrow);
  const map = value as { [key: string]: CborValue };
  for (const key of Object.keys(map)) {
    const inner = map[key]!;
    if (typeof inner === 'object' && inner !== null) map[key] = narrow(inner);
  }
  return map;
}
