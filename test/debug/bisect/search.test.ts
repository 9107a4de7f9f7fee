/** Halving and scanning over made-up histories. */
import { expect, test } from 'vitest';
import { type SearchRequest, search } from '../../../src/debug/bisect/search.ts';

/** True at the ticks that `at` says. */
function history(at: (tick: bigint) => boolean) {
  const looked: bigint[] = [];
  return {
    looked,
    keep: () => {},
    holds: (tick: bigint) => {
      looked.push(tick);
      return Promise.resolve(at(tick));
    },
    first: (from: bigint, to: bigint) => {
      for (let tick = from + 1n; tick <= to; tick++) if (at(tick)) return Promise.resolve(tick);
      return Promise.resolve(undefined);
    },
  };
}
const REQUEST: SearchRequest = { from: 0n, to: 1000n, mode: 'auto', every: 1n };

test.each([1n, 2n, 500n, 999n, 1000n])('what holds from tick %d on is found by halving', async (first) => {
  const it = history((tick) => tick >= first);
  expect(await search(REQUEST, it)).toMatchObject({ tick: first, how: 'halving' });
  expect(it.looked.length).toBeLessThan(14);
});

test('what holds at the start is found there, with one look', async () => {
  expect(
    await search(
      REQUEST,
      history(() => true),
    ),
  ).toEqual({ tick: 0n, how: 'start', looks: 1 });
});

test('what comes and goes is scanned for when it does not hold at the end', async () => {
  const it = history((tick) => tick === 77n || tick === 500n);
  expect(await search(REQUEST, it)).toMatchObject({ tick: 77n, how: 'scan' });
});

test('halving finds a tick at which it becomes true, and scanning the first one, of several', async () => {
  const at = (tick: bigint): boolean => tick === 77n || tick > 900n;
  expect((await search(REQUEST, history(at))).tick).toBe(901n);
  expect((await search({ ...REQUEST, mode: 'scan' }, history(at))).tick).toBe(77n);
});

test('a scan in strides finds what lasts as long, at its exact tick, and looks at the last tick too', async () => {
  const lasts = history((tick) => tick >= 130n && tick < 160n);
  expect((await search({ ...REQUEST, mode: 'scan', every: 30n }, lasts)).tick).toBe(130n);
  expect(lasts.looked).toEqual([0n, 30n, 60n, 90n, 120n, 150n]);
  const last = history((tick) => tick === 1000n);
  expect((await search({ ...REQUEST, mode: 'scan', every: 30n }, last)).tick).toBe(1000n);
});

test('what never holds is not found', async () => {
  expect(
    await search(
      REQUEST,
      history(() => false),
    ),
  ).toMatchObject({ tick: undefined, how: 'scan' });
  expect(
    await search(
      { ...REQUEST, mode: 'halve' },
      history((tick) => tick === 5n),
    ),
  ).toMatchObject({ tick: undefined });
});
