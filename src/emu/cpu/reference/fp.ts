/**
 * The vocabulary's floating point for the reference binding: each `FpOp` by the exact BigInt arithmetic of cpu/fp.
 * Values are raw bits, an S value in the low 32 bits. `toOther` converts from `format` to the other one.
 */

import type { FpFormat, FpOp } from '../../isa/vocabulary.ts';
import { F32, F64, type FpResult, type RoundingMode } from '../fp/exact.ts';
import { classify, eq, le, lt, max, min } from '../fp/exact-compare.ts';
import { convert, fromInt, toInt } from '../fp/exact-convert.ts';
import { add, div, fma, mul, sqrt, sub } from '../fp/exact-ops.ts';

/** `args` as many as the operation has; those missing are not looked at. */
export function exactFp(op: FpOp, format: FpFormat, rm: RoundingMode, args: readonly bigint[]): FpResult {
  const fmt = format === 'S' ? F32 : F64;
  const [a = 0n, b = 0n, c = 0n] = args;
  switch (op) {
    case 'add':
      return add(fmt, a, b, rm);
    case 'sub':
      return sub(fmt, a, b, rm);
    case 'mul':
      return mul(fmt, a, b, rm);
    case 'div':
      return div(fmt, a, b, rm);
    case 'sqrt':
      return sqrt(fmt, a, rm);
    case 'fma':
      return fma(fmt, a, b, c, rm);
    case 'min':
      return min(fmt, a, b);
    case 'max':
      return max(fmt, a, b);
    case 'eq':
      return eq(fmt, a, b);
    case 'lt':
      return lt(fmt, a, b);
    case 'le':
      return le(fmt, a, b);
    case 'classify':
      return classify(fmt, a);
    case 'toI32':
      return toInt(fmt, a, rm, 32, true);
    case 'toU32':
      return toInt(fmt, a, rm, 32, false);
    case 'toI64':
      return toInt(fmt, a, rm, 64, true);
    case 'toU64':
      return toInt(fmt, a, rm, 64, false);
    case 'fromI32':
      return fromInt(fmt, BigInt.asIntN(32, a), rm);
    case 'fromU32':
      return fromInt(fmt, BigInt.asUintN(32, a), rm);
    case 'fromI64':
      return fromInt(fmt, BigInt.asIntN(64, a), rm);
    case 'fromU64':
      return fromInt(fmt, a, rm);
    case 'toOther':
      return convert(fmt, format === 'S' ? F64 : F32, a, rm);
  }
}
