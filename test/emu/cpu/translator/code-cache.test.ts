/** What the code cache keeps and drops, in the table and in what the engine's memory says about pages. */

import { beforeEach, describe, expect, test } from 'vitest';
import { fastTlbOffset } from '../../../../src/emu/cpu/hart-layout.ts';
import { createMemory, memoryLayout, PageFlag, RAM_BASE } from '../../../../src/emu/cpu/memory-layout.ts';
import { CodeCache } from '../../../../src/emu/cpu/translator/code-cache.ts';
import { decodeGuest, type GuestInsn } from '../../../../src/emu/cpu/translator/guest-insn.ts';
import { JumpCache } from '../../../../src/emu/cpu/translator/jump-cache.ts';
import type { Region } from '../../../../src/emu/cpu/translator/region.ts';
import { encode } from '../../../../src/emu/isa/table.ts';
import { ModuleBuilder } from '../../../../src/emu/wasm/module.ts';

const layout = memoryLayout(0x2_0000, 2);
const PAGE = 0x1000;
const FIRST_PAGE = RAM_BASE / PAGE;
const NOP = decodeGuest(encode('addi') & 0xffff, () => encode('addi') >>> 16) as GuestInsn;
const REWRITES = 5;

/** Functions of wasm, as only those go into a table. */
function functions(count: number): (() => void)[] {
  const module = new ModuleBuilder();
  const names = Array.from({ length: count }, (_, i) => `f${i}`);
  for (const name of names) module.export(module.func(name, { params: [], results: [] }));
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module.encode()));
  return names.map((name) => exports[name] as () => void);
}
const [unlinked, one, two, three] = functions(4) as [() => void, () => void, () => void, () => void];

/** Blocks of four-byte instructions at places [start, count]; page i of the region is RAM page `pages[i]`. */
function regionAt(base: bigint, blocks: readonly (readonly [number, number])[], pages: readonly number[]): Region {
  return {
    base,
    entry: blocks[0]![0],
    blocks: blocks.map(([start, count]) => ({
      start,
      insns: Array.from({ length: count }, () => NOP),
      length: 4 * count,
      end: { kind: 'return' },
      checks: [],
    })),
    pages: new Map(pages.map((page, i) => [i, FIRST_PAGE + page])),
  };
}

describe('the code cache', () => {
  let memory: WebAssembly.Memory;
  let view: DataView;
  let table: WebAssembly.Table;
  let cache: CodeCache;
  const isCode = (page: number): boolean => (view.getUint8(layout.pageFlagsAt + page) & PageFlag.code) !== 0;
  const linesOf = (page: number): number[] => {
    const lines = view.getBigUint64(layout.codeLinesAt + 8 * page, true);
    return Array.from({ length: 64 }, (_, i) => i).filter((i) => ((lines >> BigInt(i)) & 1n) !== 0n);
  };

  beforeEach(() => {
    memory = createMemory(layout);
    view = new DataView(memory.buffer);
    table = new WebAssembly.Table({ element: 'anyfunc', initial: 4 });
    cache = new CodeCache(memory, layout, table, new JumpCache(memory, layout), unlinked, 1, REWRITES);
  });

  test('finds code by its virtual address and its physical page', () => {
    const slot = cache.install(regionAt(0x4000n, [[0x10, 4]], [3]), one);
    expect(table.get(slot)).toBe(one);
    expect(cache.find(0x4010n, FIRST_PAGE + 3)).toBe(slot);
    expect(cache.find(0x4010n, FIRST_PAGE + 4)).toBe(0);
    expect(cache.find(0x5010n, FIRST_PAGE + 3)).toBe(0);
    expect([cache.regions, cache.insns]).toEqual([1, 4]);
  });

  test('a place without code has an element of the table already, which leads nowhere yet', () => {
    const slot = cache.slotOf(0x4010n, FIRST_PAGE + 3);
    expect(table.get(slot)).toBe(unlinked);
    expect(cache.slotOf(0x4010n, FIRST_PAGE + 3)).toBe(slot);
    expect(cache.install(regionAt(0x4000n, [[0x10, 4]], [3]), one)).toBe(slot);
    expect(table.get(slot)).toBe(one);
  });

  test('marks pages and their lines of 64 bytes', () => {
    const blocks = [
      [0x7c, 2],
      [0xff0, 8],
    ] as const;
    cache.install(regionAt(0x4000n, blocks, [3, 7]), one);
    expect([isCode(3), isCode(7), isCode(4)]).toEqual([true, true, false]);
    expect([linesOf(3), linesOf(7)]).toEqual([[1, 2, 63], [0]]);
  });

  test('a write to a line drops the code of that line, and no other', () => {
    const slots = [
      cache.install(regionAt(0x4000n, [[0x40, 16]], [3]), one),
      cache.install(regionAt(0x4000n, [[0x80, 16]], [3]), two),
      cache.install(regionAt(0x4000n, [[0xff8, 4]], [3, 4]), three),
    ];
    const left = (): unknown[] => slots.map((slot) => table.get(slot));
    cache.written(3 * PAGE + 0x3c, 4);
    expect(left()).toEqual([one, two, three]);
    cache.written(3 * PAGE + 0xb8, 8);
    expect(left()).toEqual([one, unlinked, three]);
    expect([linesOf(3), isCode(3), cache.regions]).toEqual([[1, 63], true, 2]);
    cache.written(4 * PAGE + 4, 1);
    expect(left()).toEqual([one, unlinked, unlinked]);
    expect([linesOf(3), isCode(4)]).toEqual([[1], false]);
    cache.written(3 * PAGE + 0x3f, 2);
    expect([left(), isCode(3), cache.regions, cache.insns]).toEqual([[unlinked, unlinked, unlinked], false, 0, 0]);
  });

  test('a write to a page from outside drops all code of the page', () => {
    cache.install(regionAt(0x4000n, [[0x40, 4]], [3]), one);
    cache.install(regionAt(0x4000n, [[0xff8, 4]], [3, 4]), two);
    cache.install(regionAt(0x4000n, [[0x1010, 4]], [3, 4]), three);
    cache.pageWritten(3);
    expect([cache.regions, isCode(3), isCode(4)]).toEqual([1, false, true]);
    expect(linesOf(4)).toEqual([0]);
  });

  test('stores to a page with code take the slow path, in every hart', () => {
    const entries = [0, 1].map((hart) => layout.hartAt(hart) + fastTlbOffset('store') + 16 * (5 + hart));
    for (const [i, at] of entries.entries()) {
      view.setBigUint64(at, 0x5000n, true);
      view.setUint32(at + 12, FIRST_PAGE + 3, true);
      view.setBigUint64(at + 16, 0x9000n, true);
      view.setUint32(at + 28, FIRST_PAGE + 4 + i, true);
    }
    cache.install(regionAt(0x4000n, [[0x40, 4]], [3]), one);
    for (const at of entries) {
      expect([view.getBigUint64(at, true), view.getBigUint64(at + 16, true)]).toEqual([2n ** 64n - 1n, 0x9000n]);
    }
  });

  test('lines that are left over in memory count for nothing', () => {
    view.setBigUint64(layout.codeLinesAt + 8 * 3, 2n ** 64n - 1n, true);
    cache.install(regionAt(0x4000n, [[0x40, 4]], [3]), one);
    expect(linesOf(3)).toEqual([1]);
  });

  test('code for a place in the middle of other code waits once', () => {
    const blocks = [
      [0x40, 4],
      [0x80, 4],
    ] as const;
    cache.install(regionAt(0x4000n, blocks, [3]), one);
    expect(cache.postpones(0x4080n, FIRST_PAGE + 3)).toBe(true);
    expect(cache.postpones(0x4080n, FIRST_PAGE + 3)).toBe(false);
    expect(cache.postpones(0x40c0n, FIRST_PAGE + 3)).toBe(false);
  });

  test('a page from which code is made again and again after writes is given up, until all is cleared', () => {
    for (let i = 0; i <= REWRITES; i++) {
      expect(cache.accepts(3)).toBe(true);
      cache.install(regionAt(0x4000n, [[0x40, 4]], [3]), one);
      // One write after the other counts as one.
      for (const line of [0x40, 0x80, 0x40]) cache.written(3 * PAGE + line, 4);
    }
    expect([cache.accepts(3), cache.accepts(4)]).toEqual([false, true]);
    cache.clear(1);
    expect(cache.accepts(3)).toBe(true);
  });

  test('clearing drops everything, and the elements of the table are used anew', () => {
    const first = cache.install(regionAt(0x4000n, [[0x40, 4]], [3]), one);
    cache.install(regionAt(0x4000n, [[0x80, 4]], [3]), two);
    cache.clear(1);
    expect([cache.regions, cache.insns, isCode(3)]).toEqual([0, 0, false]);
    expect(cache.find(0x4040n, FIRST_PAGE + 3)).toBe(0);
    expect(cache.install(regionAt(0x9000n, [[0x40, 4]], [9]), three)).toBe(first);
    expect(table.get(first)).toBe(three);
  });

  test('code over some addresses goes', () => {
    cache.install(regionAt(0x4000n, [[0x40, 4]], [3]), one);
    cache.install(regionAt(0x4000n, [[0x80, 4]], [3]), two);
    cache.dropOver(new Set([0x4050n, 0x4084n]));
    expect(cache.find(0x4040n, FIRST_PAGE + 3)).not.toBe(0);
    expect(cache.find(0x4080n, FIRST_PAGE + 3)).toBe(0);
  });
});
