/**
 * D: double precision, and the conversions between it and F.
 * RISC-V unprivileged manual, "D Extension for Double-Precision Floating-Point".
 */

import { FCompare, FLoad, FMoveFromX, FMoveToX, FR, FR1m, FR4, FRm, FStore, FToX, XToF } from './format.ts';
import {
  arithmetic,
  classify,
  compare,
  convertFrom,
  fpLoad,
  fpStore,
  fromInteger,
  minMax,
  moveFromX,
  moveToX,
  multiplyAdd,
  signInject,
  squareRoot,
  toInteger,
} from './fp-bodies.ts';
import { insn } from './insn.ts';

const LOAD = 'rd, imm(rs1)';
const STORE = 'rs2, imm(rs1)';
/** Never rounds: rm is checked all the same, and shown only when it is not rne. */
const EXACT = 'rd, rs1, exact';

// biome-ignore format: encodings are laid out in columns to be audited
export const rvD = [
  insn('fld',       '............ ..... 011 ..... 0000111', FLoad, fpLoad('D'), LOAD),
  insn('fsd',       '....... ..... ..... 011 ..... 0100111', FStore, fpStore('D'), STORE),
  //                rs3   fm rs2   rs1   rm  rd    opcode
  insn('fmadd.d',   '..... 01 ..... ..... ... ..... 1000011', FR4, multiplyAdd('D', '+', '+')),
  insn('fmsub.d',   '..... 01 ..... ..... ... ..... 1000111', FR4, multiplyAdd('D', '+', '-')),
  insn('fnmsub.d',  '..... 01 ..... ..... ... ..... 1001011', FR4, multiplyAdd('D', '-', '+')),
  insn('fnmadd.d',  '..... 01 ..... ..... ... ..... 1001111', FR4, multiplyAdd('D', '-', '-')),
  //                funct fm rs2   rs1   rm  rd    opcode
  insn('fadd.d',    '00000 01 ..... ..... ... ..... 1010011', FRm, arithmetic('add', 'D')),
  insn('fsub.d',    '00001 01 ..... ..... ... ..... 1010011', FRm, arithmetic('sub', 'D')),
  insn('fmul.d',    '00010 01 ..... ..... ... ..... 1010011', FRm, arithmetic('mul', 'D')),
  insn('fdiv.d',    '00011 01 ..... ..... ... ..... 1010011', FRm, arithmetic('div', 'D')),
  insn('fsqrt.d',   '01011 01 00000 ..... ... ..... 1010011', FR1m, squareRoot('D')),
  insn('fsgnj.d',   '00100 01 ..... ..... 000 ..... 1010011', FR, signInject('D', (_s, _a, b) => b)),
  insn('fsgnjn.d',  '00100 01 ..... ..... 001 ..... 1010011', FR, signInject('D', (s, _a, b) => s.inv(b))),
  insn('fsgnjx.d',  '00100 01 ..... ..... 010 ..... 1010011', FR, signInject('D', (s, a, b) => s.xor(a, b))),
  insn('fmin.d',    '00101 01 ..... ..... 000 ..... 1010011', FR, minMax('min', 'D')),
  insn('fmax.d',    '00101 01 ..... ..... 001 ..... 1010011', FR, minMax('max', 'D')),
  insn('fle.d',     '10100 01 ..... ..... 000 ..... 1010011', FCompare, compare('le', 'D')),
  insn('flt.d',     '10100 01 ..... ..... 001 ..... 1010011', FCompare, compare('lt', 'D')),
  insn('feq.d',     '10100 01 ..... ..... 010 ..... 1010011', FCompare, compare('eq', 'D')),
  //                funct fm rs2   rs1   rm  rd    opcode
  insn('fcvt.w.d',  '11000 01 00000 ..... ... ..... 1010011', FToX, toInteger('toI32', 'D')),
  insn('fcvt.wu.d', '11000 01 00001 ..... ... ..... 1010011', FToX, toInteger('toU32', 'D')),
  insn('fcvt.l.d',  '11000 01 00010 ..... ... ..... 1010011', FToX, toInteger('toI64', 'D')),
  insn('fcvt.lu.d', '11000 01 00011 ..... ... ..... 1010011', FToX, toInteger('toU64', 'D')),
  insn('fcvt.d.w',  '11010 01 00000 ..... ... ..... 1010011', XToF, fromInteger('fromI32', 'D'), EXACT),
  insn('fcvt.d.wu', '11010 01 00001 ..... ... ..... 1010011', XToF, fromInteger('fromU32', 'D'), EXACT),
  insn('fcvt.d.l',  '11010 01 00010 ..... ... ..... 1010011', XToF, fromInteger('fromI64', 'D')),
  insn('fcvt.d.lu', '11010 01 00011 ..... ... ..... 1010011', XToF, fromInteger('fromU64', 'D')),
  insn('fcvt.s.d',  '01000 00 00001 ..... ... ..... 1010011', FR1m, convertFrom('D')),
  insn('fcvt.d.s',  '01000 01 00000 ..... ... ..... 1010011', FR1m, convertFrom('S'), EXACT),
  insn('fmv.x.d',   '11100 01 00000 ..... 000 ..... 1010011', FMoveToX, moveToX('D')),
  insn('fmv.d.x',   '11110 01 00000 ..... 000 ..... 1010011', FMoveFromX, moveFromX('D')),
  insn('fclass.d',  '11100 01 00000 ..... 001 ..... 1010011', FMoveToX, classify('D')),
];
