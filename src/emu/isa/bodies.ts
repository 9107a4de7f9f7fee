/**
 * Shapes that many bodies share: where operands come from and where the result goes, so that a row states only
 * what is its own. An operand given to a row's function is an expression: used twice, it is let-bound there.
 */

import type { Body } from './insn.ts';
import type { Binding, Semantics, Width } from './vocabulary.ts';

export type Unary = <B extends Binding>(s: Semantics<B>, a: B['value']) => B['value'];
export type Binary = <B extends Binding>(s: Semantics<B>, a: B['value'], b: B['value']) => B['value'];
type Test = <B extends Binding>(s: Semantics<B>, a: B['value'], b: B['value']) => B['cond'];

/** rd = f(rs1, rs2). */
export const rr =
  (f: Binary): Body =>
  (s, o) =>
    s.setX(o.rd, f(s, s.x(o.rs1), s.x(o.rs2)));
/** rd = f(rs1, imm). */
export const ri =
  (f: Binary): Body =>
  (s, o) =>
    s.setX(o.rd, f(s, s.x(o.rs1), o.imm));
/** rd = f(rs1, shamt). */
export const rshamt =
  (f: Binary): Body =>
  (s, o) =>
    s.setX(o.rd, f(s, s.x(o.rs1), o.shamt));
/** rd = f(rs1). */
export const unary =
  (f: Unary): Body =>
  (s, o) =>
    s.setX(o.rd, f(s, s.x(o.rs1)));

/** To pc + imm when the test of rs1 and rs2 holds. */
export const branch =
  (test: Test): Body =>
  (s, o) =>
    s.branch(test(s, s.x(o.rs1), s.x(o.rs2)), s.add(s.pc(), o.imm));
export const load =
  (width: Width, signed: boolean): Body =>
  (s, o) =>
    s.setX(o.rd, s.load(s.add(s.x(o.rs1), o.imm), width, signed));
export const store =
  (width: Width): Body =>
  (s, o) =>
    s.store(s.add(s.x(o.rs1), o.imm), width, s.x(o.rs2));

/** Low 32 bits of an operation, sign-extended: the W forms that need no more of their operands than 32 bits. */
export const word =
  (f: Binary): Binary =>
  (s, a, b) =>
    s.sext(32, f(s, a, b));
/** W forms that look at their operands as signed or as unsigned 32-bit numbers. */
export const signedWord =
  (f: Binary): Binary =>
  (s, a, b) =>
    s.sext(32, f(s, s.sext(32, a), s.sext(32, b)));
export const unsignedWord =
  (f: Binary): Binary =>
  (s, a, b) =>
    s.sext(32, f(s, s.zext(32, a), s.zext(32, b)));

/** Illegal-instruction exception of this instruction. */
export const illegal = <B extends Binding>(s: Semantics<B>): void => s.raise(s.lit(Cause.illegalInstruction), s.insn());
/** Exceptions that instruction bodies raise by themselves; those of memory accesses are raised by their procedures. */
export const Cause = { illegalInstruction: 2, breakpoint: 3, ecallFromU: 8 } as const;

/** Whether the rd or rs1 field names a register other than x0; for instructions that have no compressed form. */
export const namesRd = <B extends Binding>(s: Semantics<B>): B['cond'] => fieldSet(s, 0x1f << 7);
export const namesRs1 = <B extends Binding>(s: Semantics<B>): B['cond'] => fieldSet(s, 0x1f << 15);
export const namesRs2 = <B extends Binding>(s: Semantics<B>): B['cond'] => fieldSet(s, 0x1f << 20);
const fieldSet = <B extends Binding>(s: Semantics<B>, mask: number): B['cond'] =>
  s.ne(s.and(s.insn(), s.lit(mask)), s.lit(0));
