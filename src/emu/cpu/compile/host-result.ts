/**
 * What the host's own arithmetic says about one floating-point operation. WebAssembly rounds to nearest, ties to even,
 * keeps subnormals and tells no exceptions, so beside the result stand the conditions under which it is that of IEEE
 * 754 and its exceptions are known.
 */

import { type Expr, type I32, type I64, i32Const, Once } from '../../wasm/expr.ts';
import type { FloatType } from './float-lane.ts';

/** Whether a tame result is exact. */
export interface Exactness {
  /** Whether `holds` says anything; it always does where this is left out. */
  readonly known?: I32;
  readonly holds: I32;
}

/** Expressions of which `bits` is computed before any other, and `known` before `holds`. */
export interface HostResult {
  /** Raw result bits, as the vocabulary's `fp` gives them. */
  readonly bits: I64;
  /** The bits are right and no exception but NX was raised. The constant ALWAYS where nothing has to be asked. */
  readonly tame: I32;
  /** When tame, NX was not raised ever, or unless the result is exact. */
  readonly exact: 'always' | Exactness;
  /** The bits are a zero, right and without any exception, though perhaps not tame. */
  readonly zero?: I32;
}

export const ALWAYS: I32 = i32Const(1);

/** A float, or a condition, that more than one expression uses. */
export const once = <T extends FloatType | 'i32'>(e: Expr<T>): Expr<T> => new Once(e);

/** Operands as raw bits, in expressions that may be repeated. */
export type Operands = readonly I64[];
export function operand(args: Operands, i: number): I64 {
  const arg = args[i];
  if (arg === undefined) throw new Error(`operand ${i} of ${args.length}`);
  return arg;
}
