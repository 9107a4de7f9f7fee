import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PageFlag } from '../../../src/emu/cpu/memory-layout.ts';
import { PageHistory } from '../../../src/emu/machine/page-history.ts';
import type { PageView } from '../../../src/emu/machine/page-keeper.ts';
import type { PageTable } from '../../../src/emu/machine/page-table.ts';
import { digest64 } from '../../../src/lib/digest64.ts';

const PAGES = 130;

/** RAM with what an engine would do to it. */
class Memory {
  readonly view: PageView = {
    bytes: new Uint8Array(PAGES * 4096),
    flags: new Uint8Array(PAGES).fill(PageFlag.dirty),
    hashes: new Uint32Array(2 * PAGES),
    codeWritten: () => {},
  };
  write(page: number, value: number): void {
    this.view.bytes[page * 4096 + (value % 4096)] = value;
    this.view.flags[page]! |= PageFlag.dirty;
  }
  digest(): void {
    for (let page = 0; page < PAGES; page++) {
      if (!(this.view.flags[page]! & PageFlag.dirty)) continue;
      const hash = digest64(this.view.bytes.subarray(page * 4096, (page + 1) * 4096)) ^ BigInt(page);
      this.view.hashes[2 * page] = Number(hash & 0xffff_ffffn);
      this.view.hashes[2 * page + 1] = Number(hash >> 32n);
      this.view.flags[page]! &= ~PageFlag.dirty;
    }
  }
}

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('write' as const), page: fc.nat(PAGES - 1), value: fc.nat(255) }),
  },
  fc.record({ do: fc.constant('digest' as const) }),
  fc.record({ do: fc.constant('save' as const) }),
  fc.record({ do: fc.constant('restore' as const), which: fc.nat(10) }),
);

test('whatever is written, hashed, saved and restored in between, a table gives back what was saved', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const memory = new Memory();
      const history = new PageHistory(memory.view);
      const saved: { table: PageTable; bytes: Uint8Array }[] = [];
      for (const one of steps) {
        if (one.do === 'write') memory.write(one.page, one.value);
        if (one.do === 'digest') memory.digest();
        if (one.do === 'save') saved.push({ table: history.save(), bytes: memory.view.bytes.slice() });
        if (one.do === 'restore') {
          const found = saved[one.which % Math.max(1, saved.length)];
          if (found === undefined) continue;
          history.restore(found.table);
          expect(Buffer.compare(memory.view.bytes, found.bytes)).toBe(0);
        }
      }
      for (const { table, bytes } of saved) {
        history.restore(new Map(table.entries()));
        expect(Buffer.compare(memory.view.bytes, bytes)).toBe(0);
        const hashes = memory.view.hashes.slice();
        const clean = memory.view.flags.map((flags) => (flags & PageFlag.dirty ? 0 : 1));
        memory.view.flags.fill(PageFlag.dirty);
        memory.digest();
        for (let page = 0; page < PAGES; page++)
          if (clean[page] === 1) expect(memory.view.hashes[2 * page]).toBe(hashes[2 * page]);
      }
    }),
    { numRuns: 300 },
  );
});

test('what has not changed is the same object', () => {
  const memory = new Memory();
  const history = new PageHistory(memory.view);
  for (let page = 0; page < PAGES; page++) memory.write(page, 1 + (page % 200));
  memory.digest();
  const first = history.save();
  memory.write(70, 9);
  memory.digest();
  const second = history.save();
  expect(second.chunks[0]).toBe(first.chunks[0]);
  expect(second.chunks[1]).not.toBe(first.chunks[1]);
  expect(second.page(71)).toBe(first.page(71));
  expect(second.page(70)).not.toBe(first.page(70));
});

test('begun with pages that are blank, a restore leaves those that stay so, and looks again at the next', () => {
  const memory = new Memory();
  const seen = new Set<number>();
  const bytes = new Proxy(memory.view.bytes, {
    get: (target, key) => {
      if (key !== 'subarray') return Reflect.get(target, key, target) as unknown;
      return (from: number, to: number) => {
        seen.add(from / 4096);
        return target.subarray(from, to);
      };
    },
  });
  for (const page of [0, 3]) memory.write(page, 5);
  const history = new PageHistory({ ...memory.view, bytes });
  const pages = new Map([3, 70].map((page) => [page, new Uint8Array(4096).fill(page)]));
  history.begin((page) => page > 3);
  history.restore(pages);
  expect([...seen].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 70]);
  const expected = new Uint8Array(PAGES * 4096).fill(3, 3 * 4096, 4 * 4096).fill(70, 70 * 4096, 71 * 4096);
  expect(Buffer.compare(memory.view.bytes, expected)).toBe(0);
  memory.write(129, 77);
  history.restore(pages);
  expect(Buffer.compare(memory.view.bytes, expected)).toBe(0);
});

test('a page that holds the same bytes is left alone, and its code', () => {
  const told: number[] = [];
  const memory = new Memory();
  const view: PageView = { ...memory.view, codeWritten: (page) => told.push(page) };
  const history = new PageHistory(view);
  for (const page of [1, 2]) memory.write(page, 3);
  memory.digest();
  const bytes = memory.view.bytes.slice();
  const pages = new Map([1, 2].map((page) => [page, bytes.slice(page * 4096, (page + 1) * 4096)]));
  view.flags[1]! |= PageFlag.code;
  view.flags[2]! |= PageFlag.code;
  memory.write(2, 9);
  view.flags[2]! |= PageFlag.code;
  history.restore(pages);
  expect(told).toEqual([2]);
  expect(view.flags[1]).toBe(PageFlag.code);
  expect(Buffer.compare(memory.view.bytes, bytes)).toBe(0);
});

test('a page whose hash was not known is the same object when it has not changed', () => {
  const memory = new Memory();
  const history = new PageHistory(memory.view);
  for (const page of [1, 2]) memory.write(page, 3);
  const first = history.save();
  memory.digest();
  memory.write(2, 9);
  memory.digest();
  const second = history.save();
  expect(second.page(1)).toBe(first.page(1));
  expect(second.page(1)?.hash).not.toBeUndefined();
  expect(second.page(2)).not.toBe(first.page(2));
});
