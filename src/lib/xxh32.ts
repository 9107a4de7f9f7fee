/**
 * XXH32, the 32-bit xxHash: fast on 32-bit integer arithmetic, not a cryptographic digest. Specification: xxHash fast
 * digest algorithm, version 0.1.1, section "XXH32 algorithm description".
 */

const P1 = 0x9e3779b1;
const P2 = 0x85ebca77;
const P3 = 0xc2b2ae3d;
const P4 = 0x27d4eb2f;
const P5 = 0x165667b1;

const rotl = (x: number, n: number): number => (x << n) | (x >>> (32 - n));
const round = (lane: number, input: number): number => Math.imul(rotl((lane + Math.imul(input, P2)) | 0, 13), P1);

/** Short inputs are read from one place: a view of each would take longer than its hash. */
const place = new DataView(new ArrayBuffer(256));
const placeBytes = new Uint8Array(place.buffer);

function viewOf(bytes: Uint8Array): DataView {
  if (bytes.length > placeBytes.length) return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  placeBytes.set(bytes);
  return place;
}

/** Two of the same bytes. */
export function xxh32Pair(bytes: Uint8Array, seeds: readonly [number, number]): [number, number] {
  const view = viewOf(bytes);
  return [hashOf(view, bytes.length, seeds[0]), hashOf(view, bytes.length, seeds[1])];
}

/** 0 to 2^32 - 1. */
export const xxh32 = (bytes: Uint8Array, seed = 0): number => hashOf(viewOf(bytes), bytes.length, seed);

/** Of the first `length` bytes. */
function hashOf(view: DataView, length: number, seed: number): number {
  let at = 0;
  let hash: number;
  if (length >= 16) {
    let a = (seed + P1 + P2) | 0;
    let b = (seed + P2) | 0;
    let c = seed | 0;
    let d = (seed - P1) | 0;
    for (; at + 16 <= length; at += 16) {
      a = round(a, view.getUint32(at, true));
      b = round(b, view.getUint32(at + 4, true));
      c = round(c, view.getUint32(at + 8, true));
      d = round(d, view.getUint32(at + 12, true));
    }
    hash = (rotl(a, 1) + rotl(b, 7) + rotl(c, 12) + rotl(d, 18)) | 0;
  } else {
    hash = (seed + P5) | 0;
  }
  hash = (hash + length) | 0;
  for (; at + 4 <= length; at += 4) {
    hash = Math.imul(rotl((hash + Math.imul(view.getUint32(at, true), P3)) | 0, 17), P4);
  }
  for (; at < length; at++) hash = Math.imul(rotl((hash + Math.imul(view.getUint8(at), P5)) | 0, 11), P1);
  hash = Math.imul(hash ^ (hash >>> 15), P2);
  hash = Math.imul(hash ^ (hash >>> 13), P3);
  return (hash ^ (hash >>> 16)) >>> 0;
}
