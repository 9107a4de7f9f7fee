import { expect, it } from 'vitest';
import { tick } from '../../src/lib/brands.ts';
import type { LogRecord } from '../../src/logformat/records.ts';
import { RecordQueue } from '../../src/session/record-queue.ts';
import { iterate, readLog, record, replayRecords } from './support.ts';

const read = (at: number): LogRecord => ({ kind: 'nondet', tick: tick(at), source: 1, value: BigInt(at) });

it('a queue of records stops within any number of reads, and takes each once and in order', () => {
  const reads = Array.from({ length: 20_000 }, (_, i) => read(2 * i));
  const records: LogRecord[] = [...reads, { kind: 'progress', tick: tick(40_000) }];
  const queue = new RecordQueue(iterate(records, { kind: 'cut', offset: 0, reason: '' }));
  let taken = 0;
  for (let now = tick(0); now < 40_000n; ) {
    expect(queue.at(now)).toBeUndefined();
    const stop = queue.nextStop(now)!;
    expect(stop).toBeGreaterThan(now);
    for (; queue.read !== undefined && queue.read.tick < stop; taken++) {
      expect(queue.read.value).toBe(2n * BigInt(taken));
      queue.takeRead();
    }
    expect(queue.taken).toBe(taken);
    now = stop;
  }
  expect(taken).toBe(20_000);
  expect(queue.at(tick(40_000))?.kind).toBe('progress');
  queue.take();
  expect(queue.taken).toBe(20_001);
  expect(queue.nextStop(tick(40_000))).toBeUndefined();
});

it('a guest that waits for what the log does not hold is a divergence that says so', () => {
  const options = { clock: 'host', lastTick: 20_000n } as const;
  const { records, finish } = readLog(record(6, options).bytes);
  const inputs = new Set(['clock', 'console', 'packet', 'disk', 'entropy']);
  const without = records.filter(({ kind, tick: at }) => at === 0n || !inputs.has(kind));
  const noDigests = without.filter(({ kind }) => kind !== 'digest' && kind !== 'output');
  const { result } = replayRecords(iterate(noDigests, finish), options);
  expect(result).toMatchObject({ kind: 'diverged' });
  const empty = replayRecords(iterate([], finish), options).result;
  expect(empty.kind).toBe('diverged');
});
