import { describe, expect, test } from 'vitest';
import type { Checkpoint } from '../../../src/debug/timeline/checkpoint.ts';
import { CheckpointStore } from '../../../src/debug/timeline/checkpoint-store.ts';
import { type Page, pageTable } from '../../../src/emu/machine/page-table.ts';
import { tick } from '../../../src/lib/brands.ts';
import { FormatError } from '../../../src/logformat/errors.ts';

const RAM_PAGES = 256;
const page = (fill: number): Page => ({ bytes: new Uint8Array(4096).fill(fill), hash: BigInt(fill) });

/** One checkpoint with these pages, from page 0 on. */
const checkpoint = (at: bigint, pages: readonly Page[]): Checkpoint => ({
  tick: tick(at),
  machine: { harts: [], devices: {}, halt: null },
  pages: pageTable(
    RAM_PAGES,
    pages.map((one, i) => [i * 3, one]),
  ),
  position: {
    place: { frame: 0, record: 0 },
    replayer: { marks: { open: [], closed: [] }, agreed: tick(at), proved: tick(at) },
  },
  line: new Uint8Array(0),
});

const common = Array.from({ length: 40 }, (_, i) => page(i + 1));
const ticksOf = (store: CheckpointStore): bigint[] => store.infos.map(({ tick: at }) => at);

describe('checkpoints in memory', () => {
  test('what they share is counted once', () => {
    const store = new CheckpointStore(1e9);
    store.add(checkpoint(0n, common));
    const one = store.bytes;
    store.add(checkpoint(10n, [...common, page(99)]));
    expect(store.bytes - one).toBeLessThan(100_000);
    expect(store.bytes - one).toBeGreaterThan(4096);
    store.forget(tick(10n));
    expect(store.bytes).toBe(one);
  });

  test('when the budget is exceeded the densest go, and the rest stay evenly spaced', () => {
    const store = new CheckpointStore(3_000_000);
    for (let i = 0n; i < 300n; i++) {
      store.add(checkpoint(i * 1000n, [...common, page(200), page(Number(i % 50n) + 100)]));
      expect(store.bytes).toBeLessThanOrEqual(3_000_000);
    }
    const ticks = ticksOf(store);
    expect(ticks[0]).toBe(0n);
    expect(ticks.at(-1)).toBe(299_000n);
    const gaps = ticks.slice(1).map((at, i) => at - ticks[i]!);
    const even = 299_000n / BigInt(gaps.length);
    for (const gap of gaps) expect(gap).toBeLessThanOrEqual(4n * even);
    expect(gaps.length).toBeGreaterThan(20);
  });

  test('those made between two ticks are given up when they are in doubt, others stay', () => {
    const store = new CheckpointStore(1e9);
    store.setStart({ tick: tick(0n), load: () => checkpoint(0n, common) });
    store.setLogged([{ tick: tick(30n), load: () => ({ ...checkpoint(30n, common), digest: 'of the log' }) }]);
    store.get(tick(0n));
    const empty = store.bytes;
    store.get(tick(30n));
    const loaded = store.bytes;
    for (const at of [10n, 20n, 40n, 50n]) store.add(checkpoint(at, [...common, page(Number(at))]));
    store.pin(tick(40n));
    store.doubt(tick(10n), tick(40n));
    expect(ticksOf(store)).toEqual([0n, 10n, 30n, 50n]);
    store.doubt(tick(0n), tick(50n));
    expect(ticksOf(store)).toEqual([0n, 30n]);
    expect(store.bytes).toBe(loaded);
    expect(loaded).toBeGreaterThan(empty);
  });

  test('a copy made here of one that the log holds is given up, and loaded when it is needed', () => {
    const store = new CheckpointStore(1e9);
    store.setStart({ tick: tick(0n), load: () => checkpoint(0n, common) });
    let loads = 0;
    const load = (): Checkpoint => {
      loads++;
      return { ...checkpoint(30n, common), digest: 'of the log' };
    };
    store.setLogged([{ tick: tick(30n), load }]);
    store.add(checkpoint(30n, [...common, page(7)]));
    store.doubt(tick(0n), tick(40n));
    expect(store.get(tick(30n)).digest).toBe('of the log');
    expect(loads).toBe(1);
  });

  test('one that is pinned stays', () => {
    const store = new CheckpointStore(1_500_000);
    for (let i = 0n; i < 100n; i++) {
      store.add(checkpoint(i * 1000n, common));
      if (i === 7n) store.pin(tick(7000n));
    }
    expect(ticksOf(store)).toContain(7000n);
    expect(store.infos.find(({ tick: at }) => at === 7000n)?.pinned).toBe(true);
  });
});

describe('checkpoints of the log', () => {
  const logged = (at: bigint) => ({
    tick: tick(at),
    load: () =>
      checkpoint(
        at,
        common.map(({ bytes }, i) => ({ bytes, hash: at + BigInt(i) })),
      ),
  });

  test('cost nothing until they are used, and are let go of again', () => {
    const store = new CheckpointStore(3_000_000);
    store.add(checkpoint(0n, []));
    const before = store.bytes;
    store.setLogged(Array.from({ length: 60 }, (_, i) => logged(BigInt(i + 1) * 1000n)));
    expect(store.bytes).toBe(before);
    for (let i = 60n; i > 0n; i--) {
      expect(store.get(tick(i * 1000n + 5n)).tick).toBe(i * 1000n);
      expect(store.bytes).toBeLessThanOrEqual(3_000_000);
    }
    expect(ticksOf(store)).toHaveLength(61);
  });

  test('one that cannot be read is for the caller to forget', () => {
    const store = new CheckpointStore(1e9);
    store.add(checkpoint(0n, []));
    const bad = () => {
      throw new FormatError('damaged');
    };
    store.setLogged([{ tick: tick(5n), load: bad }]);
    expect(() => store.get(tick(9n))).toThrow(FormatError);
    store.forget(tick(9n));
    expect(store.get(tick(9n)).tick).toBe(0n);
  });
});
