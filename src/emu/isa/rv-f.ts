/**
 * F: single precision. Values live in the low half of an f register, NaN-boxed; see fp-bodies.ts.
 * RISC-V unprivileged manual, "F Extension for Single-Precision Floating-Point".
 */

import { FCompare, FLoad, FMoveFromX, FMoveToX, FR, FR1m, FR4, FRm, FStore, FToX, XToF } from './format.ts';
import {
  arithmetic,
  classify,
  compare,
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

// biome-ignore format: encodings are laid out in columns to be audited
export const rvF = [
  insn('flw',       '............ ..... 010 ..... 0000111', FLoad, fpLoad('S'), LOAD),
  insn('fsw',       '....... ..... ..... 010 ..... 0100111', FStore, fpStore('S'), STORE),
  //                rs3   fm rs2   rs1   rm  rd    opcode
  insn('fmadd.s',   '..... 00 ..... ..... ... ..... 1000011', FR4, multiplyAdd('S', '+', '+')),
  insn('fmsub.s',   '..... 00 ..... ..... ... ..... 1000111', FR4, multiplyAdd('S', '+', '-')),
  insn('fnmsub.s',  '..... 00 ..... ..... ... ..... 1001011', FR4, multiplyAdd('S', '-', '+')),
  insn('fnmadd.s',  '..... 00 ..... ..... ... ..... 1001111', FR4, multiplyAdd('S', '-', '-')),
  //                funct fm rs2   rs1   rm  rd    opcode
  insn('fadd.s',    '00000 00 ..... ..... ... ..... 1010011', FRm, arithmetic('add', 'S')),
  insn('fsub.s',    '00001 00 ..... ..... ... ..... 1010011', FRm, arithmetic('sub', 'S')),
  insn('fmul.s',    '00010 00 ..... ..... ... ..... 1010011', FRm, arithmetic('mul', 'S')),
  insn('fdiv.s',    '00011 00 ..... ..... ... ..... 1010011', FRm, arithmetic('div', 'S')),
  insn('fsqrt.s',   '01011 00 00000 ..... ... ..... 1010011', FR1m, squareRoot('S')),
  insn('fsgnj.s',   '00100 00 ..... ..... 000 ..... 1010011', FR, signInject('S', (_s, _a, b) => b)),
  insn('fsgnjn.s',  '00100 00 ..... ..... 001 ..... 1010011', FR, signInject('S', (s, _a, b) => s.inv(b))),
  insn('fsgnjx.s',  '00100 00 ..... ..... 010 ..... 1010011', FR, signInject('S', (s, a, b) => s.xor(a, b))),
  insn('fmin.s',    '00101 00 ..... ..... 000 ..... 1010011', FR, minMax('min', 'S')),
  insn('fmax.s',    '00101 00 ..... ..... 001 ..... 1010011', FR, minMax('max', 'S')),
  insn('fle.s',     '10100 00 ..... ..... 000 ..... 1010011', FCompare, compare('le', 'S')),
  insn('flt.s',     '10100 00 ..... ..... 001 ..... 1010011', FCompare, compare('lt', 'S')),
  insn('feq.s',     '10100 00 ..... ..... 010 ..... 1010011', FCompare, compare('eq', 'S')),
  //                funct fm rs2   rs1   rm  rd    opcode
  insn('fcvt.w.s',  '11000 00 00000 ..... ... ..... 1010011', FToX, toInteger('toI32', 'S')),
  insn('fcvt.wu.s', '11000 00 00001 ..... ... ..... 1010011', FToX, toInteger('toU32', 'S')),
  insn('fcvt.l.s',  '11000 00 00010 ..... ... ..... 1010011', FToX, toInteger('toI64', 'S')),
  insn('fcvt.lu.s', '11000 00 00011 ..... ... ..... 1010011', FToX, toInteger('toU64', 'S')),
  insn('fcvt.s.w',  '11010 00 00000 ..... ... ..... 1010011', XToF, fromInteger('fromI32', 'S')),
  insn('fcvt.s.wu', '11010 00 00001 ..... ... ..... 1010011', XToF, fromInteger('fromU32', 'S')),
  insn('fcvt.s.l',  '11010 00 00010 ..... ... ..... 1010011', XToF, fromInteger('fromI64', 'S')),
  insn('fcvt.s.lu', '11010 00 00011 ..... ... ..... 1010011', XToF, fromInteger('fromU64', 'S')),
  insn('fmv.x.w',   '11100 00 00000 ..... 000 ..... 1010011', FMoveToX, moveToX('S')),
  insn('fmv.w.x',   '11110 00 00000 ..... 000 ..... 1010011', FMoveFromX, moveFromX('S')),
  insn('fclass.s',  '11100 00 00000 ..... 001 ..... 1010011', FMoveToX, classify('S')),
];
