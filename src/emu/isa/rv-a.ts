/**
 * A: load-reserved, store-conditional and atomic memory operations. aq and rl ask for nothing: one hart, program order.
 * A misaligned address is an exception. RISC-V unprivileged manual, "A Extension for Atomic Instructions".
 */

import type { Binary } from './bodies.ts';
import { Amo, Lr } from './format.ts';
import { type Body, insn } from './insn.ts';

/** rd = old value; memory = f(old, rs2). With 4 bytes `old` is sign-extended and the result's low half is stored. */
const amo =
  (width: 4 | 8, f: Binary): Body =>
  (s, o) => {
    const operand = s.let(s.x(o.rs2));
    s.setX(
      o.rd,
      s.amo(s.x(o.rs1), width, (old) => f(s, old, operand)),
    );
  };
const lr =
  (width: 4 | 8): Body =>
  (s, o) =>
    s.setX(o.rd, s.loadReserved(s.x(o.rs1), width));
const sc =
  (width: 4 | 8): Body =>
  (s, o) =>
    s.setX(o.rd, s.storeConditional(s.x(o.rs1), width, s.x(o.rs2)));

const swap: Binary = (_s, _old, b) => b;
const add: Binary = (s, old, b) => s.add(old, b);
const xor: Binary = (s, old, b) => s.xor(old, b);
const and: Binary = (s, old, b) => s.and(old, b);
const or: Binary = (s, old, b) => s.or(old, b);
/** The operand that the comparison favours; `b` has been extended as the comparison needs it. */
const min: Binary = (s, old, b) => s.select(s.lt(old, b), old, b);
const max: Binary = (s, old, b) => s.select(s.lt(old, b), b, old);
const minu: Binary = (s, old, b) => s.select(s.ltu(old, b), old, b);
const maxu: Binary = (s, old, b) => s.select(s.ltu(old, b), b, old);
/** Sign extension keeps the unsigned order of 32-bit numbers too: it maps them in order to both ends of 64 bits. */
const onWords =
  (f: Binary): Binary =>
  (s, old, b) =>
    f(s, old, s.let(s.sext(32, b)));

const LR = 'rd, (rs1)';
const AMO = 'rd, rs2, (rs1)';

// biome-ignore format: encodings are laid out in columns to be audited
export const rvA = [
  //                funct5 aqrl rs2 rs1  f3  rd    opcode
  insn('lr.w',      '00010 .. 00000 ..... 010 ..... 0101111', Lr, lr(4), LR),
  insn('sc.w',      '00011 .. ..... ..... 010 ..... 0101111', Amo, sc(4), AMO),
  insn('amoswap.w', '00001 .. ..... ..... 010 ..... 0101111', Amo, amo(4, swap), AMO),
  insn('amoadd.w',  '00000 .. ..... ..... 010 ..... 0101111', Amo, amo(4, add), AMO),
  insn('amoxor.w',  '00100 .. ..... ..... 010 ..... 0101111', Amo, amo(4, xor), AMO),
  insn('amoand.w',  '01100 .. ..... ..... 010 ..... 0101111', Amo, amo(4, and), AMO),
  insn('amoor.w',   '01000 .. ..... ..... 010 ..... 0101111', Amo, amo(4, or), AMO),
  insn('amomin.w',  '10000 .. ..... ..... 010 ..... 0101111', Amo, amo(4, onWords(min)), AMO),
  insn('amomax.w',  '10100 .. ..... ..... 010 ..... 0101111', Amo, amo(4, onWords(max)), AMO),
  insn('amominu.w', '11000 .. ..... ..... 010 ..... 0101111', Amo, amo(4, onWords(minu)), AMO),
  insn('amomaxu.w', '11100 .. ..... ..... 010 ..... 0101111', Amo, amo(4, onWords(maxu)), AMO),
  insn('lr.d',      '00010 .. 00000 ..... 011 ..... 0101111', Lr, lr(8), LR),
  insn('sc.d',      '00011 .. ..... ..... 011 ..... 0101111', Amo, sc(8), AMO),
  insn('amoswap.d', '00001 .. ..... ..... 011 ..... 0101111', Amo, amo(8, swap), AMO),
  insn('amoadd.d',  '00000 .. ..... ..... 011 ..... 0101111', Amo, amo(8, add), AMO),
  insn('amoxor.d',  '00100 .. ..... ..... 011 ..... 0101111', Amo, amo(8, xor), AMO),
  insn('amoand.d',  '01100 .. ..... ..... 011 ..... 0101111', Amo, amo(8, and), AMO),
  insn('amoor.d',   '01000 .. ..... ..... 011 ..... 0101111', Amo, amo(8, or), AMO),
  insn('amomin.d',  '10000 .. ..... ..... 011 ..... 0101111', Amo, amo(8, min), AMO),
  insn('amomax.d',  '10100 .. ..... ..... 011 ..... 0101111', Amo, amo(8, max), AMO),
  insn('amominu.d', '11000 .. ..... ..... 011 ..... 0101111', Amo, amo(8, minu), AMO),
  insn('amomaxu.d', '11100 .. ..... ..... 011 ..... 0101111', Amo, amo(8, maxu), AMO),
];
