/** Operations on words of 32 bits: fewer where they are folded, and the same values. */

import { expect, test } from 'vitest';
import { type Expr, type I64, i64Const, localGet } from '../../../src/emu/wasm/expr.ts';
import { isSignExtended } from '../../../src/emu/wasm/fold.ts';
import { ModuleBuilder } from '../../../src/emu/wasm/module.ts';
import { i32, i64 } from '../../../src/emu/wasm/numeric.ts';
import type { NumericOp } from '../../../src/emu/wasm/opcodes.ts';
import { Random } from '../cpu/random.ts';

const p: I64 = localGet({ index: 0, type: 'i64' });
const q: I64 = localGet({ index: 1, type: 'i64' });
const word = (v: I64): I64 => i64.extend32_s(v);
const five = (v: I64): I64 => i64.and(v, i64Const(31));
const low = (v: I64): I64 => i64.and(v, i64Const(0xffff_ffffn));

test('words are computed on 32 bits', () => {
  expect(word(i64.add(p, q))).toEqual(i64.extend_i32_s(i32.add(i32.wrap_i64(p), i32.wrap_i64(q))));
  expect(word(i64.shr_u(low(p), five(q)))).toEqual(i64.extend_i32_s(i32.shr_u(i32.wrap_i64(p), i32.wrap_i64(q))));
  expect(i64.or(word(p), word(q))).toEqual(i64.extend_i32_s(i32.or(i32.wrap_i64(p), i32.wrap_i64(q))));
  expect(i64.lt_u(word(p), word(q))).toEqual(i32.lt_u(i32.wrap_i64(p), i32.wrap_i64(q)));
  expect(i64.or(word(p), q)).toMatchObject({ instr: { op: 'i64.or' } });
  expect(word(i64.shr_u(p, five(q)))).toEqual(i64.extend_i32_s(i32.wrap_i64(i64.shr_u(p, five(q)))));
});

test('what is sign-extended says so', () => {
  for (const v of [word(p), i64.extend_i32_u(i64.eqz(p)), i64Const(-(2n ** 31n)), i64Const(7)]) {
    expect(isSignExtended(v)).toBe(true);
  }
  for (const v of [p, i64.add(word(p), word(q)), i64.extend_i32_u(i32.wrap_i64(p)), i64Const(2n ** 31n), low(p)]) {
    expect(isSignExtended(v)).toBe(false);
  }
});

type Shape = readonly [NumericOp | 'p' | 'q' | bigint, ...Shape[]];
const binary: readonly NumericOp[] = ['i64.add', 'i64.sub', 'i64.mul', 'i64.and', 'i64.or', 'i64.xor'];
const tests: readonly NumericOp[] = ['i64.eq', 'i64.ne', 'i64.lt_s', 'i64.lt_u', 'i64.ge_s', 'i64.ge_u'];

function shape(random: Random, depth: number): Shape {
  const inner = (): Shape => shape(random, depth - 1);
  const by = (): Shape => ['i64.and', inner(), [random.pick([31n, 31n, 63n])]];
  if (depth === 0) return random.pick([['p'], ['q'], [BigInt.asIntN(random.pick([5, 32, 64]), random.wide())]]);
  switch (random.below(9)) {
    case 0:
    case 1:
      return [random.pick(binary), inner(), inner()];
    case 2:
    case 3:
      return [random.pick(binary), ['i64.extend32_s', inner()], ['i64.extend32_s', inner()]];
    case 4:
      return ['i64.extend32_s', ['i64.shl', inner(), by()]];
    case 5:
      return ['i64.extend32_s', ['i64.shr_u', ['i64.and', inner(), [random.pick([0xffff_ffffn, -1n])]], by()]];
    case 6:
      return ['i64.shr_s', random.below(3) === 0 ? inner() : ['i64.extend32_s', inner()], by()];
    case 7:
      return ['i64.extend_i32_u', [random.pick(tests), ['i64.extend32_s', inner()], ['i64.extend32_s', inner()]]];
    default:
      return ['i64.extend32_s', inner()];
  }
}

/** The expression, by builders that fold or as it is written. */
function built([head, ...args]: Shape, folds: boolean): Expr {
  if (head === 'p' || head === 'q') return head === 'p' ? p : q;
  if (typeof head === 'bigint') return i64Const(head);
  const parts = args.map((arg) => built(arg, folds));
  const builders = i64 as unknown as Record<string, (...parts: Expr[]) => Expr>;
  if (folds) return builders[head.slice(4)]!(...parts);
  return { type: tests.includes(head) ? 'i32' : 'i64', instr: { op: head }, args: parts };
}

test('random expressions have the same values when folded', () => {
  let narrowed = 0;
  for (let seed = 1; seed <= 400; seed++) {
    const random = new Random(seed);
    const tree = shape(random, 4);
    const module = new ModuleBuilder();
    for (const folds of [false, true]) {
      const fn = module.func(folds ? 'folded' : 'plain', { params: ['i64', 'i64'], results: ['i64'] });
      fn.emit(built(tree, folds));
      module.export(fn);
      if (folds && fn.instrs.some(({ op }) => op.startsWith('i32') && op !== 'i32.wrap_i64')) narrowed += 1;
    }
    const { plain, folded } = new WebAssembly.Instance(new WebAssembly.Module(module.encode())).exports as unknown as {
      readonly [name: string]: (a: bigint, b: bigint) => bigint;
    };
    for (let i = 0; i < 12; i++) {
      const [a, b] = [random.wide(), random.wide()];
      expect(folded!(a, b), `seed ${seed}: ${a}, ${b}`).toBe(plain!(a, b));
    }
  }
  expect(narrowed).toBeGreaterThan(100);
});
