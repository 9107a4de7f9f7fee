/**
 * The two floating-point formats as the host computes with them: a value is a wasm float expression, its bits an i64
 * expression as the vocabulary has them (an S value in the low half, zeros above). Nothing here knows about flags.
 */

import type { FpFormat } from '../../isa/vocabulary.ts';
import { type Expr, type F64, f32Const, f64Const, type I32, type I64, i32Const, i64Const } from '../../wasm/expr.ts';
import { f32, f32x4, f64, f64x2, i32, i64 } from '../../wasm/numeric.ts';

export type FloatType = 'f32' | 'f64';
type Unary<T extends FloatType> = (a: Expr<T>) => Expr<T>;
type Binary<T extends FloatType> = (a: Expr<T>, b: Expr<T>) => Expr<T>;
type Test<T extends FloatType> = (a: Expr<T>, b: Expr<T>) => I32;

interface FloatOps<T extends FloatType> {
  readonly add: Binary<T>;
  readonly sub: Binary<T>;
  readonly mul: Binary<T>;
  readonly div: Binary<T>;
  readonly min: Binary<T>;
  readonly max: Binary<T>;
  readonly sqrt: Unary<T>;
  readonly abs: Unary<T>;
  readonly trunc: Unary<T>;
  readonly nearest: Unary<T>;
  readonly floor: Unary<T>;
  readonly ceil: Unary<T>;
  readonly eq: Test<T>;
  readonly lt: Test<T>;
  readonly le: Test<T>;
  readonly gt: Test<T>;
  readonly ge: Test<T>;
}

/** The integer types that conversions name. */
export type IntName = 'I32' | 'U32' | 'I64' | 'U64';

export interface Lane<T extends FloatType> {
  readonly format: FpFormat;
  readonly ops: FloatOps<T>;
  readonly zero: Expr<T>;
  fromBits(bits: I64): Expr<T>;
  toBits(v: Expr<T>): I64;
  literal(v: number): Expr<T>;
  /** The same value in double precision. */
  double(v: Expr<T>): F64;
  /** Neither infinite nor NaN. */
  finite(bits: I64): I32;
  /** A normal number of at least twice the smallest one. */
  normal(bits: I64): I32;
  /** a * b + c rounded once, on a host that fuses (host-fma.ts). */
  fused(a: Expr<T>, b: Expr<T>, c: Expr<T>): Expr<T>;
  /** Rounded to the nearest; integers are read from their own bits of a register, whatever stands above. */
  readonly fromInt: Readonly<Record<IntName, (v: I64) => Expr<T>>>;
  /** Towards zero; the result's own bits, zeros above. Saturates, NaN gives 0. */
  readonly toInt: Readonly<Record<IntName, (v: Expr<T>) => I64>>;
}

const widen = i64.extend_i32_u;
const narrow = i32.wrap_i64;

/** The value's bits, its sign shifted out: the exponent is on top. */
const topS = (bits: I64): I32 => i32.shl(narrow(bits), i32Const(1));
const topD = (bits: I64): I32 => narrow(i64.shr_u(bits, i64Const(31)));
/** Biased exponent from `low` to just below `high`, of `top`, where it stands above `below` bits. */
const exponentWithin = (top: I32, below: number, low: number, high: number): I32 =>
  i32.lt_u(i32.sub(top, i32Const(low << below)), i32Const((high - low) << below));

export const laneS: Lane<'f32'> = {
  format: 'S',
  ops: f32,
  zero: f32Const(0),
  fromBits: (bits) => f32.reinterpret_i32(narrow(bits)),
  toBits: (v) => widen(i32.reinterpret_f32(v)),
  literal: f32Const,
  double: f64.promote_f32,
  finite: (bits) => exponentWithin(topS(bits), 24, 0, 255),
  normal: (bits) => exponentWithin(topS(bits), 24, 2, 255),
  fused: (a, b, c) => f32x4.extract_lane(f32x4.relaxed_madd(f32x4.splat(a), f32x4.splat(b), f32x4.splat(c)), 0),
  fromInt: {
    I32: (v) => f32.convert_i32_s(narrow(v)),
    U32: (v) => f32.convert_i32_u(narrow(v)),
    I64: f32.convert_i64_s,
    U64: f32.convert_i64_u,
  },
  toInt: {
    I32: (v) => widen(i32.trunc_sat_f32_s(v)),
    U32: (v) => widen(i32.trunc_sat_f32_u(v)),
    I64: i64.trunc_sat_f32_s,
    U64: i64.trunc_sat_f32_u,
  },
};

export const laneD: Lane<'f64'> = {
  format: 'D',
  ops: f64,
  zero: f64Const(0),
  fromBits: f64.reinterpret_i64,
  toBits: i64.reinterpret_f64,
  literal: f64Const,
  double: (v) => v,
  finite: (bits) => exponentWithin(topD(bits), 21, 0, 2047),
  normal: (bits) => exponentWithin(topD(bits), 21, 2, 2047),
  fused: (a, b, c) => f64x2.extract_lane(f64x2.relaxed_madd(f64x2.splat(a), f64x2.splat(b), f64x2.splat(c)), 0),
  fromInt: {
    I32: (v) => f64.convert_i32_s(narrow(v)),
    U32: (v) => f64.convert_i32_u(narrow(v)),
    I64: f64.convert_i64_s,
    U64: f64.convert_i64_u,
  },
  toInt: {
    I32: (v) => widen(i32.trunc_sat_f64_s(v)),
    U32: (v) => widen(i32.trunc_sat_f64_u(v)),
    I64: i64.trunc_sat_f64_s,
    U64: i64.trunc_sat_f64_u,
  },
};
