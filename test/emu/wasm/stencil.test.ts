/** Stencils: what is filled in where, and that bytes and text of a filled one are those of plain instructions. */

import { expect, test } from 'vitest';
import { ByteSink } from '../../../src/emu/wasm/bytes.ts';
import { i32Const, i64Const, localGet } from '../../../src/emu/wasm/expr.ts';
import { encodeInstr, type Instr } from '../../../src/emu/wasm/instr.ts';
import { ModuleBuilder } from '../../../src/emu/wasm/module.ts';
import { type Filling, NOTHING_OPEN, Stencil, type StencilPart } from '../../../src/emu/wasm/stencil.ts';

const filling = (rest: Partial<Filling>): Filling => ({ ...NOTHING_OPEN, ...rest });
/** The instructions' own bytes. */
function bytesOf(instrs: readonly Instr[]): Uint8Array {
  const sink = new ByteSink();
  for (const instr of instrs) encodeInstr(sink, instr);
  return sink.toBytes();
}
function encoded(stencil: Stencil, open: Filling): Uint8Array {
  const sink = new ByteSink();
  stencil.encode(sink, open);
  return sink.toBytes();
}

const parts: readonly StencilPart[] = [
  { op: 'local.get', hole: { kind: 'local', name: 'a' } },
  { op: 'i64.const', hole: { kind: 'value', name: 'v' } },
  { op: 'i64.add' },
  { op: 'local.tee', hole: { kind: 'temp', index: 0 } },
  { op: 'i64.eqz' },
  { op: 'if' },
  { op: 'br', hole: { kind: 'branch', label: 1, inside: 1 } },
  { op: 'end' },
  { op: 'local.get', hole: { kind: 'temp', index: 0 } },
  { op: 'call', hole: { kind: 'call', callee: 'log' } },
  { op: 'local.get', hole: { kind: 'temp', index: 1 } },
  { op: 'br_if', hole: { kind: 'branch', label: 0, inside: 0 } },
];

test('bytes of a filled stencil are those of its instructions', () => {
  const module = new ModuleBuilder();
  const log = module.importFunc('env', 'log', { params: ['i64'], results: [] });
  const stencil = new Stencil(parts, ['i64', 'i32']);
  for (const value of [0n, 63n, 64n, -64n, -65n, 2n ** 31n, -(2n ** 63n), 2n ** 64n - 1n, 0x1234_5678_9abcn]) {
    for (const local of [0, 5, 127, 128, 300]) {
      const open = filling({
        value: (name) => (name === 'v' ? value : 0n),
        local: (name) => (name === 'a' ? local : 0),
        temp: (index, type) => (type === 'i64' ? 200 : 7) + index,
        call: () => log,
        branch: (label) => 3 + 10 * label,
      });
      expect(encoded(stencil, open)).toEqual(bytesOf(stencil.instrs(open)));
      expect(stencil.instrs(open)).toEqual([
        { op: 'local.get', local },
        { op: 'i64.const', value },
        { op: 'i64.add' },
        { op: 'local.tee', local: 200 },
        { op: 'i64.eqz' },
        { op: 'if' },
        { op: 'br', depth: 14 },
        { op: 'end' },
        { op: 'local.get', local: 200 },
        { op: 'call', func: log },
        { op: 'local.get', local: 8 },
        { op: 'br_if', depth: 3 },
      ]);
    }
  }
});

test('what is expected of conditions is marked where they stand, whatever is filled in before them', () => {
  const expecting: readonly StencilPart[] = [
    { op: 'if', likely: true },
    { op: 'local.get', hole: { kind: 'local', name: 'a' } },
    { op: 'if', likely: false },
    { op: 'end' },
    { op: 'end' },
    { op: 'i64.const', hole: { kind: 'value', name: 'v' } },
    { op: 'br_if', hole: { kind: 'branch', label: 0, inside: 0 }, likely: true },
    { op: 'br_if', hole: { kind: 'branch', label: 0, inside: 0 }, likely: false },
    { op: 'if', likely: true },
  ];
  const stencil = new Stencil(expecting, []);
  for (const local of [0, 128, 2 ** 14]) {
    const open = filling({ value: () => 2n ** 40n, local: () => local, branch: () => 200 });
    const [filled, plain] = [new ByteSink(), new ByteSink()];
    stencil.encode(filled, open);
    for (const instr of stencil.instrs(open)) encodeInstr(plain, instr);
    expect(plain.marks.map(({ value }) => value)).toEqual([1, 0, 1, 0, 1]);
    expect(filled.marks).toEqual(plain.marks);
    expect(filled.toBytes()).toEqual(plain.toBytes());
  }
});

test('a stencil says what it calls and which locals it needs', () => {
  const stencil = new Stencil([...parts, ...parts], ['i64', 'i32']);
  expect(stencil.callees).toEqual(['log']);
  expect(stencil.temps).toEqual(['i64', 'i32']);
});

test('one stencil serves many places of a function', () => {
  const module = new ModuleBuilder();
  const fn = module.func('f', { params: ['i64'], results: ['i64'] });
  const addition = new Stencil(
    [
      { op: 'local.get', hole: { kind: 'local', name: 'a' } },
      { op: 'i64.const', hole: { kind: 'value', name: 'v' } },
      { op: 'i64.add' },
      { op: 'local.set', hole: { kind: 'local', name: 'a' } },
      { op: 'local.get', hole: { kind: 'local', name: 'a' } },
      { op: 'i64.const', value: 100n },
      { op: 'i64.gt_s' },
      { op: 'br_if', hole: { kind: 'branch', label: 0, inside: 0 } },
    ],
    [],
  );
  fn.block((end) => {
    for (const v of [1n, 40n, 50n, 60n]) {
      fn.block(() => {
        const depth = fn.depthOf(end);
        fn.place(addition, filling({ value: () => v, local: () => 0, branch: () => depth }));
      });
    }
    fn.set(fn.param(0, 'i64'), i64Const(-1));
  });
  fn.emit(localGet(fn.param(0, 'i64')));
  module.export(fn);
  const { f } = new WebAssembly.Instance(new WebAssembly.Module(module.encode())).exports as {
    f: (v: bigint) => bigint;
  };
  expect([f(0n), f(10n), f(99n), f(-200n)]).toEqual([151n, 101n, 140n, -1n]);
});

test('what is left open must be filled', () => {
  const fn = new ModuleBuilder().func('f', { params: [], results: [] });
  fn.place(new Stencil(parts, ['i64', 'i32']), NOTHING_OPEN);
  expect(() => fn.encode(new ByteSink())).toThrow('nothing fills');
});

test('without holes a stencil is its instructions', () => {
  const instrs = [i32Const(5).instr, { op: 'drop' } as const];
  const stencil = new Stencil(instrs, []);
  expect(stencil.instrs(NOTHING_OPEN)).toEqual(instrs);
  expect(encoded(stencil, NOTHING_OPEN)).toEqual(bytesOf(instrs));
});
