/**
 * Shapes of the floating-point bodies: state check, rounding mode, NaN boxing, fflags and mstatus.FS.
 * What writes an f register makes FS dirty; what writes x only does so when it raises a new flag.
 * RISC-V unprivileged manual, F and D; privileged manual, "Extension Context Status in mstatus".
 */

import { illegal } from './bodies.ts';
import type { Body } from './insn.ts';
import type { Binding, FpFormat, FpOp, Semantics } from './vocabulary.ts';

const FS = 0x6000;
const BOX = 0xffff_ffff_0000_0000n;
const CANONICAL_NAN_S = 0x7fc0_0000;
const DYN = 7;

const SIGN = { S: 0x8000_0000n, D: 0x8000_0000_0000_0000n } as const;
const MAGNITUDE = { S: 0x7fff_ffffn, D: 0x7fff_ffff_ffff_ffffn } as const;

/** Illegal while mstatus.FS is Off. Gives mstatus as it is before the instruction. */
export function requireFp<B extends Binding>(s: Semantics<B>): B['value'] {
  const mstatus = s.let(s.get('mstatus'));
  s.if(s.eq(s.and(mstatus, s.lit(FS)), s.lit(0)), () => illegal(s));
  return mstatus;
}
/** FS = Dirty. SD follows from it when mstatus is read, and is not in the field. */
const markDirty = <B extends Binding>(s: Semantics<B>, mstatus: B['value']): void =>
  s.set('mstatus', s.or(mstatus, s.lit(FS)));

/** The rounding mode of this instruction, 0 to 4; illegal when it, or frm where it says "dynamic", is reserved. */
function roundingMode<B extends Binding>(s: Semantics<B>, rm: B['value']): B['value'] {
  const mode = s.let(s.select(s.eq(rm, s.lit(DYN)), s.get('frm'), rm));
  s.if(s.ltu(s.lit(4), mode), () => illegal(s));
  return mode;
}

/** An operand's bits. A single that is not properly NaN-boxed counts as the canonical NaN. */
function read<B extends Binding>(s: Semantics<B>, format: FpFormat, r: B['reg']): B['value'] {
  if (format === 'D') return s.f(r);
  const v = s.let(s.f(r));
  return s.select(s.geu(v, s.lit(BOX)), s.zext(32, v), s.lit(CANONICAL_NAN_S));
}
const box = <B extends Binding>(s: Semantics<B>, format: FpFormat, v: B['value']): B['value'] =>
  format === 'D' ? v : s.or(v, s.lit(BOX));
const negate = <B extends Binding>(s: Semantics<B>, format: FpFormat, v: B['value']): B['value'] =>
  s.xor(v, s.lit(SIGN[format]));

/** fd = value(rm); `rm` is resolved and legal when `value` is asked. */
type Rounded = <B extends Binding>(s: Semantics<B>, rm: B['value'], r: Registers<B>) => B['value'];
interface Registers<B extends Binding> {
  readonly rs1: B['reg'];
  readonly rs2: B['reg'];
  readonly rs3: B['reg'];
}
const rounded =
  (format: FpFormat, value: Rounded): Body =>
  (s, o) => {
    const mstatus = requireFp(s);
    const rm = roundingMode(s, o.rm);
    s.setF(o.rd, box(s, format, value(s, rm, o)));
    markDirty(s, mstatus);
  };

/** add, sub, mul, div; sqrt. */
export const arithmetic = (op: FpOp, format: FpFormat): Body =>
  rounded(format, (s, rm, r) => s.fp(op, format, rm, read(s, format, r.rs1), read(s, format, r.rs2)));
export const squareRoot = (format: FpFormat): Body =>
  rounded(format, (s, rm, r) => s.fp('sqrt', format, rm, read(s, format, r.rs1)));
/** ±(rs1 * rs2) ± rs3, rounded once: the signs go to rs1 and rs3 (that of a NaN does not matter). */
export const multiplyAdd = (format: FpFormat, product: '+' | '-', addend: '+' | '-'): Body =>
  rounded(format, (s, rm, r) => {
    const a = read(s, format, r.rs1);
    const c = read(s, format, r.rs3);
    const signedA = product === '-' ? negate(s, format, a) : a;
    const signedC = addend === '-' ? negate(s, format, c) : c;
    return s.fp('fma', format, rm, signedA, read(s, format, r.rs2), signedC);
  });
/** `from` to the other format. */
export const convertFrom = (from: FpFormat): Body =>
  rounded(from === 'S' ? 'D' : 'S', (s, rm, r) => s.fp('toOther', from, rm, read(s, from, r.rs1)));
/** Integer to `format`. The operation looks at the bits that its name says. */
export const fromInteger = (op: FpOp, format: FpFormat): Body =>
  rounded(format, (s, rm, r) => s.fp(op, format, rm, s.x(r.rs1)));

/** min, max: nothing is rounded. */
export const minMax =
  (op: 'min' | 'max', format: FpFormat): Body =>
  (s, o) => {
    const mstatus = requireFp(s);
    s.setF(o.rd, box(s, format, s.fp(op, format, s.lit(0), read(s, format, o.rs1), read(s, format, o.rs2))));
    markDirty(s, mstatus);
  };

/** The sign of the result from those of rs1 and rs2; its magnitude is that of rs1. No flags, NaNs like other bits. */
type SignRule = <B extends Binding>(s: Semantics<B>, a: B['value'], b: B['value']) => B['value'];
export const signInject =
  (format: FpFormat, rule: SignRule): Body =>
  (s, o) => {
    const mstatus = requireFp(s);
    const a = s.let(read(s, format, o.rs1));
    const sign = s.and(rule(s, a, read(s, format, o.rs2)), s.lit(SIGN[format]));
    s.setF(o.rd, box(s, format, s.or(s.and(a, s.lit(MAGNITUDE[format])), sign)));
    markDirty(s, mstatus);
  };

/** x = value(rm), where only flags can make the state dirty. */
function toX<B extends Binding>(s: Semantics<B>, rd: B['reg'], mstatus: B['value'], value: () => B['value']): void {
  const before = s.let(s.get('fflags'));
  s.setX(rd, s.let(value()));
  s.if(s.ne(s.get('fflags'), before), () => markDirty(s, mstatus));
}
/** eq, lt, le. */
export const compare =
  (op: 'eq' | 'lt' | 'le', format: FpFormat): Body =>
  (s, o) => {
    const mstatus = requireFp(s);
    toX(s, o.rd, mstatus, () => s.fp(op, format, s.lit(0), read(s, format, o.rs1), read(s, format, o.rs2)));
  };
/** To an integer of 32 or 64 bits, sign-extended from its width: the unsigned word too. */
export const toInteger =
  (op: 'toI32' | 'toU32' | 'toI64' | 'toU64', format: FpFormat): Body =>
  (s, o) => {
    const mstatus = requireFp(s);
    const rm = roundingMode(s, o.rm);
    const value = () => s.fp(op, format, rm, read(s, format, o.rs1));
    toX(s, o.rd, mstatus, op === 'toI32' || op === 'toU32' ? () => s.sext(32, value()) : value);
  };
export const classify =
  (format: FpFormat): Body =>
  (s, o) => {
    requireFp(s);
    s.setX(o.rd, s.fp('classify', format, s.lit(0), read(s, format, o.rs1)));
  };

/** Moves of raw bits: no NaN check. */
export const moveToX =
  (format: FpFormat): Body =>
  (s, o) => {
    requireFp(s);
    s.setX(o.rd, format === 'D' ? s.f(o.rs1) : s.sext(32, s.f(o.rs1)));
  };
export const moveFromX =
  (format: FpFormat): Body =>
  (s, o) => {
    const mstatus = requireFp(s);
    s.setF(o.rd, box(s, format, s.x(o.rs1)));
    markDirty(s, mstatus);
  };
export const fpLoad =
  (format: FpFormat): Body =>
  (s, o) => {
    const mstatus = requireFp(s);
    s.setF(o.rd, box(s, format, s.load(s.add(s.x(o.rs1), o.imm), format === 'D' ? 8 : 4, false)));
    markDirty(s, mstatus);
  };
export const fpStore =
  (format: FpFormat): Body =>
  (s, o) => {
    requireFp(s);
    s.store(s.add(s.x(o.rs1), o.imm), format === 'D' ? 8 : 4, s.f(o.rs2));
  };
