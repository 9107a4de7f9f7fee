/** Two logs held against each other, made by hand: what differs first, and what of it is only timing. */
import { describe, expect, test } from 'vitest';
import { compareLogs, type LogComparison } from '../../../src/debug/diff/log-diff.ts';
import { tick } from '../../../src/lib/brands.ts';
import type { Finish } from '../../../src/logformat/reader.ts';
import type { DigestScope, LogRecord } from '../../../src/logformat/records.ts';
import { chooser, newSeed } from '../timeline/support.ts';

const typed = (at: number, text: string): LogRecord => ({
  kind: 'console',
  tick: tick(at),
  device: 'uart',
  bytes: new TextEncoder().encode(text),
});
const clock = (at: number, time: bigint): LogRecord => ({ kind: 'clock', tick: tick(at), time, rate: 5n });
const read = (at: number, value: bigint, source = 1): LogRecord => ({ kind: 'nondet', tick: tick(at), source, value });
const digest = (at: number, value: bigint, scope: DigestScope = 'small'): LogRecord => ({
  kind: 'digest',
  tick: tick(at),
  scope,
  digest: value,
});
const sent = (at: number, device: string, value: bigint): LogRecord => ({
  kind: 'output',
  tick: tick(at),
  device,
  length: 10,
  digest: value,
});
const packet = (at: number, byte: number): LogRecord => ({
  kind: 'packet',
  tick: tick(at),
  device: 'virtio0',
  frame: Uint8Array.of(byte),
});

function* log(records: readonly LogRecord[], ticks: number, end: bigint | undefined): Generator<LogRecord, Finish> {
  yield* records;
  const halt = undefined;
  const rest = { time: 0n, elapsedNs: 0n, events: {}, halt, repaired: false };
  return { kind: 'end', end: { ...rest, ticks: tick(ticks), digest: end } };
}

const compare = (
  a: readonly LogRecord[],
  b: readonly LogRecord[],
  { ticks = [1000, 1000], ends = [1n, 1n] }: { ticks?: [number, number]; ends?: [bigint, bigint] } = {},
): Promise<LogComparison> =>
  compareLogs({ a: log(a, ticks[0], ends[0]), b: log(b, ticks[1], ends[1]) }, new Set(['uart']));

const COMMON = [clock(0, 5n), digest(0, 1n, 'all'), typed(10, 'x'), read(12, 7n), digest(16, 2n), packet(20, 1)];

test('equal logs', async () => {
  const { inputs, digests, streams, ticks } = await compare(COMMON, COMMON);
  expect({ inputs, streams, ticks }).toEqual({ inputs: undefined, streams: [], ticks: { a: 1000n, b: 1000n } });
  expect(digests).toEqual({ compared: 3, agreed: { small: 1000n, all: 1000n }, first: undefined });
});

describe('the first input that differs', () => {
  test.each([
    ['in a byte', [typed(30, 'a')], [typed(30, 'b')], 'other', 30n],
    ['in its tick', [typed(30, 'a')], [typed(33, 'a')], 'moved', 30n],
    ['in its tick, the other side first', [typed(30, 'a'), clock(40, 1n)], [typed(29, 'a')], 'moved', 29n],
    ['in both', [packet(30, 1)], [packet(31, 2)], 'other', 30n],
    ['and is on one side alone', [typed(30, 'a')], [], 'missing', 30n],
    ['on the other alone, others after it', [typed(40, 'a')], [packet(35, 1), typed(40, 'a')], 'missing', 35n],
    ['in the time of the clock', [clock(30, 8n), typed(31, 'a')], [clock(30, 9n), typed(31, 'a')], 'other', 30n],
    ['in a value read', [read(30, 1n)], [read(30, 2n)], 'other', 30n],
    [
      'of two at one tick, in their order',
      [typed(30, 'a'), packet(30, 1)],
      [packet(30, 1), typed(30, 'a')],
      'moved',
      30n,
    ],
  ] as const)('differs %s', async (_, a, b, kind, at) => {
    const { inputs } = await compare([...COMMON, ...a], [...COMMON, ...b]);
    expect(inputs).toMatchObject({ kind, tick: at });
  });

  test('corresponds to the next of its stream, whatever comes between', async () => {
    const a = [...COMMON, typed(30, 'a'), typed(50, 'c')];
    const b = [...COMMON, clock(31, 1n), packet(32, 9), typed(44, 'a'), typed(50, 'c')];
    const { inputs } = await compare(a, b);
    expect(inputs).toEqual({ kind: 'moved', tick: 30n, a: typed(30, 'a'), b: typed(44, 'a') });
  });
});

describe('digests', () => {
  test('the first that disagrees, and the last that agreed before it, by scope', async () => {
    const a = [...COMMON, digest(32, 3n, 'all'), digest(48, 4n), digest(64, 5n), digest(80, 6n)];
    const b = [...COMMON, digest(32, 3n, 'all'), digest(48, 4n), digest(64, 9n), digest(80, 8n)];
    const { digests } = await compare(a, b);
    expect(digests.first).toEqual({ tick: 64n, scope: 'small', a: 5n, b: 9n });
    expect(digests.agreed).toEqual({ small: 48n, all: 32n });
  });

  test('of other intervals are compared where both have one of a scope', async () => {
    const a = [digest(16, 1n), digest(32, 2n), digest(48, 3n), digest(64, 4n)];
    const b = [digest(24, 7n), digest(48, 3n), digest(72, 8n)];
    expect((await compare(a, b)).digests).toMatchObject({ compared: 2, first: undefined });
  });

  test('at the end count too', async () => {
    const { digests } = await compare(COMMON, COMMON, { ends: [1n, 2n] });
    expect(digests.first).toEqual({ tick: 1000n, scope: 'all', a: 1n, b: 2n });
  });

  test('after an input that differs say nothing more', async () => {
    const a = [...COMMON, typed(30, 'a'), digest(48, 4n)];
    const b = [...COMMON, typed(30, 'b'), digest(48, 5n)];
    expect((await compare(a, b)).digests.first).toBeUndefined();
  });
});

describe('by content', () => {
  test('timing is left out, and console marks, which cover what a slice held', async () => {
    const a = [clock(1, 5n), typed(30, 'a'), sent(31, 'uart', 1n), packet(50, 1), sent(60, 'virtio0', 3n)];
    const b = [clock(2, 6n), packet(20, 1), sent(25, 'virtio0', 3n), typed(90, 'a'), sent(91, 'uart', 2n)];
    expect((await compare(a, b)).streams).toEqual([]);
  });

  test('each stream has its first difference, the earliest stream first', async () => {
    const a = [typed(10, 'a'), typed(20, 'b'), sent(30, 'virtio0', 1n), sent(40, 'virtio0', 2n), read(50, 3n)];
    const b = [typed(10, 'a'), typed(90, 'c'), sent(33, 'virtio0', 1n), sent(34, 'virtio0', 9n)];
    expect((await compare(a, b)).streams).toMatchObject([
      { stream: 'console uart', index: 1, a: { tick: 20n }, b: { tick: 90n } },
      { stream: 'output virtio0', index: 1, a: { tick: 40n }, b: { tick: 34n } },
      { stream: 'read 1', index: 0, a: { tick: 50n }, b: undefined },
    ]);
  });
});

const seed = newSeed();
test(`a change at a random place is found there (seed ${seed})`, async () => {
  const choose = chooser(seed);
  for (let round = 0; round < 200; round++) {
    let at = 0;
    const records = Array.from({ length: 40 }, () => {
      at += Number(choose(5n));
      return choose(2n) === 0n ? typed(at, `${choose(3n)}`) : clock(at, choose(100n));
    });
    const index = Number(choose(40n));
    const record = records[index]!;
    const changed = record.kind === 'clock' ? { ...record, time: record.time + 1n } : { ...record, device: 'virtio1' };
    const { inputs } = await compare(records, records.with(index, changed as LogRecord));
    expect(inputs?.tick, `round ${round}`).toBe(record.tick);
  }
});
