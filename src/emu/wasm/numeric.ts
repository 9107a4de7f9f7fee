/**
 * Builders of numeric expressions, one for each opcode, derived from the opcode table: `i64.add(a, b)`,
 * `i32.wrap_i64(a)`. Constants are folded where fold.ts knows how.
 */

import type { Expr } from './expr.ts';
import { fold } from './fold.ts';
import {
  type BinaryOp,
  binaryOps,
  type CompareOp,
  type ConvertOp,
  compareOps,
  convertOps,
  type NumericOp,
  type SourceOf,
  saturateOps,
  type TestOp,
  type TypeOf,
  testOps,
  type UnaryOp,
  unaryOps,
  type ValType,
} from './opcodes.ts';

type After<O, T extends ValType> = O extends `${T}.${infer Name}` ? Name : never;
type Builders<T extends ValType> = {
  readonly [O in UnaryOp as After<O, T>]: (a: Expr<T>) => Expr<T>;
} & {
  readonly [O in BinaryOp as After<O, T>]: (a: Expr<T>, b: Expr<T>) => Expr<T>;
} & {
  readonly [O in TestOp as After<O, T>]: (a: Expr<T>) => Expr<'i32'>;
} & {
  readonly [O in CompareOp as After<O, T>]: (a: Expr<T>, b: Expr<T>) => Expr<'i32'>;
} & {
  readonly [O in ConvertOp as After<O, T>]: (a: Expr<SourceOf<O>>) => Expr<T>;
};

const typeOf = <O extends NumericOp>(op: O): TypeOf<O> => op.slice(0, 3) as TypeOf<O>;

function build(op: NumericOp, type: ValType, args: readonly Expr[]): Expr {
  return fold(op, args) ?? { type, instr: { op }, args };
}

function builders<T extends ValType>(type: T): Builders<T> {
  const own: Record<string, (...args: Expr[]) => Expr> = {};
  const define = (ops: object, result?: ValType): void => {
    for (const op of Object.keys(ops) as NumericOp[]) {
      if (typeOf(op) === type) own[op.slice(4)] = (...args) => build(op, result ?? type, args);
    }
  };
  for (const ops of [unaryOps, binaryOps, convertOps, saturateOps]) define(ops);
  for (const ops of [testOps, compareOps]) define(ops, 'i32');
  return own as unknown as Builders<T>;
}

export const i32 = builders('i32');
export const i64 = builders('i64');
export const f32 = builders('f32');
export const f64 = builders('f64');

/** Builders of vector expressions whose lanes are a `type`. */
function vectors<T extends 'f32' | 'f64'>(shape: 'f32x4' | 'f64x2', type: T) {
  return {
    splat: (a: Expr<T>): Expr<'v128'> => ({ type: 'v128', instr: { op: `${shape}.splat` }, args: [a] }),
    extract_lane: (a: Expr<'v128'>, lane: number): Expr<T> => ({
      type,
      instr: { op: `${shape}.extract_lane`, lane },
      args: [a],
    }),
    relaxed_madd: (a: Expr<'v128'>, b: Expr<'v128'>, c: Expr<'v128'>): Expr<'v128'> => ({
      type: 'v128',
      instr: { op: `${shape}.relaxed_madd` },
      args: [a, b, c],
    }),
  };
}

export const f32x4 = vectors('f32x4', 'f32');
export const f64x2 = vectors('f64x2', 'f64');
