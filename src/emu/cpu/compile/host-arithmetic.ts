/**
 * add, sub, mul, div, sqrt and fma by the host, rounded to the nearest.
 *
 * Why a result is tame. NaN operands and invalid operations give NaN; overflow and division by zero give an infinity;
 * underflow needs a result that is tiny after rounding, and none of at least twice the smallest normal number is. So
 * mul, div and fma are tame when the result is finite and that large. add and sub are whenever it is finite: a smaller
 * sum is a multiple of the smallest subnormal, thus exact. sqrt is when the result is not NaN: it is far from both ends
 * of the range, and of zeros and infinity it is the operand.
 *
 * Why a tame result r of operands x and y is exact:
 * - add: r - x is y and r - y is x, as the host computes them. Both hold when r is exact. When not, let |x| >= |y|:
 *   r - x is computed without error (Dekker's Fast2Sum; it cannot overflow with r finite) and is not y.
 * - mul, div, sqrt in S: xy = r, ry = x, rr = x in double precision, where these products are exact.
 * - mul, div, sqrt in D: the same equations in significands, modulo 2^64. Both sides differ by no more than half a unit
 *   in the last place of what was rounded, times the other factor: less than 2^54. For normal operands only.
 * - fma in S: the product is exact in double precision; then the sum is judged there as above, and whether r is it.
 * - fma in D: known where the product alone is exact; then the sum is judged as above.
 */

import { type Expr, type F64, type I32, type I64, i32Const, i64Const } from '../../wasm/expr.ts';
import { f32, f64, i32, i64 } from '../../wasm/numeric.ts';
import { type FloatType, type Lane, laneD, laneS } from './float-lane.ts';
import { type Exactness, type HostResult, type Operands, once, operand } from './host-result.ts';

/** a + b = sum without error, `sum` being what the host rounds it to. */
const exactSum = <T extends FloatType>({ ops }: Lane<T>, a: Expr<T>, b: Expr<T>, sum: Expr<T>): I32 =>
  i32.and(ops.eq(ops.sub(sum, a), b), ops.eq(ops.sub(sum, b), a));

/** x + y, or x - y. */
export function sum<T extends FloatType>(lane: Lane<T>, args: Operands, op: 'add' | 'sub'): HostResult {
  const { ops } = lane;
  const [x, y] = operands(lane, args);
  const r = once(ops[op](x, y));
  // r = x - y is x = r + y; the sign of a zero does not matter to eq.
  const holds = op === 'add' ? exactSum(lane, x, y, r) : i32.and(ops.eq(ops.sub(x, r), y), ops.eq(ops.add(r, y), x));
  return { bits: lane.toBits(r), tame: lane.finite(lane.toBits(r)), exact: { holds } };
}

type Equation = (a: I64, b: I64, product: I64) => Exactness;
/** a * b = product without error, one of the three being the rounded result from the other two. */
const exactProduct: { readonly S: Equation; readonly D: Equation } = {
  S: (...bits) => {
    const [a, b, product] = bits.map((v) => laneS.double(laneS.fromBits(v))) as [F64, F64, F64];
    return { holds: f64.eq(f64.mul(a, b), product) };
  },
  D: (a, b, product) => {
    // Biased exponents and the bias, of which shifts look at six bits: signs do not matter. 1 times 1 is 1 << 52.
    const shift = i64.sub(i64.add(exponent(product), i64Const(1023 + 52)), i64.add(exponent(a), exponent(b)));
    return {
      known: i32.and(laneD.normal(a), i32.and(laneD.normal(b), laneD.normal(product))),
      holds: i64.eq(i64.mul(significand(a), significand(b)), i64.shl(significand(product), shift)),
    };
  },
};
const HIDDEN_BIT = 1n << 52n;
const exponent = (bits: I64): I64 => i64.shr_u(bits, i64Const(52));
const significand = (bits: I64): I64 => i64.or(i64.and(bits, i64Const(HIDDEN_BIT - 1n)), i64Const(HIDDEN_BIT));

export function product<T extends FloatType>(lane: Lane<T>, args: Operands): HostResult {
  const { ops } = lane;
  const [x, y] = operands(lane, args);
  const r = once(ops.mul(x, y));
  const bits = lane.toBits(r);
  const exact = exactProduct[lane.format](operand(args, 0), operand(args, 1), bits);
  return { bits, tame: lane.normal(bits), exact, zero: zeroProduct(lane, x, y, r) };
}
/** r is zero and so is a factor; the other one is then no infinity. */
const zeroProduct = <T extends FloatType>({ ops, zero }: Lane<T>, x: Expr<T>, y: Expr<T>, r: Expr<T>): I32 =>
  i32.and(ops.eq(r, zero), i32.or(ops.eq(x, zero), ops.eq(y, zero)));

export function quotient<T extends FloatType>(lane: Lane<T>, args: Operands): HostResult {
  const { ops, zero } = lane;
  const [x, y] = operands(lane, args);
  const r = once(ops.div(x, y));
  const bits = lane.toBits(r);
  const exact = exactProduct[lane.format](bits, operand(args, 1), operand(args, 0));
  return { bits, tame: lane.normal(bits), exact, zero: i32.and(ops.eq(r, zero), ops.eq(x, zero)) };
}

export function root<T extends FloatType>(lane: Lane<T>, args: Operands): HostResult {
  const r = once(lane.ops.sqrt(lane.fromBits(operand(args, 0))));
  const bits = lane.toBits(r);
  return { bits, tame: lane.ops.eq(r, r), exact: exactProduct[lane.format](bits, bits, operand(args, 0)) };
}

/** On a host that fuses. */
export function fusedD(args: Operands): HostResult {
  const [x, y, z] = operands(laneD, args);
  const r = once(laneD.fused(x, y, z));
  const bits = laneD.toBits(r);
  const p = once(f64.mul(x, y));
  const { known, holds } = exactProduct.D(operand(args, 0), operand(args, 1), laneD.toBits(p));
  return {
    bits,
    tame: laneD.normal(bits),
    exact: { known: i32.and(known as I32, holds), holds: exactSum(laneD, p, z, r) },
    zero: zeroProduct(laneD, x, y, r),
  };
}

/**
 * On a host that does not fuse, the sum is rounded to double precision first, and again to single: the same unless the
 * first rounding came to lie half way between two results (and that was no exact tie, which is not looked at).
 */
export function fusedS(args: Operands, hostFuses: boolean): HostResult {
  const [x, y, z] = operands(laneS, args);
  const p = once(f64.mul(laneS.double(x), laneS.double(y)));
  const c = once(laneS.double(z));
  const wide = once(f64.add(p, c));
  const r = once(hostFuses ? laneS.fused(x, y, z) : f32.demote_f64(wide));
  const bits = laneS.toBits(r);
  const normal = laneS.normal(bits);
  return {
    bits,
    tame: hostFuses ? normal : i32.and(normal, i32.eqz(halfWay(wide))),
    exact: { holds: i32.and(exactSum(laneD, p, c, wide), f64.eq(laneS.double(r), wide)) },
    zero: zeroProduct(laneS, x, y, r),
  };
}
/** A double half way between two normal singles. */
function halfWay(v: F64): I32 {
  const rest = i32.and(i32.wrap_i64(laneD.toBits(v)), i32Const(2 ** 29 - 1));
  return i32.eq(rest, i32Const(2 ** 28));
}

/** Three values, fewer where there are fewer operands. */
const operands = <T extends FloatType>(lane: Lane<T>, args: Operands): [Expr<T>, Expr<T>, Expr<T>] =>
  args.map((arg) => once(lane.fromBits(arg))) as [Expr<T>, Expr<T>, Expr<T>];
