/**
 * Walks one CBOR data item (RFC 8949) without building anything, and refuses what a recording never holds: indefinite
 * lengths, tags, floating point, other simple values, map keys that are not text, deep nesting, lengths past the end.
 * Work is bounded by the number of bytes.
 */

import { FormatError } from './errors.ts';

const MAX_DEPTH = 16;

/** Of the initial byte, the upper three bits. */
export const Major = { unsigned: 0, negative: 1, bytes: 2, text: 3, array: 4, map: 5, tag: 6, simple: 7 } as const;

/**
 * An initial byte and its argument: `argument` is a length, a count or the value itself, a bigint where it is of 8
 * bytes; `next` follows the head.
 */
export interface Head {
  readonly major: number;
  readonly argument: number | bigint;
  readonly next: number;
}

/** Reads a head; undefined when the bytes end inside it; FormatError for reserved or indefinite lengths. */
export function readHead(bytes: Uint8Array, at: number): Head | undefined {
  const initial = bytes[at];
  if (initial === undefined) return undefined;
  const info = initial & 0x1f;
  const major = initial >> 5;
  if (info < 24) return { major, argument: info, next: at + 1 };
  if (info > 27) throw new FormatError('a length is indefinite or reserved');
  const size = 1 << (info - 24);
  if (at + 1 + size > bytes.length) return undefined;
  const next = at + 1 + size;
  if (size < 8) return { major, argument: bigEndian(bytes, at + 1, next), next };
  const [high, low] = [bigEndian(bytes, at + 1, at + 5), bigEndian(bytes, at + 5, next)];
  return { major, argument: (BigInt(high) << 32n) | BigInt(low), next };
}

/** At most 4 bytes. */
function bigEndian(bytes: Uint8Array, from: number, to: number): number {
  let value = 0;
  for (let at = from; at < to; at++) value = value * 256 + bytes[at]!;
  return value;
}

/** Offset just after the item that starts at `at`. FormatError when it is not acceptable or ends early. */
export function checkItem(bytes: Uint8Array, at: number, depth = 0): number {
  if (depth > MAX_DEPTH) throw new FormatError('data items are nested too deeply');
  const head = readHead(bytes, at);
  if (head === undefined) throw new FormatError('a data item ends early');
  const left = bytes.length - head.next;
  switch (head.major) {
    case Major.unsigned:
    case Major.negative:
      return head.next;
    case Major.bytes:
    case Major.text:
      if (head.argument > left) throw new FormatError('a data item ends early');
      return head.next + Number(head.argument);
    case Major.array:
    case Major.map:
      if (head.argument > left) throw new FormatError('a data item ends early');
      return checkItems(bytes, head, depth);
    case Major.simple:
      if (head.argument < 20 || head.argument > 22 || head.next !== at + 1)
        throw new FormatError('a simple value that no recording holds');
      return head.next;
    default:
      throw new FormatError('a tag where none can be');
  }
}

function checkItems(bytes: Uint8Array, head: Head, depth: number): number {
  let at = head.next;
  for (let i = 0; i < Number(head.argument); i++) {
    if (head.major === Major.map) {
      if (readHead(bytes, at)?.major !== Major.text) throw new FormatError('a map key is not text');
      at = checkItem(bytes, at, depth + 1);
    }
    at = checkItem(bytes, at, depth + 1);
  }
  return at;
}
