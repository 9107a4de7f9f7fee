/** Who lives is judged by the observer's own time alone. */
import { expect, test } from 'vitest';
import { LEASE_MS } from '../../../src/ft/cluster/registry.ts';
import { LeaseWatch, LOOK_MS } from '../../../src/host/cluster/lease-watch.ts';

const lease = (beat: number, text = 'text') => ({ key: 'k', mark: `o ${beat}`, text });

/** Looks at a counter that goes on, or does not. */
function looks(watch: LeaseWatch, from: number, times: number, beatOf: (i: number) => number): number {
  let now = from;
  for (let i = 0; i < times; i++, now += LOOK_MS) watch.look([lease(beatOf(i))], now);
  return now;
}

test('at first sight nothing is proven; the next change proves it', () => {
  const watch = new LeaseWatch();
  watch.look([lease(7)], 0);
  expect(watch.living).toEqual([{ key: 'k', text: 'text', proven: false }]);
  watch.look([lease(8)], LOOK_MS);
  expect(watch.living).toEqual([{ key: 'k', text: 'text', proven: true }]);
});

test('what appears while it is looked for is proven', () => {
  const watch = new LeaseWatch();
  watch.look([], 0);
  watch.look([lease(1)], LOOK_MS);
  expect(watch.living).toEqual([{ key: 'k', text: 'text', proven: true }]);
});

test('without a change it is gone after the time of a lease, and back with the next one', () => {
  const watch = new LeaseWatch();
  let now = looks(watch, 0, 4, (i) => i);
  now = looks(watch, now, LEASE_MS / LOOK_MS - 1, () => 3);
  expect(watch.living).toHaveLength(1);
  now = looks(watch, now, 2, () => 3);
  expect(watch.living).toEqual([]);
  looks(watch, now, 1, () => 4);
  expect(watch.living).toMatchObject([{ proven: true }]);
});

test('an observer that stood still takes nobody for dead', () => {
  const watch = new LeaseWatch();
  const now = looks(watch, 0, 4, (i) => i);
  watch.look([lease(3)], now + 1000 * LEASE_MS);
  expect(watch.living).toMatchObject([{ proven: true }]);
});
