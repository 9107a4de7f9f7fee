/**
 * XXH64, the digest used for machine state: fast, well spread, not cryptographic. Written on 32-bit halves because
 * BigInt arithmetic is some ten times slower. Specification: xxHash fast digest algorithm, version 0.1.1, section
 * "XXH64".
 */

const P1 = 0x9e37_79b1_85eb_ca87n;
const P2 = 0xc2b2_ae3d_27d4_eb4fn;
const P3 = 0x1656_67b1_9e37_79f9n;
const P4 = 0x85eb_ca77_c2b2_ae63n;
const P5 = 0x27d4_eb2f_1656_67c5n;

/** A 64-bit accumulator as two unsigned halves, changed in place. */
interface Word {
  hi: number;
  lo: number;
}
const word = (v: bigint): Word => ({ hi: Number((v >> 32n) & 0xffff_ffffn), lo: Number(v & 0xffff_ffffn) });

/** High 32 bits of the 64-bit product of two unsigned 32-bit numbers. */
function mulHigh(a: number, b: number): number {
  const [ah, al, bh, bl] = [a >>> 16, a & 0xffff, b >>> 16, b & 0xffff];
  const middle = ah * bl + ((al * bl) >>> 16);
  const cross = al * bh + (middle & 0xffff);
  return (ah * bh + Math.floor(middle / 0x1_0000) + Math.floor(cross / 0x1_0000)) >>> 0;
}

function multiply(w: Word, by: Word): void {
  const hi = mulHigh(w.lo, by.lo) + Math.imul(w.hi, by.lo) + Math.imul(w.lo, by.hi);
  w.lo = Math.imul(w.lo, by.lo) >>> 0;
  w.hi = hi >>> 0;
}

function add(w: Word, hi: number, lo: number): void {
  const sum = w.lo + lo;
  w.hi = (w.hi + hi + (sum > 0xffff_ffff ? 1 : 0)) >>> 0;
  w.lo = sum >>> 0;
}

/** Rotates left by 1 to 31. */
function rotate(w: Word, n: number): void {
  const { hi, lo } = w;
  w.hi = ((hi << n) | (lo >>> (32 - n))) >>> 0;
  w.lo = ((lo << n) | (hi >>> (32 - n))) >>> 0;
}

const PRIME1 = word(P1);
const PRIME2 = word(P2);
const PRIME3 = word(P3);
const PRIME4 = word(P4);

/** One lane step: acc = rotl(acc + input * P2, 31) * P1. */
function round(acc: Word, hi: number, lo: number): void {
  const input = { hi, lo };
  multiply(input, PRIME2);
  add(acc, input.hi, input.lo);
  rotate(acc, 31);
  multiply(acc, PRIME1);
}

function mergeRound(h: Word, lane: Word): void {
  const mixed = { hi: 0, lo: 0 };
  round(mixed, lane.hi, lane.lo);
  xor(h, mixed.hi, mixed.lo);
  multiply(h, PRIME1);
  add(h, PRIME4.hi, PRIME4.lo);
}

function xor(w: Word, hi: number, lo: number): void {
  w.hi = (w.hi ^ hi) >>> 0;
  w.lo = (w.lo ^ lo) >>> 0;
}

/** w ^= w >> n, n from 1 to 63. */
function xorShift(w: Word, n: number): void {
  if (n >= 32) xor(w, 0, w.hi >>> (n - 32));
  else xor(w, w.hi >>> n, ((w.hi << (32 - n)) | (w.lo >>> n)) >>> 0);
}

/** XXH64 of the bytes, an unsigned 64-bit number. */
export function xxh64(bytes: Uint8Array, seed = 0n): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = bytes.byteLength;
  let at = 0;
  let h: Word;
  if (length >= 32) {
    const lanes = [word(seed + P1 + P2), word(seed + P2), word(seed), word(BigInt.asUintN(64, seed - P1))] as const;
    for (; at + 32 <= length; at += 32) {
      for (let i = 0; i < 4; i++) {
        round(lanes[i]!, view.getUint32(at + 8 * i + 4, true), view.getUint32(at + 8 * i, true));
      }
    }
    h = { hi: 0, lo: 0 };
    for (const [i, turn] of [1, 7, 12, 18].entries()) {
      const turned = { ...lanes[i]! };
      rotate(turned, turn);
      add(h, turned.hi, turned.lo);
    }
    for (const lane of lanes) mergeRound(h, lane);
  } else {
    h = word(seed + P5);
  }
  add(h, Math.floor(length / 2 ** 32), length >>> 0);
  tail(h, view, at);
  xorShift(h, 33);
  multiply(h, PRIME2);
  xorShift(h, 29);
  multiply(h, PRIME3);
  xorShift(h, 32);
  return (BigInt(h.hi) << 32n) | BigInt(h.lo);
}

/** The last 0 to 31 bytes. */
function tail(h: Word, view: DataView, from: number): void {
  const PRIME5 = word(P5);
  let at = from;
  for (; at + 8 <= view.byteLength; at += 8) {
    const lane = { hi: 0, lo: 0 };
    round(lane, view.getUint32(at + 4, true), view.getUint32(at, true));
    xor(h, lane.hi, lane.lo);
    rotate(h, 27);
    multiply(h, PRIME1);
    add(h, PRIME4.hi, PRIME4.lo);
  }
  if (at + 4 <= view.byteLength) {
    const lane = { hi: 0, lo: view.getUint32(at, true) };
    multiply(lane, PRIME1);
    xor(h, lane.hi, lane.lo);
    rotate(h, 23);
    multiply(h, PRIME2);
    add(h, PRIME3.hi, PRIME3.lo);
    at += 4;
  }
  for (; at < view.byteLength; at++) {
    const lane = { hi: 0, lo: view.getUint8(at) };
    multiply(lane, PRIME5);
    xor(h, lane.hi, lane.lo);
    rotate(h, 11);
    multiply(h, PRIME1);
  }
}
