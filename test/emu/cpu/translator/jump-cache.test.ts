/** The jump cache from both sides: what wasm enters JavaScript finds, and the other way round. */

import { beforeEach, describe, expect, test } from 'vitest';
import { importMemory } from '../../../../src/emu/cpu/compile/host-imports.ts';
import { fastTlbOffset, fieldOffset, TLB_ENTRIES } from '../../../../src/emu/cpu/hart-layout.ts';
import { createMemory, memoryLayout } from '../../../../src/emu/cpu/memory-layout.ts';
import { CodeMap } from '../../../../src/emu/cpu/translator/code-map.ts';
import { buildJumps, JumpCache } from '../../../../src/emu/cpu/translator/jump-cache.ts';
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
  const { find, note } = buildJumps(module, layout, compile, HOT);
  module.export(find);
  module.export(note);
  return new WebAssembly.Module(module.encode());
})();

const PAGE = 0x8_0000;
const OTHER_PAGE = 0x8_0001;

describe('the jump cache', () => {
  let jumps: JumpCache;
  let map: CodeMap;
  let wasm: Wasm;
  let asked: bigint[];
  let made: number;
  let view: DataView;
  let context: bigint;
  const inContext = (wanted: bigint): void => {
    context = wanted;
    view.setBigUint64(HART + fieldOffset('fetchContext'), context, true);
  };
  /** The fetch TLB has the page of an address in the present context. */
  const hold = (pc: bigint, page = PAGE): void => {
    const at = HART + fastTlbOffset('fetch') + Number((pc >> 12n) & BigInt(TLB_ENTRIES - 1)) * 16;
    view.setBigUint64(at, (pc & ~0xfffn) | context, true);
    view.setUint32(at + 12, page, true);
  };
  const find = (pc: bigint, page?: number): number => {
    hold(pc, page);
    return wasm.find(HART, pc);
  };
  const note = (to: bigint, from: bigint): void => {
    hold(to);
    wasm.note(HART, to, from);
  };
  /** A place that has its entry in common with another. */
  const rivalOf = (pc: bigint): bigint => {
    let other = pc + 2n;
    for (find(pc), find(other); jumps.has(pc, context); find(other)) other += 2n;
    return other;
  };

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
    map = new CodeMap(memory, layout);
    inContext(0n);
  });

  test('has every place that was looked for, in its context', () => {
    const random = new Random(20_260_110);
    for (let i = 0; i < 2000; i++) {
      const pc = (random.wide() & ~1n) | 2n;
      inContext(BigInt(8 * random.below(512)));
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
    for (const to of [0x1100n, 0x1200n, 0x1300n]) note(to, 0x1004n);
    note(0x1400n, 0x1008n);
    note(0x1200n, 0x1010n);
    expect(jumps.targetsOf(0x1004n, 0x48n).toSorted((a, b) => Number(a - b))).toEqual([0x1100n, 0x1300n]);
    expect(jumps.targetsOf(0x1010n, 0x48n)).toEqual([0x1200n]);
    expect(jumps.targetsOf(0x1234n, 0x48n)).toEqual([]);
  });

  test('two places of one entry drive each other out, and find their code again', () => {
    const other = rivalOf(0x1002n);
    made = 9;
    for (let i = 0; i < HOT; i++) find(0x1002n);
    map.set(0x1002n, PAGE, 9);
    const asked1 = asked.length;
    expect([find(0x1002n), find(other), find(0x1002n), find(other), find(0x1002n)]).toEqual([9, 0, 9, 0, 9]);
    expect(asked.length - asked1).toBeLessThanOrEqual(1);
  });

  test('two places of one entry that are hot by turns are asked for', () => {
    const other = rivalOf(0x1002n);
    for (let i = 0; i < 2 * HOT; i++) for (const pc of [0x1002n, other]) find(pc);
    expect(asked.length).toBeGreaterThanOrEqual(2);
  });

  test('a place whose page is not held is neither known nor counted', () => {
    map.set(0x5000n, PAGE, 4);
    for (let i = 0; i < 2 * HOT; i++) expect(wasm.find(HART, 0x5000n)).toBe(0);
    wasm.note(HART, 0x5000n, 0x1000n);
    expect(asked).toEqual([]);
    expect(jumps.has(0x5000n, 0n)).toBe(false);
    expect(find(0x5000n)).toBe(4);
  });

  test('code is known at once in every address space that has the page there, and in no other', () => {
    map.set(0x5000n, PAGE, 4);
    for (const [space, page, slot] of [
      [8n, PAGE, 4],
      [16n, OTHER_PAGE, 0],
      [24n, PAGE, 4],
    ] as const) {
      inContext(space);
      expect(find(0x5000n, page)).toBe(slot);
    }
  });

  test('code that another address space has had made is seen before long', () => {
    find(0x5000n);
    jumps.postpone(0x5000n, 0n, 1000);
    map.set(0x5000n, PAGE, 4);
    let jumpsMade = 1;
    while (find(0x5000n) === 0) jumpsMade += 1;
    expect(jumpsMade).toBeLessThanOrEqual(64);
  });
});
