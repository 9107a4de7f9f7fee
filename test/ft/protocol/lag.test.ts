/** Lag as measured against the truth, and the control loop against backups of various speed. */
import { expect, test } from 'vitest';
import { CONTROL_EVERY_MS, LagControl } from '../../../src/ft/protocol/lag-control.ts';
import { LagMeter } from '../../../src/ft/protocol/lag-meter.ts';

const limits = { high: 1000, low: 100 };

/** A backup that executes `speed(t)` of a full primary's work; gives share and lag at each step. */
function simulate(seconds: number, speed: (second: number) => number) {
  const control = new LagControl(limits);
  const course: { second: number; share: number; lagMs: number }[] = [];
  let lagMs = 0;
  for (let step = 0; step < seconds * 4; step++) {
    const second = step / 4;
    // Work of `share` comes in; `speed` of it is done. A backlog of work is as many ms as the primary took to make it.
    lagMs = Math.max(0, lagMs + CONTROL_EVERY_MS * (1 - speed(second) / control.share));
    control.step(lagMs);
    course.push({ second, share: control.share, lagMs });
  }
  return course;
}

const part = (course: ReturnType<typeof simulate>, from: number, to: number) =>
  course.filter(({ second }) => second >= from && second < to);

test('a backup that keeps up leaves the primary alone', () => {
  expect(simulate(60, () => 1.2).every(({ share }) => share === 1)).toBe(true);
});

test.each([0.5, 0.7, 0.9])('a backup of speed %s: the primary settles near it, lag comes back below high', (speed) => {
  const course = simulate(240, () => speed);
  const settled = part(course, 60, 240);
  for (const { share } of settled) expect(Math.abs(share - speed)).toBeLessThanOrEqual(0.05);
  const mean = settled.reduce((sum, { share }) => sum + share, 0) / settled.length;
  expect(Math.abs(mean - speed)).toBeLessThan(0.03);
  expect(Math.max(...settled.map(({ lagMs }) => lagMs))).toBeLessThan(1.1 * limits.high);
});

test('when the backup is fast again the primary is back at full speed within 40 s', () => {
  const course = simulate(160, (second) => (second < 100 ? 0.7 : 1.2));
  expect(part(course, 140, 160).every(({ share }) => share === 1)).toBe(true);
});

test('cuts are a few percent a step, and there is a floor', () => {
  const course = simulate(60, () => 0.01);
  course.reduce((before, now) => {
    expect(now.share).toBeGreaterThanOrEqual(before.share * 0.9 - 1e-9);
    return now;
  });
  expect(course.at(-1)!.share).toBe(0.1);
});

test('lag is the age of the oldest frame that is not executed', () => {
  const meter = new LagMeter();
  expect(meter.lag(5)).toBe(0);
  for (let i = 0; i < 10; i++) meter.handed(i, 10 * i);
  expect(meter.lag(95)).toBe(95);
  meter.executed(4, 95);
  expect(meter.lag(100)).toBe(50);
  meter.executed(9, 100);
  expect(meter.lag(1000)).toBe(0);
  expect(meter.quantile(0)).toBe(10);
  expect(meter.quantile(0.99)).toBe(95);
});

test('frames of one millisecond count as one, and are done when the last of them is', () => {
  const meter = new LagMeter();
  meter.handed(0, 0);
  meter.handed(1, 0.5);
  meter.executed(0, 3);
  expect(meter.lag(4)).toBe(4);
  meter.executed(1, 5);
  expect(meter.lag(6)).toBe(0);
});
