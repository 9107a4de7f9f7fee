import { expect, test } from 'vitest';
import { CheckpointSchedule, REPLAYING_NS } from '../../src/host/checkpoint-schedule.ts';

const MS = 1_000_000n;

test('in ticks: every so many, and never past a multiple', () => {
  const schedule = new CheckpointSchedule(100n, 3n, 0n, 0n);
  expect(schedule.due(99n, 10_000n * MS)).toBe(false);
  expect(schedule.within(40n, 1000n)).toBe(60n);
  expect(schedule.within(40n, 10n)).toBe(10n);
  expect(schedule.due(100n, 0n)).toBe(true);
  schedule.written(100n, 0n, 0n, 1);
  expect(schedule.due(100n, 10_000n * MS)).toBe(false);
  expect(schedule.due(200n, 0n)).toBe(true);
});

test('by itself: as often as is asked for, closer in a replay than in a recording', () => {
  const recording = new CheckpointSchedule('auto', 3n, 0n, 0n);
  const replay = new CheckpointSchedule('auto', 3n, 0n, 0n, REPLAYING_NS);
  expect(replay.due(10n, REPLAYING_NS - 1n)).toBe(false);
  expect(replay.due(10n, REPLAYING_NS)).toBe(true);
  expect(recording.due(10n, REPLAYING_NS)).toBe(false);
  expect(recording.due(10n, 1000n * MS)).toBe(true);
});

test('by itself: not more than its part of the time, the first one left out, which is whole', () => {
  const schedule = new CheckpointSchedule('auto', 3n, 0n, 0n, REPLAYING_NS);
  schedule.written(10n, 100n * MS, 900n * MS, 1);
  expect(schedule.due(20n, 200n * MS)).toBe(true);
  schedule.written(20n, 200n * MS, 70n * MS, 1);
  expect(schedule.due(30n, 409n * MS)).toBe(false);
  expect(schedule.due(30n, 410n * MS)).toBe(true);
});

test('by itself: not more bytes than running so long is worth', () => {
  const schedule = new CheckpointSchedule('auto', 3n, 0n, 0n, REPLAYING_NS);
  schedule.written(10n, 0n, 0n, 200 << 20);
  expect(schedule.due(20n, 1000n * MS)).toBe(false);
  expect(schedule.due(20n, 60_000n * MS)).toBe(true);
});
