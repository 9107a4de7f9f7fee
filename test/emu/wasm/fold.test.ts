/** Folding changes what is emitted, never the value. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { constant, type Expr, i32Const, i64Const, localGet } from '../../../src/emu/wasm/expr.ts';
import { fold } from '../../../src/emu/wasm/fold.ts';
import { ModuleBuilder } from '../../../src/emu/wasm/module.ts';
import { i64 } from '../../../src/emu/wasm/numeric.ts';
import { binaryOps, compareOps, convertOps, type NumericOp, testOps, unaryOps } from '../../../src/emu/wasm/opcodes.ts';
import { oracle, type WasmValue } from './oracle.ts';

const unary = Object.keys({ ...unaryOps, ...testOps, ...convertOps }).filter(
  (op) => /^i(32|64)/.test(op) && !/f(32|64)/.test(op),
) as NumericOp[];
const binary = Object.keys({ ...binaryOps, ...compareOps }).filter((op) => /^i(32|64)/.test(op)) as NumericOp[];
const literal = (op: NumericOp, v: bigint): { readonly value: WasmValue; readonly expr: Expr } => {
  const wide = op.startsWith('i64') ? !op.includes('_i32') : op.includes('_i64');
  return wide
    ? { value: v, expr: i64Const(v) }
    : { value: Number(BigInt.asIntN(32, v)), expr: i32Const(Number(BigInt.asIntN(32, v))) };
};
const words = fc.oneof(
  fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }),
  fc.constantFrom(0n, 1n, -1n, 32n, 63n, 64n, -(1n << 63n)),
);

test('an operation on constants folds to what it computes, or not at all', () => {
  let folded = 0;
  fc.assert(
    fc.property(fc.constantFrom(...unary, ...binary), words, words, (op, a, b) => {
      const args = (binary.includes(op) ? [a, b] : [a]).map((v) => literal(op, v));
      const result = fold(
        op,
        args.map(({ expr }) => expr),
      );
      if (result === undefined) return;
      folded += 1;
      expect(constant(result as Expr<'i64'>)).toBe(
        oracle(
          op,
          args.map(({ value }) => value),
        ),
      );
    }),
    { numRuns: 2000 },
  );
  expect(folded).toBeGreaterThan(100);
});

test('neutral zeros and conditions made words and back disappear', () => {
  const module = new ModuleBuilder();
  const fn = module.func('f', { params: ['i64'], results: [] });
  const p = localGet(fn.param(0, 'i64'));
  expect(i64.add(p, i64Const(0))).toBe(p);
  expect(i64.shl(p, i64Const(0))).toBe(p);
  const less = i64.lt_s(p, i64Const(5));
  expect(i64.ne(i64.extend_i32_u(less), i64Const(0))).toBe(less);
  expect(i64.eq(p, i64Const(0))).toEqual(i64.eqz(p));
});
