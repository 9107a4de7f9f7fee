/** Folding changes what is emitted, never the value. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { constant, type Expr, i32Const, i64Const, localGet } from '../../../src/emu/wasm/expr.ts';
import { fold } from '../../../src/emu/wasm/fold.ts';
import { ModuleBuilder } from '../../../src/emu/wasm/module.ts';
import { f32, f64, i32, i64 } from '../../../src/emu/wasm/numeric.ts';
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

test('a float made bits and back is the float, and bits made a float and back are the bits', () => {
  const module = new ModuleBuilder();
  const fn = module.func('f', { params: ['i64', 'f64', 'i32', 'f32'], results: [] });
  const [word, double] = [localGet(fn.param(0, 'i64')), localGet(fn.param(1, 'f64'))];
  const [int, single] = [localGet(fn.param(2, 'i32')), localGet(fn.param(3, 'f32'))];
  expect(i64.reinterpret_f64(f64.reinterpret_i64(word))).toBe(word);
  expect(f64.reinterpret_i64(i64.reinterpret_f64(double))).toBe(double);
  expect(i32.reinterpret_f32(f32.reinterpret_i32(int))).toBe(int);
  expect(f32.reinterpret_i32(i32.reinterpret_f32(single))).toBe(single);
  const widened = i64.extend_i32_u(i32.reinterpret_f32(single));
  expect(f32.reinterpret_i32(i32.wrap_i64(widened))).toBe(single);
  const promoted = f64.promote_f32(f32.reinterpret_i32(int));
  expect(f32.demote_f64(promoted)).not.toBe(single);
  expect(i64.reinterpret_f64(promoted)).toEqual({
    type: 'i64',
    instr: { op: 'i64.reinterpret_f64' },
    args: [promoted],
  });
});

test('flipping the sign bit of a double is its negation, of a NaN too', () => {
  const module = new ModuleBuilder();
  const fn = module.func('f', { params: ['i64'], results: ['i64'] });
  const double = fn.keep(f64.reinterpret_i64(localGet(fn.param(0, 'i64'))));
  const bits = i64.reinterpret_f64(double);
  const negated = f64.reinterpret_i64(i64.xor(bits, i64Const(1n << 63n)));
  expect(negated).toEqual({ type: 'f64', instr: { op: 'f64.neg' }, args: [double] });
  const other = i64.xor(bits, i64Const(1n << 62n));
  expect(f64.reinterpret_i64(other)).toEqual({ type: 'f64', instr: { op: 'f64.reinterpret_i64' }, args: [other] });
  fn.emit(i64.reinterpret_f64(negated));
  module.export(fn);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module.encode()));
  const flip = exports.f as (bits: bigint) => bigint;
  for (const v of [0n, 1n << 63n, 0x3ff8n << 48n, 0x7ff0_0000_0000_0001n, 0xfff8_0000_1234_5678n, 0x7ff8n << 48n]) {
    expect(BigInt.asUintN(64, flip(v))).toBe(v ^ (1n << 63n));
  }
});
