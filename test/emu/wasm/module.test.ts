/** Bodies that are encoded at once, and what is expected of conditions. */

import { expect, test } from 'vitest';
import { ByteSink } from '../../../src/emu/wasm/bytes.ts';
import { i32Const, localGet } from '../../../src/emu/wasm/expr.ts';
import type { FunctionBuilder } from '../../../src/emu/wasm/function.ts';
import { ModuleBuilder } from '../../../src/emu/wasm/module.ts';
import { i32 } from '../../../src/emu/wasm/numeric.ts';
import { opcode } from '../../../src/emu/wasm/opcodes.ts';
import { NOTHING_OPEN, Stencil } from '../../../src/emu/wasm/stencil.ts';

const { customSections } = WebAssembly.Module as unknown as {
  readonly customSections: (module: WebAssembly.Module, name: string) => ArrayBuffer[];
};
const log = { params: ['i32'], results: [] } as const;

/** Two functions with expectations, one of them in a stencil. */
function build(atOnce: boolean): { readonly module: ModuleBuilder; readonly fn: FunctionBuilder } {
  const module = new ModuleBuilder(atOnce);
  const imported = module.importFunc('env', 'log', log);
  const plain = module.func('plain', { params: ['i32'], results: [] });
  plain.emit(localGet(plain.param(0, 'i32')));
  plain.push({ op: 'drop' });
  const fn = module.func('f', { params: ['i32'], results: ['i32'] });
  const v = localGet(fn.param(0, 'i32'));
  fn.block((out) => {
    fn.if(i32.eqz(v), () => fn.call(imported, [v]), undefined, false);
    fn.keep(i32.add(v, i32Const(1000)));
    const branch = { op: 'br_if', hole: { kind: 'branch', label: 0, inside: 0 }, likely: true } as const;
    const depth = fn.depthOf(out);
    fn.place(new Stencil([v.instr, branch], []), { ...NOTHING_OPEN, branch: () => depth });
    fn.if(v, () => fn.call(imported, [v]));
  });
  fn.emit(v);
  module.export(fn);
  return { module, fn };
}

test('a body that is encoded at once is that of its instructions', () => {
  expect(build(true).module.encode()).toEqual(build(false).module.encode());
});

test('a body that is encoded at once cannot be read', () => {
  const fn = new ModuleBuilder(true).func('f', { params: [], results: [] });
  fn.push({ op: 'nop' });
  expect(() => fn.instrs).toThrow('cannot be read');
});

test('numbers of functions that have been used stay', () => {
  const module = new ModuleBuilder(true);
  const callee = module.func('callee', { params: [], results: [] });
  module.func('f', { params: [], results: [] }).call(callee, []);
  expect(() => module.importFunc('env', 'log', log)).toThrow('log is imported after');
});

test('expectations stand in the custom section, by the places of their instructions', () => {
  const { module: builder, fn } = build(false);
  const module = new WebAssembly.Module(builder.encode());
  const [section] = customSections(module, 'metadata.code.branch_hint');
  // One function, the third; two hints.
  const [functions, index, count, ...rest] = new Uint8Array(section!);
  expect([functions, index, count]).toEqual([1, 2, 2]);
  const [first, size1, value1, second, size2, value2] = rest;
  expect([size1, value1, size2, value2, rest.length]).toEqual([1, 0, 1, 1, 6]);
  const body = new ByteSink();
  fn.encode(body);
  expect(body.toBytes()[first!]).toBe(opcode.if);
  expect(body.toBytes()[second!]).toBe(opcode.br_if);
});

test('a module without expectations has no such section', () => {
  const module = new ModuleBuilder();
  module.func('f', { params: [], results: [] });
  const made = new WebAssembly.Module(module.encode());
  expect(customSections(made, 'metadata.code.branch_hint')).toEqual([]);
});
