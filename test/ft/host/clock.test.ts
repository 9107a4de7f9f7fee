import { afterEach, expect, test, vi } from 'vitest';
import { clockMs } from '../../../src/host/ft/clock.ts';

afterEach(() => void vi.restoreAllMocks());

/** The wall clock from now on, `ms` ahead of what it was. */
function wallClockMovedBy(ms: number): void {
  const real = Date.now.bind(Date);
  vi.spyOn(Date, 'now').mockImplementation(() => real() + ms);
}

test('goes on over a suspension of the host, once', () => {
  const before = clockMs();
  wallClockMovedBy(3_600_000);
  expect(clockMs() - before).toBeGreaterThan(3_599_000);
  expect(clockMs() - before).toBeLessThan(2 * 3_600_000);
});

test('never goes back, and does not follow a wall clock that is set back', () => {
  const before = clockMs();
  wallClockMovedBy(-86_400_000);
  const after = clockMs();
  expect(after).toBeGreaterThanOrEqual(before);
  expect(clockMs()).toBeGreaterThanOrEqual(after);
});

test('does not take the time that passes for a leap', async () => {
  // In this order what passes between the readings counts for the monotonic clock.
  const monotonic = performance.now();
  const from = clockMs();
  await new Promise((done) => setTimeout(done, 200));
  expect(clockMs() - from).toBeLessThan(performance.now() - monotonic + 50);
});
