import { expect, test } from 'vitest';
import { BLOCK_BYTES, BlockMap, blocksOf } from '../../../src/ft/disk/block-map.ts';

test('blocks come out once, in runs, and again when they change', () => {
  const map = new BlockMap(100 * BLOCK_BYTES + 512);
  map.mark(0, 1);
  map.mark(BLOCK_BYTES - 1, 2);
  map.mark(50 * BLOCK_BYTES, 4 * BLOCK_BYTES);
  map.mark(100 * BLOCK_BYTES, 512);
  map.mark(7, 0);
  expect(map.count).toBe(7);
  const taken: number[][] = [];
  const all = (): void => {
    for (let at = 0, run = map.take(0, 3 * BLOCK_BYTES); run !== undefined; run = map.take(at, 3 * BLOCK_BYTES)) {
      taken.push([run.offset / BLOCK_BYTES, run.length]);
      at = run.offset + run.length;
    }
  };
  all();
  expect(taken).toEqual([
    [0, 2 * BLOCK_BYTES],
    [50, 3 * BLOCK_BYTES],
    [53, BLOCK_BYTES],
    [100, 512],
  ]);
  expect(map.count).toBe(0);
  map.mark(51 * BLOCK_BYTES + 3, 1);
  expect(map.take(52 * BLOCK_BYTES, BLOCK_BYTES)).toBeUndefined();
  expect(map.take(0, BLOCK_BYTES)).toEqual({ offset: 51 * BLOCK_BYTES, length: BLOCK_BYTES });
});

test('every marked block of a random map comes out exactly once', () => {
  const seed = Number(process.env.SEED ?? Date.now() % 1e6);
  let state = seed + 1;
  const below = (end: number): number => {
    state = (state * 48271) % 0x7fffffff;
    return state % end;
  };
  for (let trial = 0; trial < 200; trial++) {
    const blocks = 1 + below(300);
    const map = new BlockMap(blocks * BLOCK_BYTES);
    const expected = new Set<number>();
    for (let i = below(60); i > 0; i--) {
      const [first, count] = [below(blocks), 1 + below(9)];
      map.mark(first * BLOCK_BYTES, count * BLOCK_BYTES);
      for (let block = first; block < Math.min(blocks, first + count); block++) expected.add(block);
    }
    expect(map.count, `SEED=${seed}`).toBe(expected.size);
    const found: number[] = [];
    for (let run = map.take(0, 5 * BLOCK_BYTES); run !== undefined; run = map.take(0, 5 * BLOCK_BYTES)) {
      for (const { offset } of blocksOf(run)) found.push(offset / BLOCK_BYTES);
    }
    expect(found, `SEED=${seed}`).toEqual([...expected].sort((a, b) => a - b));
  }
});
