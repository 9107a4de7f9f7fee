/**
 * Instruction formats: where the operands of an instruction lie in its 32 bits, stated once as bit slices.
 * Static decode (numbers), dynamic decode (wasm expressions on the fetched word) and encode are all derived from it.
 * RISC-V unprivileged manual, section "Base Instruction Formats".
 */

import type { Binding, Operands } from './vocabulary.ts';

export type OperandName = keyof Operands<Binding>;

/** Bits [hi:lo] of the instruction go to bits [to + hi - lo : to] of the operand. */
export interface Slice {
  readonly hi: number;
  readonly lo: number;
  readonly to: number;
}
export interface Field {
  readonly slices: readonly Slice[];
  /** Sign-extended from its top bit (which is instruction bit 31), else zero-extended. */
  readonly signed: boolean;
  /** A register number, an immediate value, or a CSR number. */
  readonly kind: 'x' | 'f' | 'value';
}
export const slice = (hi: number, lo: number, to = 0): Slice => ({ hi, lo, to });
export const unsigned = (...slices: Slice[]): Field => ({ slices, signed: false, kind: 'value' });
export const signed = (...slices: Slice[]): Field => ({ slices, signed: true, kind: 'value' });
const x = (hi: number, lo: number): Field => ({ slices: [slice(hi, lo)], signed: false, kind: 'x' });
const f = (hi: number, lo: number): Field => ({ slices: [slice(hi, lo)], signed: false, kind: 'f' });

const rd = x(11, 7);
const rs1 = x(19, 15);
const rs2 = x(24, 20);
const fd = f(11, 7);
const fs1 = f(19, 15);
const fs2 = f(24, 20);
const fs3 = f(31, 27);
const rm = unsigned(slice(14, 12));
const immI = signed(slice(31, 20));
const immS = signed(slice(31, 25, 5), slice(11, 7));
const immB = signed(slice(31, 31, 12), slice(30, 25, 5), slice(11, 8, 1), slice(7, 7, 11));
const immU = signed(slice(31, 12, 12));
const immJ = signed(slice(31, 31, 20), slice(30, 21, 1), slice(20, 20, 11), slice(19, 12, 12));
const shamt6 = unsigned(slice(25, 20));
const shamt5 = unsigned(slice(24, 20));
const csr = unsigned(slice(31, 20));
const uimm = unsigned(slice(19, 15));
const aqrl = unsigned(slice(26, 25));

/** A format is the set of its operands. F marks floating-point registers. */
export type Format = Readonly<Partial<Record<OperandName, Field>>>;
const format = <F extends Format>(fields: F): F => fields;
export const none = format({});
export const R = format({ rd, rs1, rs2 });
export const R1 = format({ rd, rs1 });
export const I = format({ rd, rs1, imm: immI });
export const Shift = format({ rd, rs1, shamt: shamt6 });
export const ShiftW = format({ rd, rs1, shamt: shamt5 });
export const S = format({ rs1, rs2, imm: immS });
export const B = format({ rs1, rs2, imm: immB });
export const U = format({ rd, imm: immU });
export const J = format({ rd, imm: immJ });
export const Csr = format({ rd, rs1, csr });
export const CsrI = format({ rd, uimm, csr });
/** Atomics: LR has no rs2. */
export const Amo = format({ rd, rs1, rs2, aqrl });
export const Lr = format({ rd, rs1, aqrl });
/** rs1 and rs2 only (sfence.vma, hfence), rs1 only (cbo). */
export const RS = format({ rs1, rs2 });
export const RS1 = format({ rs1 });
/** Floating point: register operands named by file, x or f, in the order rd rs1 rs2 rs3. */
export const FR = format({ rd: fd, rs1: fs1, rs2: fs2 });
export const FRm = format({ rd: fd, rs1: fs1, rs2: fs2, rm });
export const FR1m = format({ rd: fd, rs1: fs1, rm });
export const FR4 = format({ rd: fd, rs1: fs1, rs2: fs2, rs3: fs3, rm });
export const FCompare = format({ rd, rs1: fs1, rs2: fs2 });
export const FToX = format({ rd, rs1: fs1, rm });
export const XToF = format({ rd: fd, rs1, rm });
export const FMoveToX = format({ rd, rs1: fs1 });
export const FMoveFromX = format({ rd: fd, rs1 });
export const FLoad = format({ rd: fd, rs1, imm: immI });
export const FStore = format({ rs1, rs2: fs2, imm: immS });

/** A number of `bits` ones, 1 to 32. */
const ones = (bits: number): number => 0xffff_ffff >>> (32 - bits);

/** The operand's value in instruction word `word` (unsigned 32-bit), as a signed JavaScript integer. */
export function extract(field: Field, word: number): number {
  let value = 0;
  for (const { hi, lo, to } of field.slices) value |= ((word >>> lo) & ones(hi - lo + 1)) << to;
  if (!field.signed) return value;
  const above = bitsAbove(field);
  return (value << above) >> above;
}
/** Bits above the operand's top bit in a 32-bit word. */
function bitsAbove(field: Field): number {
  let top = 0;
  for (const { hi, lo, to } of field.slices) top = Math.max(top, to + hi - lo);
  return 31 - top;
}

/** Puts `value` into the field's place in an instruction word; refuses one that does not fit. */
export function insert(field: Field, value: number): number {
  let word = 0;
  for (const { hi, lo, to } of field.slices) word |= ((value >> to) & ones(hi - lo + 1)) << lo;
  if (extract(field, word) !== value) throw new RangeError(`operand ${value} does not fit its field`);
  return word >>> 0;
}
