/**
 * Comparison, minimum, maximum and conversion by the host.
 *
 * Why a result is tame: comparisons, when the operands are ordered, for only NaN raises anything. min and max, when the
 * result is not NaN: it is then one of the operands, -0 being below +0 for the host too. To an integer, when the
 * rounded value is in range. From an integer, always: none is out of range. S to D, when the result is not NaN: every S
 * value is a D value. D to S as multiplication (host-arithmetic.ts): finite and twice the smallest normal or more.
 *
 * A conversion is exact when converting back gives what was converted.
 */

import { type I32, type I64, i64Const } from '../../wasm/expr.ts';
import { f32, f64, i32, i64 } from '../../wasm/numeric.ts';
import { type FloatType, type IntName, type Lane, laneD, laneS } from './float-lane.ts';
import { ALWAYS, type HostResult, type Operands, once, operand } from './host-result.ts';

/** A static rounding mode that the host has. */
export type HostRounding = 0 | 1 | 2 | 3;

export function compare<T extends FloatType>(lane: Lane<T>, args: Operands, op: 'eq' | 'lt' | 'le'): HostResult {
  const { ops } = lane;
  const x = once(lane.fromBits(operand(args, 0)));
  const y = once(lane.fromBits(operand(args, 1)));
  const holds = once(ops[op](x, y));
  const ordered = {
    eq: () => i32.or(ops.le(x, y), ops.ge(x, y)),
    lt: () => i32.or(holds, ops.ge(x, y)),
    le: () => i32.or(holds, ops.gt(x, y)),
  };
  return { bits: i64.extend_i32_u(holds), tame: ordered[op](), exact: 'always' };
}

export function extreme<T extends FloatType>(lane: Lane<T>, args: Operands, op: 'min' | 'max'): HostResult {
  const r = once(lane.ops[op](lane.fromBits(operand(args, 0)), lane.fromBits(operand(args, 1))));
  return { bits: lane.toBits(r), tame: lane.ops.eq(r, r), exact: 'always' };
}

const integers: Readonly<Record<IntName, { readonly bits: number; readonly signed: boolean }>> = {
  I32: { bits: 32, signed: true },
  U32: { bits: 32, signed: false },
  I64: { bits: 64, signed: true },
  U64: { bits: 64, signed: false },
};

export function toInteger<T extends FloatType>(
  lane: Lane<T>,
  args: Operands,
  to: IntName,
  rm: HostRounding,
): HostResult {
  const { ops } = lane;
  const x = once(lane.fromBits(operand(args, 0)));
  const rounded = once(ops[roundings[rm]](x));
  // The host's conversion rounds towards zero itself, and what is in range before that is so afterwards.
  const value = rm === 1 ? x : rounded;
  const { bits, signed } = integers[to];
  const tame = signed
    ? ops.lt(ops.abs(value), lane.literal(2 ** (bits - 1)))
    : i32.and(ops.gt(value, lane.literal(-1)), ops.lt(value, lane.literal(2 ** bits)));
  return { bits: lane.toInt[to](value), tame, exact: { holds: ops.eq(rounded, x) } };
}
const roundings = { 0: 'nearest', 1: 'trunc', 2: 'floor', 3: 'ceil' } as const;

export function fromInteger<T extends FloatType>(lane: Lane<T>, args: Operands, from: IntName): HostResult {
  const v = operand(args, 0);
  const r = once(lane.fromInt[from](v));
  if (integers[from].bits === 64) {
    return { bits: lane.toBits(r), tame: ALWAYS, exact: { holds: comesBack(lane.toInt[from](r), v, from) } };
  }
  const exact = lane.format === 'D' ? 'always' : { holds: f64.eq(lane.double(r), laneD.fromInt[from](v)) };
  return { bits: lane.toBits(r), tame: ALWAYS, exact };
}
/** The greatest integers are no floats, and come back only because the next power of two saturates. */
function comesBack(result: I64, v: I64, type: IntName): I32 {
  const { bits, signed } = integers[type];
  const greatest = 2n ** BigInt(signed ? bits - 1 : bits) - 1n;
  return i32.and(i64.eq(result, v), i64.ne(v, i64Const(greatest)));
}

/** S to D. */
export function promoted(args: Operands): HostResult {
  const r = once(f64.promote_f32(laneS.fromBits(operand(args, 0))));
  return { bits: laneD.toBits(r), tame: f64.eq(r, r), exact: 'always' };
}

/** D to S. */
export function demoted(args: Operands): HostResult {
  const x = once(laneD.fromBits(operand(args, 0)));
  const r = once(f32.demote_f64(x));
  const bits = laneS.toBits(r);
  return {
    bits,
    tame: laneS.normal(bits),
    exact: { holds: f64.eq(laneS.double(r), x) },
    zero: f64.eq(x, laneD.zero),
  };
}
