/**
 * Page hashes against an XXH64 written for any length and checked by the published results; the digest of RAM.
 */
import { describe, expect, it } from 'vitest';
import { hashPage } from '../../../../src/emu/cpu/priv/digest.ts';
import { digestRam } from '../../../../src/emu/cpu/priv/procs.ts';
import { Hart, RAM, random } from './hart.ts';

const [P1, P2, P3, P4, P5] = [
  11400714785074694791n,
  14029467366897019727n,
  1609587929392839161n,
  9650029242287828579n,
  2870177450012600261n,
] as const;
const u64 = (v: bigint): bigint => BigInt.asUintN(64, v);
const rotl = (v: bigint, n: bigint): bigint => u64((v << n) | (v >> (64n - n)));
const round = (lane: bigint, input: bigint): bigint => u64(rotl(u64(lane + input * P2), 31n) * P1);

/** XXH64 by its specification. */
function xxh64(bytes: Uint8Array, seed: bigint): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let at = 0;
  let hash = u64(seed + P5);
  if (bytes.length >= 32) {
    const lanes = [u64(seed + P1 + P2), u64(seed + P2), seed, u64(seed - P1)];
    for (; at + 32 <= bytes.length; at += 32)
      for (let i = 0; i < 4; i++) lanes[i] = round(lanes[i]!, view.getBigUint64(at + 8 * i, true));
    hash = u64([1n, 7n, 12n, 18n].reduce((sum, n, i) => sum + rotl(lanes[i]!, n), 0n));
    for (const lane of lanes) hash = u64((hash ^ round(0n, lane)) * P1 + P4);
  }
  hash = u64(hash + BigInt(bytes.length));
  for (; at + 8 <= bytes.length; at += 8)
    hash = u64(rotl(hash ^ round(0n, view.getBigUint64(at, true)), 27n) * P1 + P4);
  for (; at + 4 <= bytes.length; at += 4)
    hash = u64(rotl(hash ^ u64(BigInt(view.getUint32(at, true)) * P1), 23n) * P2 + P3);
  for (; at < bytes.length; at++) hash = u64(rotl(hash ^ u64(BigInt(bytes[at]!) * P5), 11n) * P1);
  hash = u64((hash ^ (hash >> 33n)) * P2);
  hash = u64((hash ^ (hash >> 29n)) * P3);
  return hash ^ (hash >> 32n);
}

describe('XXH64', () => {
  it.each([
    ['', 0n, 0xef46_db37_51d8_e999n],
    ['a', 0n, 0xd24e_c4f1_a98c_6e5bn],
    ['abc', 0n, 0x44bc_2cf5_ad77_0999n],
    ['Nobody inspects the spammish repetition', 0n, 0xfbce_a83c_8a37_8bf1n],
  ])('of %j is the published one in the test model', (text, seed, expected) => {
    expect(xxh64(new TextEncoder().encode(text), seed).toString(16)).toBe(expected.toString(16));
  });

  it('of pages is what the model gives', () => {
    const hart = new Hart();
    const bytes = new Uint8Array(hart.memory.buffer, hart.layout.ramAt + 4096, 4096);
    const rng = random(7n);
    for (const seed of [0n, 1n, 0x7_ffffn, 0xffff_ffff_ffff_ffffn]) {
      expect(hart.call(hashPage, RAM + 4096n, seed)).toBe(xxh64(bytes, seed));
      for (let i = 0; i < 4096; i++) bytes[i] = rng.below(256);
    }
  });
});

describe('the digest of RAM', () => {
  it('is the sum over all pages, a function of contents alone, and hashes changed pages only', () => {
    const hart = new Hart();
    const page = (n: number) => new Uint8Array(hart.memory.buffer, hart.layout.ramAt + 4096 * n, 4096);
    const expected = () => u64(Array.from({ length: 64 }, (_, n) => xxh64(page(n), BigInt(n))).reduce((a, b) => a + b));
    const first = hart.call(digestRam);
    expect(first).toBe(expected());
    expect(Array.from({ length: 64 }, (_, n) => hart.binding.pageFlags(BigInt(n)))).toEqual(Array(64).fill(0n));
    hart.poke(RAM + 0x3008n, 5n);
    expect(hart.binding.pageFlags(3n)).toBe(1n);
    const second = hart.call(digestRam);
    expect(second).toBe(expected());
    expect(second).not.toBe(first);
    hart.poke(RAM + 0x3008n, 0n);
    expect(hart.call(digestRam)).toBe(first);
    page(9)[0] = 1; // unmarked: not looked at
    expect(hart.call(digestRam)).toBe(first);
  });
});
