/**
 * Zba, Zbb and Zbs: address generation, basic bit manipulation, single bits.
 * RISC-V unprivileged manual, "B Extension for Bit Manipulation".
 */

import { type Binary, rr, rshamt, type Unary, unary } from './bodies.ts';
import { R, R1, Shift, ShiftW } from './format.ts';
import { insn } from './insn.ts';
import type { Binding, Semantics } from './vocabulary.ts';

const shiftAdd =
  (n: number): Binary =>
  (s, a, b) =>
    s.add(s.sll(a, s.lit(n)), b);
const shiftAddUw =
  (n: number): Binary =>
  (s, a, b) =>
    s.add(s.sll(s.zext(32, a), s.lit(n)), b);

// biome-ignore format: encodings are laid out in columns to be audited
export const rvZba = [
  //                funct7  rs2   rs1   f3  rd    opcode
  insn('add.uw',    '0000100 ..... ..... 000 ..... 0111011', R, rr((s, a, b) => s.add(s.zext(32, a), b))),
  insn('sh1add',    '0010000 ..... ..... 010 ..... 0110011', R, rr(shiftAdd(1))),
  insn('sh2add',    '0010000 ..... ..... 100 ..... 0110011', R, rr(shiftAdd(2))),
  insn('sh3add',    '0010000 ..... ..... 110 ..... 0110011', R, rr(shiftAdd(3))),
  insn('sh1add.uw', '0010000 ..... ..... 010 ..... 0111011', R, rr(shiftAddUw(1))),
  insn('sh2add.uw', '0010000 ..... ..... 100 ..... 0111011', R, rr(shiftAddUw(2))),
  insn('sh3add.uw', '0010000 ..... ..... 110 ..... 0111011', R, rr(shiftAddUw(3))),
  insn('slli.uw',   '000010 ...... ..... 001 ..... 0011011', Shift, rshamt((s, a, n) => s.sll(s.zext(32, a), n))),
];

/** The one of a and b that `first` picks: its condition says "a". */
const pick =
  (first: <B extends Binding>(s: Semantics<B>, a: B['value'], b: B['value']) => B['cond']): Binary =>
  (s, a, b) => {
    const p = s.let(a);
    const q = s.let(b);
    return s.select(first(s, p, q), p, q);
  };
/** The low word twice: a rotation of the word is then a shift of 64 bits. */
const twice: Unary = (s, a) => {
  const low = s.let(s.zext(32, a));
  return s.or(low, s.sll(low, s.lit(32)));
};
/** A bit set just below the word makes the 64-bit count stop there. */
const clzw: Unary = (s, a) => s.clz(s.or(s.sll(a, s.lit(32)), s.lit(0x8000_0000)));
/** Likewise just above it. */
const ctzw: Unary = (s, a) => s.ctz(s.or(a, s.lit(0x1_0000_0000)));
const rorw: Binary = (s, a, n) => s.sext(32, s.srl(twice(s, a), s.and(n, s.lit(31))));
const rolw: Binary = (s, a, n) => rorw(s, a, s.sub(s.lit(0), n));

/** 0xff in each byte that is not zero: the sum carries into a byte's top bit unless its low seven bits are zero. */
const orcB: Unary = (s, a) => {
  const v = s.let(a);
  const low7 = s.lit(0x7f7f_7f7f_7f7f_7f7fn);
  const top = s.or(s.add(s.and(v, low7), low7), v);
  return s.mul(s.and(s.srl(top, s.lit(7)), s.lit(0x0101_0101_0101_0101n)), s.lit(0xff));
};
/** Exchanges neighbours of `bits` bits; `mask` has the lower of each pair. */
const swapNeighbours =
  (bits: number, mask: bigint): Unary =>
  (s, a) => {
    const v = s.let(a);
    return s.or(s.sll(s.and(v, s.lit(mask)), s.lit(bits)), s.and(s.srl(v, s.lit(bits)), s.lit(mask)));
  };
const swapBytes = swapNeighbours(8, 0x00ff_00ff_00ff_00ffn);
const swapHalves = swapNeighbours(16, 0x0000_ffff_0000_ffffn);
const rev8: Unary = (s, a) => s.rotl(swapHalves(s, swapBytes(s, a)), s.lit(32));

// biome-ignore format: encodings are laid out in columns to be audited
export const rvZbb = [
  insn('andn',   '0100000 ..... ..... 111 ..... 0110011', R, rr((s, a, b) => s.and(a, s.inv(b)))),
  insn('orn',    '0100000 ..... ..... 110 ..... 0110011', R, rr((s, a, b) => s.or(a, s.inv(b)))),
  insn('xnor',   '0100000 ..... ..... 100 ..... 0110011', R, rr((s, a, b) => s.inv(s.xor(a, b)))),
  insn('min',    '0000101 ..... ..... 100 ..... 0110011', R, rr(pick((s, a, b) => s.lt(a, b)))),
  insn('minu',   '0000101 ..... ..... 101 ..... 0110011', R, rr(pick((s, a, b) => s.ltu(a, b)))),
  insn('max',    '0000101 ..... ..... 110 ..... 0110011', R, rr(pick((s, a, b) => s.ge(a, b)))),
  insn('maxu',   '0000101 ..... ..... 111 ..... 0110011', R, rr(pick((s, a, b) => s.geu(a, b)))),
  insn('rol',    '0110000 ..... ..... 001 ..... 0110011', R, rr((s, a, b) => s.rotl(a, b))),
  insn('ror',    '0110000 ..... ..... 101 ..... 0110011', R, rr((s, a, b) => s.rotr(a, b))),
  insn('rolw',   '0110000 ..... ..... 001 ..... 0111011', R, rr(rolw)),
  insn('rorw',   '0110000 ..... ..... 101 ..... 0111011', R, rr(rorw)),
  insn('rori',   '011000 ...... ..... 101 ..... 0010011', Shift, rshamt((s, a, n) => s.rotr(a, n))),
  insn('roriw',  '0110000 ..... ..... 101 ..... 0011011', ShiftW, rshamt(rorw)),
  //             funct12      rs1   f3  rd    opcode
  insn('clz',    '011000000000 ..... 001 ..... 0010011', R1, unary((s, a) => s.clz(a))),
  insn('ctz',    '011000000001 ..... 001 ..... 0010011', R1, unary((s, a) => s.ctz(a))),
  insn('cpop',   '011000000010 ..... 001 ..... 0010011', R1, unary((s, a) => s.cpop(a))),
  insn('sext.b', '011000000100 ..... 001 ..... 0010011', R1, unary((s, a) => s.sext(8, a))),
  insn('sext.h', '011000000101 ..... 001 ..... 0010011', R1, unary((s, a) => s.sext(16, a))),
  insn('zext.h', '000010000000 ..... 100 ..... 0111011', R1, unary((s, a) => s.zext(16, a))),
  insn('orc.b',  '001010000111 ..... 101 ..... 0010011', R1, unary(orcB)),
  insn('rev8',   '011010111000 ..... 101 ..... 0010011', R1, unary(rev8)),
  insn('clzw',   '011000000000 ..... 001 ..... 0011011', R1, unary(clzw)),
  insn('ctzw',   '011000000001 ..... 001 ..... 0011011', R1, unary(ctzw)),
  insn('cpopw',  '011000000010 ..... 001 ..... 0011011', R1, unary((s, a) => s.cpop(s.zext(32, a)))),
];

const bit: Unary = (s, n) => s.sll(s.lit(1), n);
const bclr: Binary = (s, a, n) => s.and(a, s.inv(bit(s, n)));
const bext: Binary = (s, a, n) => s.and(s.srl(a, n), s.lit(1));
const binv: Binary = (s, a, n) => s.xor(a, bit(s, n));
const bset: Binary = (s, a, n) => s.or(a, bit(s, n));

// biome-ignore format: encodings are laid out in columns to be audited
export const rvZbs = [
  insn('bclr',  '0100100 ..... ..... 001 ..... 0110011', R, rr(bclr)),
  insn('bext',  '0100100 ..... ..... 101 ..... 0110011', R, rr(bext)),
  insn('binv',  '0110100 ..... ..... 001 ..... 0110011', R, rr(binv)),
  insn('bset',  '0010100 ..... ..... 001 ..... 0110011', R, rr(bset)),
  insn('bclri', '010010 ...... ..... 001 ..... 0010011', Shift, rshamt(bclr)),
  insn('bexti', '010010 ...... ..... 101 ..... 0010011', Shift, rshamt(bext)),
  insn('binvi', '011010 ...... ..... 001 ..... 0010011', Shift, rshamt(binv)),
  insn('bseti', '001010 ...... ..... 001 ..... 0010011', Shift, rshamt(bset)),
];
