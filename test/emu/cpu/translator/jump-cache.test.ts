/** The jump cache from both sides: what wasm enters JavaScript finds, and the other way round. */

import { beforeEach, describe, expect, test } from 'vitest';
import { importMemory } from '../../../../src/emu/cpu/compile/host-imports.ts';
import { fieldOffset } from '../../../../src/emu/cpu/hart-layout.ts';
import { createMemory, memoryLayout } from '../../../../src/emu/cpu/memory-layout.ts';
import { buildFind, JumpCache, noteIndirect } from '../../../../src/emu/cpu/translator/jump-cache.ts';
import { localGet } from '../../../../src/emu/wasm/expr.ts';
import { ModuleBuilder } from '../../../../src/emu/wasm/module.ts';
import { Random } from '../random.ts';

const layout = memoryLayout(0x1000);
const HART = layout.hartAt(0);
const HOT = 3;

interface Wasm {
  /** Element of the table for code at a pc; 0 for none. */
  readonly find: (hart: number, pc: bigint) => number;
  readonly note: (hart: number, pc: bigint, from: bigint) => void;
}

const compiled = ((): WebAssembly.Module => {
  const module = new ModuleBuilder();
  importMemory(module, layout);
  const compile = module.importFunc('code', 'compile', { params: ['i64'], results: ['i32'] });
  module.export(buildFind(module, layout, compile, HOT));
  const note = module.func('note', { params: ['i32', 'i64', 'i64'], results: [] });
  const [pc, from] = [localGet(note.param(1, 'i64')), localGet(note.param(2, 'i64'))];
  noteIndirect(note, layout, localGet(note.param(0, 'i32')), pc, from);
  module.export(note);
  return new WebAssembly.Module(module.encode());
})();

describe('the jump cache', () => {
  let jumps: JumpCache;
  let wasm: Wasm;
  let asked: bigint[];
  let made: number;
  let view: DataView;
  const inContext = (context: bigint): void => view.setBigUint64(HART + fieldOffset('fetchContext'), context, true);
  const find = (pc: bigint): number => wasm.find(HART, pc);

  beforeEach(() => {
    const memory = createMemory(layout);
    view = new DataView(memory.buffer);
    asked = [];
    made = 0;
    const compile = (pc: bigint): number => {
      asked.push(BigInt.asUintN(64, pc));
      return made;
    };
    wasm = new WebAssembly.Instance(compiled, { env: { memory }, code: { compile } }).exports as unknown as Wasm;
    jumps = new JumpCache(memory, layout);
    jumps.clear();
  });

  test('has every place that was looked for, in its context', () => {
    const random = new Random(20_260_110);
    for (let i = 0; i < 2000; i++) {
      const pc = (random.wide() & ~1n) | 2n;
      const context = BigInt(8 * random.below(512));
      inContext(context);
      expect(jumps.has(pc, context)).toBe(false);
      find(pc);
      expect(jumps.has(pc, context)).toBe(true);
      expect(jumps.has(pc, context ^ 8n)).toBe(false);
      jumps.clear();
    }
  });

  test('asks for code at the jump that makes a place hot, and gives it from then on', () => {
    made = 7;
    expect([find(0x8000_0000n), find(0x8000_0000n)]).toEqual([0, 0]);
    expect(asked).toEqual([]);
    expect([find(0x8000_0000n), find(0x8000_0000n)]).toEqual([7, 7]);
    expect(asked).toEqual([0x8000_0000n]);
  });

  test('asks again after as many jumps when there was none', () => {
    for (let i = 0; i < 4 * HOT; i++) find(0xffff_ffff_8000_0000n);
    expect(asked).toEqual(Array.from({ length: 4 }, () => 0xffff_ffff_8000_0000n));
  });

  test('lets more jumps pass where asking was postponed', () => {
    find(0x1000n);
    jumps.postpone(0x1000n, 0n, 10);
    for (let i = 0; i < 10 + HOT - 1; i++) find(0x1000n);
    expect(asked).toEqual([]);
    find(0x1000n);
    expect(asked).toEqual([0x1000n]);
  });

  test('forgets the code of some slots, and counts anew', () => {
    for (const [pc, slot] of [
      [0x1000n, 5],
      [0x2000n, 6],
    ] as const) {
      made = slot;
      for (let i = 0; i < HOT; i++) find(pc);
    }
    jumps.forget(new Set([5]));
    made = 0;
    expect([find(0x1000n), find(0x2000n)]).toEqual([0, 6]);
  });

  test('says where an indirect jump led', () => {
    inContext(0x48n);
    for (const to of [0x1100n, 0x1200n, 0x1300n]) wasm.note(HART, to, 0x1004n);
    wasm.note(HART, 0x1400n, 0x1008n);
    wasm.note(HART, 0x1200n, 0x1010n);
    expect(jumps.targetsOf(0x1004n, 0x48n).toSorted((a, b) => Number(a - b))).toEqual([0x1100n, 0x1300n]);
    expect(jumps.targetsOf(0x1010n, 0x48n)).toEqual([0x1200n]);
    expect(jumps.targetsOf(0x1234n, 0x48n)).toEqual([]);
  });

  test('two places of one entry drive each other out', () => {
    made = 9;
    find(2n);
    let other = 4n;
    for (find(other); jumps.has(2n, 0n); find(other)) other += 2n;
    for (let i = 0; i < HOT; i++) find(2n);
    expect(find(2n)).toBe(9);
    expect([find(other), find(2n)]).toEqual([0, 0]);
  });
});
