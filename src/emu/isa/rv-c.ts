/**
 * C: each 16-bit instruction as the 32-bit one that it stands for. All of RV64C with D.
 * The first row that matches is meant: a more special encoding stands before the general one it is cut out of.
 * Hints are executed as what they expand to; an operand combination that the manual reserves has no expansion.
 * RISC-V unprivileged manual, "C Extension for Compressed Instructions".
 */

import { extract, type Field, signed, slice, unsigned } from './format.ts';
import type { CompressedInsn } from './insn.ts';
import { encode, type OperandValues } from './instructions.ts';

/** Operands of the expansion; undefined where reserved. */
type Expansion = (half: number) => OperandValues | undefined;

/** `encoding`: 16 characters of 0, 1 and `.`, most significant first; `stands` is the 32-bit instruction's name. */
function c(name: string, encoding: string, stands: string, asm: string, operands: Expansion): CompressedInsn {
  const bits = encoding.replaceAll(' ', '');
  if (!/^[01.]{16}$/.test(bits)) throw new Error(`${name}: encoding is not 16 bits of 0, 1 and .: ${encoding}`);
  const mask = Number.parseInt(bits.replaceAll(/[01]/g, '1').replaceAll('.', '0'), 2);
  const match = Number.parseInt(bits.replaceAll('.', '0'), 2);
  const expand = (half: number): number => {
    const values = operands(half);
    return values === undefined ? 0 : encode(stands, values);
  };
  return { name, mask, match, asm, expand };
}

/** A number taken from the halfword. */
type Part = (half: number) => number;

const ZERO = 0;
const RA = 1;
const SP = 2;
const of =
  (field: Field) =>
  (half: number): number =>
    extract(field, half);
/** rd and rs1 have one place, rs2 another; the three-bit forms name x8 to x15 (or f8 to f15). */
const rd = of(unsigned(slice(11, 7)));
const rs2 = of(unsigned(slice(6, 2)));
const short1 = (half: number): number => 8 + ((half >> 7) & 7);
const short2 = (half: number): number => 8 + ((half >> 2) & 7);

// Immediates by the manual's pictures: instruction bits, then the immediate's lowest bit that they make.
const imm6 = of(signed(slice(12, 12, 5), slice(6, 2)));
const shamt = of(unsigned(slice(12, 12, 5), slice(6, 2)));
const immUpper = of(signed(slice(12, 12, 17), slice(6, 2, 12)));
const imm16sp = of(signed(slice(12, 12, 9), slice(6, 6, 4), slice(5, 5, 6), slice(4, 3, 7), slice(2, 2, 5)));
const imm4spn = of(unsigned(slice(12, 11, 4), slice(10, 7, 6), slice(6, 6, 2), slice(5, 5, 3)));
const wordOffset = of(unsigned(slice(12, 10, 3), slice(6, 6, 2), slice(5, 5, 6)));
const doubleOffset = of(unsigned(slice(12, 10, 3), slice(6, 5, 6)));
const wordFromSp = of(unsigned(slice(12, 12, 5), slice(6, 4, 2), slice(3, 2, 6)));
const doubleFromSp = of(unsigned(slice(12, 12, 5), slice(6, 5, 3), slice(4, 2, 6)));
const wordToSp = of(unsigned(slice(12, 9, 2), slice(8, 7, 6)));
const doubleToSp = of(unsigned(slice(12, 10, 3), slice(9, 7, 6)));
const jumpOffset = of(
  signed(
    slice(12, 12, 11),
    slice(11, 11, 4),
    slice(10, 9, 8),
    slice(8, 8, 10),
    slice(7, 7, 6),
    slice(6, 6, 7),
    slice(5, 3, 1),
    slice(2, 2, 5),
  ),
);
const branchOffset = of(signed(slice(12, 12, 8), slice(11, 10, 3), slice(6, 5, 6), slice(4, 3, 1), slice(2, 2, 5)));

const load =
  (offset: Part): Expansion =>
  (h) => ({ rd: short2(h), rs1: short1(h), imm: offset(h) });
const store =
  (offset: Part): Expansion =>
  (h) => ({ rs1: short1(h), rs2: short2(h), imm: offset(h) });
const fromSp =
  (offset: Part): Expansion =>
  (h) => ({ rd: rd(h), rs1: SP, imm: offset(h) });
const toSp =
  (offset: Part): Expansion =>
  (h) => ({ rs1: SP, rs2: rs2(h), imm: offset(h) });
const spPlus: Expansion = (h) => ({ rd: short2(h), rs1: SP, imm: imm4spn(h) });
const moveSp: Expansion = (h) => ({ rd: SP, rs1: SP, imm: imm16sp(h) });
const upper: Expansion = (h) => ({ rd: rd(h), imm: immUpper(h) });
const inPlace: Expansion = (h) => ({ rd: rd(h), rs1: rd(h), imm: imm6(h) });
const shiftInPlace: Expansion = (h) => ({ rd: rd(h), rs1: rd(h), shamt: shamt(h) });
/** rd' = rd' op imm, rd' op shamt, rd' op rs2'. */
const shortImm: Expansion = (h) => ({ rd: short1(h), rs1: short1(h), imm: imm6(h) });
const shortShift: Expansion = (h) => ({ rd: short1(h), rs1: short1(h), shamt: shamt(h) });
const shortRegister: Expansion = (h) => ({ rd: short1(h), rs1: short1(h), rs2: short2(h) });
const branch: Expansion = (h) => ({ rs1: short1(h), rs2: ZERO, imm: branchOffset(h) });
/** Reserved when the given part of the encoding is zero. */
const nonzero =
  (part: Part, expansion: Expansion): Expansion =>
  (h) =>
    part(h) === 0 ? undefined : expansion(h);

const LOAD = 'rd, imm(rs1)';
const STORE = 'rs2, imm(rs1)';

// biome-ignore format: encodings are laid out in columns to be audited
export const rvC: readonly CompressedInsn[] = [
  c('c.addi4spn', '000 ........ ... 00', 'addi', 'rd, rs1, imm', nonzero(imm4spn, spPlus)),
  c('c.fld',      '001 ... ... .. ... 00', 'fld', LOAD, load(doubleOffset)),
  c('c.lw',       '010 ... ... .. ... 00', 'lw', LOAD, load(wordOffset)),
  c('c.ld',       '011 ... ... .. ... 00', 'ld', LOAD, load(doubleOffset)),
  c('c.fsd',      '101 ... ... .. ... 00', 'fsd', STORE, store(doubleOffset)),
  c('c.sw',       '110 ... ... .. ... 00', 'sw', STORE, store(wordOffset)),
  c('c.sd',       '111 ... ... .. ... 00', 'sd', STORE, store(doubleOffset)),

  // c.nop is c.addi with rd = x0. The shifts by 64 of RV128 are hints here.
  c('c.addi',     '000 . ..... ..... 01', 'addi', 'rd, imm', inPlace),
  c('c.addiw',    '001 . ..... ..... 01', 'addiw', 'rd, imm', nonzero(rd, inPlace)),
  c('c.li',       '010 . ..... ..... 01', 'addi', 'rd, imm', (h) => ({ rd: rd(h), rs1: ZERO, imm: imm6(h) })),
  c('c.addi16sp', '011 . 00010 ..... 01', 'addi', 'rd, imm', nonzero(imm16sp, moveSp)),
  c('c.lui',      '011 . ..... ..... 01', 'lui', 'rd, upper', nonzero(immUpper, upper)),
  c('c.srli64',   '100 0 00 ... 00000 01', 'srli', 'rd', shortShift),
  c('c.srai64',   '100 0 01 ... 00000 01', 'srai', 'rd', shortShift),
  c('c.srli',     '100 . 00 ... ..... 01', 'srli', 'rd, shamt', shortShift),
  c('c.srai',     '100 . 01 ... ..... 01', 'srai', 'rd, shamt', shortShift),
  c('c.andi',     '100 . 10 ... ..... 01', 'andi', 'rd, imm', shortImm),
  c('c.sub',      '100 0 11 ... 00 ... 01', 'sub', 'rd, rs2', shortRegister),
  c('c.xor',      '100 0 11 ... 01 ... 01', 'xor', 'rd, rs2', shortRegister),
  c('c.or',       '100 0 11 ... 10 ... 01', 'or', 'rd, rs2', shortRegister),
  c('c.and',      '100 0 11 ... 11 ... 01', 'and', 'rd, rs2', shortRegister),
  c('c.subw',     '100 1 11 ... 00 ... 01', 'subw', 'rd, rs2', shortRegister),
  c('c.addw',     '100 1 11 ... 01 ... 01', 'addw', 'rd, rs2', shortRegister),
  c('c.j',        '101 ........... 01', 'jal', 'target', (h) => ({ rd: ZERO, imm: jumpOffset(h) })),
  c('c.beqz',     '110 ... ... ..... 01', 'beq', 'rs1, target', branch),
  c('c.bnez',     '111 ... ... ..... 01', 'bne', 'rs1, target', branch),

  c('c.slli64',   '000 0 ..... 00000 10', 'slli', 'rd', shiftInPlace),
  c('c.slli',     '000 . ..... ..... 10', 'slli', 'rd, shamt', shiftInPlace),
  c('c.fldsp',    '001 . ..... ..... 10', 'fld', LOAD, fromSp(doubleFromSp)),
  c('c.lwsp',     '010 . ..... ..... 10', 'lw', LOAD, nonzero(rd, fromSp(wordFromSp))),
  c('c.ldsp',     '011 . ..... ..... 10', 'ld', LOAD, nonzero(rd, fromSp(doubleFromSp))),
  c('c.jr',       '100 0 ..... 00000 10', 'jalr', 'rs1', nonzero(rd, (h) => ({ rd: ZERO, rs1: rd(h), imm: 0 }))),
  c('c.mv',       '100 0 ..... ..... 10', 'add', 'rd, rs2', (h) => ({ rd: rd(h), rs1: ZERO, rs2: rs2(h) })),
  c('c.ebreak',   '100 1 00000 00000 10', 'ebreak', '', () => ({})),
  c('c.jalr',     '100 1 ..... 00000 10', 'jalr', 'rs1', (h) => ({ rd: RA, rs1: rd(h), imm: 0 })),
  c('c.add',      '100 1 ..... ..... 10', 'add', 'rd, rs2', (h) => ({ rd: rd(h), rs1: rd(h), rs2: rs2(h) })),
  c('c.fsdsp',    '101 ...... ..... 10', 'fsd', STORE, toSp(doubleToSp)),
  c('c.swsp',     '110 ...... ..... 10', 'sw', STORE, toSp(wordToSp)),
  c('c.sdsp',     '111 ...... ..... 10', 'sd', STORE, toSp(doubleToSp)),
];
