import fc from 'fast-check';
import { expect, test } from 'vitest';
import { xxh64 } from '../../src/lib/xxh64.ts';

const MASK = (1n << 64n) - 1n;
const [P1, P2, P3, P4, P5] = [
  0x9e3779b185ebca87n,
  0xc2b2ae3d27d4eb4fn,
  0x165667b19e3779f9n,
  0x85ebca77c2b2ae63n,
  0x27d4eb2f165667c5n,
] as const;
const rotl = (v: bigint, n: bigint): bigint => ((v << n) | (v >> (64n - n))) & MASK;
const round = (acc: bigint, input: bigint): bigint => (rotl((acc + input * P2) & MASK, 31n) * P1) & MASK;

/** The specification in BigInt, line by line. */
function specified(bytes: Uint8Array, seed: bigint): bigint {
  const le = (at: number, n: number) => bytes.subarray(at, at + n).reduceRight((v, b) => (v << 8n) | BigInt(b), 0n);
  let at = 0;
  let h = (seed + P5) & MASK;
  if (bytes.length >= 32) {
    let lanes = [seed + P1 + P2, seed + P2, seed, seed - P1].map((v) => v & MASK);
    for (; at + 32 <= bytes.length; at += 32) lanes = lanes.map((lane, i) => round(lane, le(at + 8 * i, 8)));
    h = lanes.reduce((sum, lane, i) => sum + rotl(lane, [1n, 7n, 12n, 18n][i]!), 0n) & MASK;
    for (const lane of lanes) h = ((h ^ round(0n, lane)) * P1 + P4) & MASK;
  }
  h = (h + BigInt(bytes.length)) & MASK;
  for (; at + 8 <= bytes.length; at += 8) h = (rotl(h ^ round(0n, le(at, 8)), 27n) * P1 + P4) & MASK;
  if (at + 4 <= bytes.length) {
    h = (rotl(h ^ ((le(at, 4) * P1) & MASK), 23n) * P2 + P3) & MASK;
    at += 4;
  }
  for (; at < bytes.length; at++) h = (rotl(h ^ ((le(at, 1) * P5) & MASK), 11n) * P1) & MASK;
  h = ((h ^ (h >> 33n)) * P2) & MASK;
  h = ((h ^ (h >> 29n)) * P3) & MASK;
  return h ^ (h >> 32n);
}

test('published values', () => {
  const ascii = (text: string) => new TextEncoder().encode(text);
  expect(xxh64(ascii(''))).toBe(0xef46db3751d8e999n);
  expect(xxh64(ascii('a'))).toBe(0xd24ec4f1a98c6e5bn);
  expect(xxh64(ascii('abc'))).toBe(0x44bc2cf5ad770999n);
});

test('agrees with the specification for any bytes and seed', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.bigInt({ min: 0n, max: MASK }), (bytes, seed) => {
      expect(xxh64(bytes, seed)).toBe(specified(bytes, seed));
    }),
  );
});
