/**
 * M: multiplication and division. Division by zero and overflow give what the vocabulary's div and rem say.
 * RISC-V unprivileged manual, "M Extension for Integer Multiplication and Division".
 */

import { rr, signedWord, unsignedWord, word } from './bodies.ts';
import { R } from './format.ts';
import { insn } from './insn.ts';

// biome-ignore format: encodings are laid out in columns to be audited
export const rvM = [
  //             funct7  rs2   rs1   f3  rd    opcode
  insn('mul',    '0000001 ..... ..... 000 ..... 0110011', R, rr((s, a, b) => s.mul(a, b))),
  insn('mulh',   '0000001 ..... ..... 001 ..... 0110011', R, rr((s, a, b) => s.mulh(a, b))),
  insn('mulhsu', '0000001 ..... ..... 010 ..... 0110011', R, rr((s, a, b) => s.mulhsu(a, b))),
  insn('mulhu',  '0000001 ..... ..... 011 ..... 0110011', R, rr((s, a, b) => s.mulhu(a, b))),
  insn('div',    '0000001 ..... ..... 100 ..... 0110011', R, rr((s, a, b) => s.div(a, b))),
  insn('divu',   '0000001 ..... ..... 101 ..... 0110011', R, rr((s, a, b) => s.divu(a, b))),
  insn('rem',    '0000001 ..... ..... 110 ..... 0110011', R, rr((s, a, b) => s.rem(a, b))),
  insn('remu',   '0000001 ..... ..... 111 ..... 0110011', R, rr((s, a, b) => s.remu(a, b))),
  insn('mulw',   '0000001 ..... ..... 000 ..... 0111011', R, rr(word((s, a, b) => s.mul(a, b)))),
  insn('divw',   '0000001 ..... ..... 100 ..... 0111011', R, rr(signedWord((s, a, b) => s.div(a, b)))),
  insn('divuw',  '0000001 ..... ..... 101 ..... 0111011', R, rr(unsignedWord((s, a, b) => s.divu(a, b)))),
  insn('remw',   '0000001 ..... ..... 110 ..... 0111011', R, rr(signedWord((s, a, b) => s.rem(a, b)))),
  insn('remuw',  '0000001 ..... ..... 111 ..... 0111011', R, rr(unsignedWord((s, a, b) => s.remu(a, b)))),
];
