import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Patience } from '../../../src/host/cluster/patience.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('a place that waits for so long is over, and so is one that waits again', () => {
  const over = vi.fn();
  const patience = new Patience(100, over);
  patience.in('waiting');
  vi.advanceTimersByTime(99);
  // Somebody comes at the last moment, and is lost before the guest is here.
  patience.in('following');
  vi.advanceTimersByTime(10_000);
  expect(over).not.toHaveBeenCalled();
  patience.in('waiting');
  vi.advanceTimersByTime(99);
  expect(over).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(over).toHaveBeenCalledTimes(1);
});

test('there is no end to it when it is needed no more, and where none was given', () => {
  const over = vi.fn();
  const [patient, without] = [new Patience(100, over), new Patience(undefined, over)];
  for (const one of [patient, without]) one.in('waiting');
  patient.end();
  vi.advanceTimersByTime(10_000);
  expect(over).not.toHaveBeenCalled();
});
