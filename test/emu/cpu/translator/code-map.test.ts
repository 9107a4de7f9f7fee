/** The code map from both sides: what JavaScript enters wasm finds. */

import { beforeEach, describe, expect, test } from 'vitest';
import { importMemory } from '../../../../src/emu/cpu/compile/host-imports.ts';
import { fastTlbOffset, fieldOffset, TLB_ENTRIES } from '../../../../src/emu/cpu/hart-layout.ts';
import { createMemory, memoryLayout } from '../../../../src/emu/cpu/memory-layout.ts';
import { buildLookUp, CodeMap, NOT_HELD } from '../../../../src/emu/cpu/translator/code-map.ts';
import { ModuleBuilder } from '../../../../src/emu/wasm/module.ts';
import { Random } from '../random.ts';

const layout = memoryLayout(0x1000, 2);
const HART = layout.hartAt(1);
const CONTEXT = 0x18n;

const compiled = ((): WebAssembly.Module => {
  const module = new ModuleBuilder();
  importMemory(module, layout);
  module.export(buildLookUp(module, layout));
  return new WebAssembly.Module(module.encode());
})();

describe('the code map', () => {
  let map: CodeMap;
  let lookUp: (va: bigint, page: number) => number;
  let ask: (va: bigint) => number;

  beforeEach(() => {
    const memory = createMemory(layout);
    const view = new DataView(memory.buffer);
    view.setBigUint64(HART + fieldOffset('fetchContext'), CONTEXT, true);
    const wasm = new WebAssembly.Instance(compiled, { env: { memory } }).exports as {
      readonly lookUp: (hart: number, pc: bigint) => number;
    };
    map = new CodeMap(memory, layout);
    ask = (va) => wasm.lookUp(HART, va);
    lookUp = (va, page) => {
      const at = HART + fastTlbOffset('fetch') + Number((va >> 12n) & BigInt(TLB_ENTRIES - 1)) * 16;
      view.setBigUint64(at, (va & ~0xfffn) | CONTEXT, true);
      view.setUint32(at + 12, page, true);
      return ask(va);
    };
  });

  test('knows nothing at first, and says when it cannot know', () => {
    expect(ask(0x1234n)).toBe(NOT_HELD);
    expect(lookUp(0x1234n, 0x8_0000)).toBe(0);
    expect(lookUp(0n, 0)).toBe(0);
  });

  test('finds any place that was entered, and not its neighbours', () => {
    const random = new Random(20_260_111);
    for (let slot = 1; slot < 2000; slot++) {
      const va = random.wide() & ~1n;
      const page = 0x8_0000 + random.below(0x1_0000);
      map.set(va, page, slot);
      expect(lookUp(va, page)).toBe(slot);
      expect(lookUp(va, page + 1)).toBe(0);
      expect(lookUp(va ^ 2n, page)).toBe(0);
    }
  });

  test('keeps four places that fall together, and a fifth drives one out', () => {
    const places = Array.from({ length: 5 }, (_, i) => BigInt(i) << 40n);
    for (const [i, va] of places.slice(0, 4).entries()) map.set(va, 0x8_0000, i + 1);
    expect(places.map((va) => lookUp(va, 0x8_0000))).toEqual([1, 2, 3, 4, 0]);
    map.set(places[4]!, 0x8_0000, 5);
    const found = places.map((va) => lookUp(va, 0x8_0000));
    expect(found[4]).toBe(5);
    expect(found.filter((slot) => slot > 0)).toHaveLength(4);
  });

  test('a place is in it once: its slot is exchanged, and forgotten', () => {
    map.set(0x1000n, 0x8_0000, 1);
    map.set(0x1000n, 0x8_0000, 2);
    expect(lookUp(0x1000n, 0x8_0000)).toBe(2);
    map.delete(0x1000n, 0x8_0000);
    map.delete(0x2000n, 0x8_0000);
    expect(lookUp(0x1000n, 0x8_0000)).toBe(0);
  });

  test('clear forgets all', () => {
    map.set(0x1000n, 0x8_0000, 1);
    map.clear();
    expect(lookUp(0x1000n, 0x8_0000)).toBe(0);
  });
});
