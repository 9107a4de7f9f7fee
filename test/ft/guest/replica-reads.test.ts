import { describe, expect, it } from 'vitest';
import { HeldFrame } from '../../../src/ft/guest/held-frame.ts';
import { ReadReferences } from '../../../src/ft/guest/read-references.ts';
import { type DiskOutput, ReplicaReads } from '../../../src/ft/guest/replica-reads.ts';
import { zstd } from '../../../src/host/zstd.ts';
import { tick } from '../../../src/lib/brands.ts';
import { digest64 } from '../../../src/lib/digest64.ts';
import { decodeChannelEvents, decodeEvents, encodeEvents } from '../../../src/logformat/events.ts';
import { decodeFrame } from '../../../src/logformat/frame.ts';
import type { ChannelRecord, LogRecord } from '../../../src/logformat/records.ts';
import { LogWriter } from '../../../src/logformat/writer.ts';
import { header } from '../../logformat/support.ts';

const device = 'virtio0';
const asked = (request: number, length = 512): DiskOutput => ({
  kind: 'disk',
  device,
  request,
  operation: { op: 'read', offset: request * 4096, length },
});
const data = (request: number, length = 512): Uint8Array => new Uint8Array(length).fill(request);
const done = (request: number, at = 9): LogRecord => ({
  kind: 'disk',
  tick: tick(at),
  device,
  request,
  status: 0,
  data: data(request),
});
const failed = (request: number): LogRecord => ({ ...done(request), status: 1, data: new Uint8Array(0) }) as LogRecord;
const without = (request: number, at = 9): ChannelRecord & { kind: 'read' } => ({
  kind: 'read',
  tick: tick(at),
  device,
  request,
  length: 512,
  digest: digest64(data(request)),
});

function replica() {
  const asks: number[] = [];
  const again: number[] = [];
  const reads = new ReplicaReads({
    ask: ({ request }) => asks.push(request),
    again: ({ request }) => again.push(request),
  });
  return { reads, asks, again };
}

describe('the reads of a replica', () => {
  it('are asked for at once, and complete a record when their data is there', () => {
    const { reads, asks } = replica();
    reads.ask(asked(1));
    expect(asks).toEqual([1]);
    expect(reads.whole(without(1))).toBeUndefined();
    reads.came(device, 1, data(1));
    expect(reads.whole(without(1))).toEqual(done(1));
  });

  it('give nothing that the primary has not read: they are done again', () => {
    const { reads, again } = replica();
    reads.ask(asked(1));
    for (const wrong of [data(2), data(1, 1024), data(1, 0)]) {
      reads.came(device, 1, wrong);
      expect(reads.whole(without(1))).toBeUndefined();
    }
    expect(again).toEqual([1, 1, 1]);
    reads.came(device, 1, data(1));
    expect(reads.whole(without(1))).toEqual(done(1));
  });

  it('give a completion that nobody asked for to the machine, which refuses it', () => {
    expect(replica().reads.whole(without(3))).toMatchObject({ request: 3, data: new Uint8Array(0) });
  });

  it('are forgotten when the log says that they failed at the primary, whenever their data comes', () => {
    const { reads } = replica();
    reads.ask(asked(1));
    reads.forget({ device, request: 1 });
    reads.came(device, 1, data(1));
    expect(reads.whole(without(1))).toMatchObject({ data: new Uint8Array(0) });
  });
});

const frameOf = (...records: readonly ChannelRecord[]): HeldFrame => {
  const stored = decodeFrame(framesOf(records)[1]!);
  return new HeldFrame(stored, decodeChannelEvents(stored.stored, stored.firstTick));
};

function framesOf(records: readonly ChannelRecord[]): Uint8Array[] {
  const frames: Uint8Array[] = [];
  const log = new LogWriter({ write: (bytes) => frames.push(bytes) }, zstd, header);
  log.appendAll(records);
  log.flush();
  return frames;
}

const clock: LogRecord = { kind: 'clock', tick: tick(9), time: 5n, rate: 1n << 24n };
const mark: LogRecord = { kind: 'output', tick: tick(9), device, length: 512, digest: 1n };

describe('a frame without data', () => {
  it('gives the inputs of one grant together, when all of them are whole', () => {
    const { reads } = replica();
    for (const request of [1, 2, 3]) reads.ask(asked(request));
    const frame = frameOf(clock, without(1), without(2), mark, without(3));
    expect(frame.give(0, reads)).toBeUndefined();
    reads.came(device, 1, data(1));
    expect(frame.give(0, reads)).toBeUndefined();
    reads.came(device, 2, data(2));
    expect([0, 1, 2, 3].map((i) => frame.give(i, reads))).toEqual([clock, done(1), done(2), mark]);
    // The request of what is behind the mark may have been made by what is before it.
    expect(frame.give(4, reads)).toBeUndefined();
    reads.came(device, 3, data(3));
    expect([frame.give(4, reads), frame.completed]).toEqual([done(3), true]);
    expect(frame.first(5)).toEqual([clock, done(1), done(2), mark, done(3)]);
  });

  it('does not wait at one tick for what comes at the next', () => {
    const { reads } = replica();
    reads.ask(asked(1));
    reads.ask(asked(2));
    reads.came(device, 1, data(1));
    const frame = frameOf(without(1, 9), without(2, 10));
    expect([frame.give(0, reads), frame.give(1, reads)]).toEqual([done(1, 9), undefined]);
  });

  it('is refused where nobody reads, and in a file', () => {
    expect(() => frameOf(without(1)).give(0, undefined)).toThrow('nobody here reads');
    expect(() => decodeEvents(encodeEvents([without(1)], tick(0)), tick(0))).toThrow('on a channel alone');
  });
});

describe('the log of a backup that reads', () => {
  const log = () => {
    const frames: Uint8Array[] = [];
    const references = new ReadReferences({
      pending: () => [asked(1), asked(2), { ...asked(1), device: 'virtio1' }],
      inside: new Set(['virtio1']),
    });
    const writer = new LogWriter({ write: (bytes) => frames.push(bytes) }, zstd, header);
    return { references, branch: references.through(writer), frames };
  };

  it('has length and digest for what was read, and what failed as it is', () => {
    const { references, branch, frames } = log();
    branch.appendAll([clock, done(1), failed(2)]);
    branch.flush();
    const stored = decodeFrame(frames[1]!);
    expect(decodeChannelEvents(stored.stored, stored.firstTick)).toEqual([clock, without(1), failed(2)]);
    expect(references.takePlaces()).toEqual([{ device, offset: 4096, length: 512 }]);
    expect(references.takePlaces()).toEqual([]);
  });

  it('tells no places of disks of which each side has its own', () => {
    const { references, branch } = log();
    branch.appendAll([{ ...done(1), device: 'virtio1' } as LogRecord]);
    expect(references.takePlaces()).toEqual([]);
  });

  it('is cut where the own log is cut, so that what is made whole is the same frame', () => {
    const { references, branch, frames } = log();
    const own: Uint8Array[] = [];
    const whole = new LogWriter({ write: (bytes) => own.push(bytes) }, zstd, header);
    for (let i = 0; i < 2000; i++) {
      for (const each of [whole, branch]) each.appendAll([done(i, i)]);
    }
    for (const each of [whole, branch]) each.flush();
    expect(own.length).toBeGreaterThan(5);
    const lengths = (all: readonly Uint8Array[]): number[] =>
      all.slice(1).map((bytes) => {
        const stored = decodeFrame(bytes);
        const payload = stored.encoding === 'zstd' ? zstd.decompress(stored.stored, 1 << 24) : stored.stored;
        return decodeChannelEvents(payload, stored.firstTick).length;
      });
    expect(lengths(frames)).toEqual(lengths(own));
    expect(references.takePlaces().length).toBe(2);
  });
});
