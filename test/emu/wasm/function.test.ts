/** Structured control, calls, tables and the text form; every opcode without a signature group occurs here. */

import { expect, test } from 'vitest';
import {
  call,
  f32Const,
  f64Const,
  i32Const,
  i64Const,
  load,
  localGet,
  Once,
  select,
} from '../../../src/emu/wasm/expr.ts';
import type { FunctionBuilder } from '../../../src/emu/wasm/function.ts';
import { ModuleBuilder } from '../../../src/emu/wasm/module.ts';
import { f64, i32, i64 } from '../../../src/emu/wasm/numeric.ts';
import { otherOps } from '../../../src/emu/wasm/opcodes.ts';
import { toWat } from './wat.ts';

const used = new Set<string>();
type Run = (...args: (number | bigint)[]) => number | bigint | undefined;
function instantiate(module: ModuleBuilder, fns: readonly FunctionBuilder[], imports: WebAssembly.Imports = {}): Run {
  for (const fn of fns) for (const { op } of fn.instrs) used.add(op);
  used.add('end');
  const instance = new WebAssembly.Instance(new WebAssembly.Module(module.encode()), imports);
  return instance.exports.f as Run;
}

test('a loop with a conditional exit sums what it counts', () => {
  const module = new ModuleBuilder();
  const fn = module.func('f', { params: ['i32'], results: ['i64'] });
  const n = fn.param(0, 'i32');
  const sum = fn.local('i64');
  fn.set(sum, i64Const(0));
  fn.block((end) =>
    fn.loop((head) => {
      fn.brIf(end, i32.eqz(localGet(n)));
      fn.set(sum, i64.add(localGet(sum), i64.extend_i32_u(localGet(n))));
      fn.set(n, i32.sub(localGet(n), i32Const(1)));
      fn.br(head);
    }),
  );
  fn.emit(localGet(sum));
  module.export(fn);
  expect(instantiate(module, [fn])(100)).toBe(5050n);
  expect(toWat(fn)).toMatchInlineSnapshot(`
    "(func $f (param i32) (result i64)
      (local i64)
      i64.const 0
      local.set 1
      block
        loop
          local.get 0
          i32.eqz
          br_if 1
          local.get 1
          local.get 0
          i64.extend_i32_u
          i64.add
          local.set 1
          local.get 0
          i32.const 1
          i32.sub
          local.set 0
          br 0
        end
      end
      local.get 1)
    "
  `);
});

test('a jump table reaches each label, and the other for what is beyond', () => {
  const module = new ModuleBuilder();
  const fn = module.func('f', { params: ['i32'], results: ['i32'] });
  fn.block((other) => {
    fn.block((two) => {
      fn.block((one) => fn.brTable(localGet(fn.param(0, 'i32')), [one, two, one], other));
      fn.return(i32Const(-1));
    });
    fn.return(i32Const(-2));
  });
  fn.emit(i32Const(-3));
  module.export(fn);
  const f = instantiate(module, [fn]);
  expect([0, 1, 2, 3, -1].map((i) => f(i))).toEqual([-1, -2, -1, -3, -3]);
});

test('if takes one arm; locals of an arm serve the next', () => {
  const module = new ModuleBuilder();
  const fn = module.func('f', { params: ['i64'], results: ['i64'] });
  const result = fn.local('i64');
  const p = localGet(fn.param(0, 'i64'));
  fn.if(
    i64.lt_s(p, i64Const(0)),
    () => fn.set(result, fn.keep(i64.mul(p, i64Const(-1)))),
    () => fn.set(result, fn.keep(i64.add(p, i64Const(1)))),
  );
  fn.emit(localGet(result));
  module.export(fn);
  expect(fn.localTypes).toEqual(['i64', 'i64']);
  const f = instantiate(module, [fn]);
  expect([f(-5n), f(5n)]).toEqual([5n, 6n]);
});

test('calls pass arguments to imported and own functions, directly and through the table', () => {
  const module = new ModuleBuilder();
  const log = module.importFunc('env', 'log', { params: ['i64'], results: [] });
  const type = { params: ['i64', 'i64'], results: ['i64'] } as const;
  const sub = module.func('sub', type);
  sub.emit(i64.sub(localGet(sub.param(0, 'i64')), localGet(sub.param(1, 'i64'))));
  const element = module.element(sub);
  const fn = module.func('f', { params: ['i64'], results: ['i64'] });
  const p = localGet(fn.param(0, 'i64'));
  fn.call(log, [call('i64', sub, [p, i64Const(1)])]);
  fn.call(sub, [p, p]);
  module.callIndirect(fn, type, i32Const(element), [p, i64Const(10)]);
  module.export(fn);
  const logged: unknown[] = [];
  const f = instantiate(module, [sub, fn], { env: { log: (v: bigint) => logged.push(v) } });
  expect(f(7n)).toBe(-3n);
  expect(logged).toEqual([6n]);
});

test('a Once is computed once, where it is first emitted or settled', () => {
  const module = new ModuleBuilder();
  let count = 0;
  const next = module.importFunc('env', 'next', { params: [], results: ['i32'] });
  const fn = module.func('f', { params: [], results: ['i32'] });
  const [a, b] = [new Once(call('i32', next, [])), new Once(call('i32', next, []))];
  fn.settle(b);
  fn.settle(b);
  fn.emit(i32.add(i32.mul(a, i32Const(100)), i32.add(i32.mul(a, i32Const(10)), b)));
  module.export(fn);
  expect(instantiate(module, [fn], { env: { next: () => ++count } })()).toBe(221);
});

test('memory is filled and copied; constants of all types arrive', () => {
  const module = new ModuleBuilder();
  module.importMemory('env', 'memory', 1);
  const fn = module.func('f', { params: [], results: ['f64'] });
  fn.fill(i32Const(8), i32Const(0x41), i32Const(4));
  for (const operand of [i32Const(16), i32Const(8), i32Const(3)]) fn.emit(operand);
  fn.push({ op: 'memory.copy' });
  fn.store('f32.store', i32Const(24), f32Const(-0.5));
  fn.store('i64.store', i32Const(32), i64Const(-(1n << 63n)));
  fn.push({ op: 'nop' });
  fn.emit(f64.add(f64Const(0.25), select(load('i32.load8_u', i32Const(18)), f64Const(1), f64Const(2))));
  module.export(fn);
  const memory = new WebAssembly.Memory({ initial: 1 });
  expect(instantiate(module, [fn], { env: { memory } })()).toBe(1.25);
  const view = new DataView(memory.buffer);
  expect([view.getUint32(8), view.getUint32(16), view.getFloat32(24, true), view.getBigInt64(32, true)]).toEqual([
    0x4141_4141,
    0x4141_4100,
    -0.5,
    -(1n << 63n),
  ]);
});

test('unreachable traps', () => {
  const module = new ModuleBuilder();
  const fn = module.func('f', { params: [], results: [] });
  fn.unreachable();
  module.export(fn);
  expect(instantiate(module, [fn])).toThrow(WebAssembly.RuntimeError);
});

test('mistakes are refused while building', () => {
  const module = new ModuleBuilder();
  const fn = module.func('f', { params: ['i32'], results: [] });
  let escaped: Parameters<typeof fn.br>[0] | undefined;
  fn.block((end) => {
    escaped = end;
  });
  expect(() => fn.br(escaped as NonNullable<typeof escaped>)).toThrow('closed');
  expect(() => fn.param(0, 'i64')).toThrow('not i64');
  expect(() => fn.call(fn, [i64Const(0)])).toThrow('takes (i32), not (i64)');
});

test('an import after functions moves their indexes, and calls of them all the same', () => {
  const module = new ModuleBuilder();
  const one = module.func('one', { params: [], results: ['i32'] });
  one.emit(i32Const(1));
  const fn = module.func('f', { params: [], results: ['i32'] });
  const late = { params: ['i32'], results: ['i32'] } as const;
  fn.emit(call('i32', module.importFunc('env', 'late', late), [call('i32', one, [])]));
  module.export(fn);
  expect(instantiate(module, [one, fn], { env: { late: (v: number) => v + 41 } })()).toBe(42);
});

test('a function may end with a call of another in its place, however often', () => {
  const module = new ModuleBuilder();
  const table = new WebAssembly.Table({ element: 'anyfunc', initial: 8 });
  module.importTable('env', 'table', 8);
  const type = { params: ['i32', 'i32'], results: ['i32'] } as const;
  // Down to 0 by turns: one step by name, one through the table.
  const odd = module.func('odd', type);
  const even = module.func('even', type);
  for (const [fn, last] of [
    [odd, false],
    [even, true],
  ] as const) {
    const [n, steps] = [localGet(fn.param(0, 'i32')), localGet(fn.param(1, 'i32'))];
    const args = [i32.sub(n, i32Const(1)), i32.add(steps, i32Const(1))];
    fn.if(i32.eqz(n), () => fn.return(steps));
    if (last) fn.returnCall(odd, args);
    else module.returnCallIndirect(fn, type, i32Const(5), args);
  }
  const fn = module.func('f', { params: ['i32'], results: ['i32'] });
  fn.emit(call('i32', even, [localGet(fn.param(0, 'i32')), i32Const(0)]));
  module.export(fn);
  module.export(even);
  for (const { op } of [odd, even].flatMap(({ instrs }) => instrs)) used.add(op);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module.encode()), { env: { table } });
  table.set(5, exports.even as Run);
  expect((exports.f as Run)(1_000_000)).toBe(1_000_000);
});

test('several results arrive in the locals named for them', () => {
  const module = new ModuleBuilder();
  const pair = module.func('pair', { params: ['i64'], results: ['i64', 'i32'] });
  pair.emit(localGet(pair.param(0, 'i64')));
  pair.emit(i32Const(5));
  const fn = module.func('f', { params: ['i64'], results: ['i64'] });
  const [first, second] = [fn.local('i64'), fn.local('i32')];
  fn.callInto(pair, [localGet(fn.param(0, 'i64'))], [first, second]);
  fn.emit(i64.sub(localGet(first), i64.extend_i32_u(localGet(second))));
  module.export(fn);
  expect(instantiate(module, [pair, fn])(12n)).toBe(7n);
});

test("a reserved local is nobody else's", () => {
  const module = new ModuleBuilder();
  const fn = module.func('f', { params: [], results: ['i32'] });
  let kept: ReturnType<typeof fn.reserve> | undefined;
  fn.scope(() => {
    kept = fn.reserve('i32');
    fn.set(kept as { index: number; type: 'i32' }, i32Const(3));
  });
  fn.scope(() => fn.set(fn.local('i32'), i32Const(4)));
  fn.emit(localGet(kept as { index: number; type: 'i32' }));
  module.export(fn);
  expect(instantiate(module, [fn])()).toBe(3);
});

test('every other instruction has occurred above', () => {
  expect(Object.keys(otherOps).filter((op) => !used.has(op))).toEqual([]);
});
