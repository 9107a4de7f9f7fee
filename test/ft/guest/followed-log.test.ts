import { describe, expect, it } from 'vitest';
import { ChannelRecords } from '../../../src/ft/guest/channel-records.ts';
import { FollowedLog } from '../../../src/ft/guest/followed-log.ts';
import { zstd } from '../../../src/host/zstd.ts';
import { tick } from '../../../src/lib/brands.ts';
import { FrameWriter } from '../../../src/logformat/frame-writer.ts';
import { LogReader } from '../../../src/logformat/reader.ts';
import type { LogRecord } from '../../../src/logformat/records.ts';
import { header, MemoryLog, read, sourceOf } from '../../logformat/support.ts';
import { framesOf, progress, seedRead } from './support.ts';

const GROUPS = [[progress(1), progress(2)], [progress(5), seedRead(6), seedRead(7)], [progress(9)]];

function follow(frames: readonly Uint8Array[]) {
  const channel = new ChannelRecords(zstd);
  const file = new MemoryLog();
  const log = new FollowedLog(file, zstd, channel);
  for (const frame of frames) channel.push(frame);
  channel.cut();
  while (channel.next().done !== true);
  return { log, file };
}

const joined = (frames: readonly Uint8Array[], count: number): Uint8Array =>
  new Uint8Array(Buffer.concat(frames.slice(0, count)));

const END = { ticks: tick(20), time: 0n, elapsedNs: 0n, digest: undefined, halt: undefined, repaired: false };
const written = (file: MemoryLog): readonly LogRecord[] => read(new LogReader(sourceOf(file.bytes), zstd)).records;

describe('a followed log', () => {
  it('has the header at once, and each frame byte for byte when all its records are taken', () => {
    const frames = framesOf(GROUPS);
    const { log, file } = follow(frames);
    for (const [taken, count] of [
      [0, 1],
      [1, 1],
      [2, 2],
      [4, 2],
      [5, 3],
      [6, 4],
    ] as const) {
      log.follow(taken);
      expect(file.bytes).toEqual(joined(frames, count));
    }
  });

  it('is the same file when the log has ended', () => {
    const frames = framesOf(GROUPS, true);
    const { log, file } = follow(frames);
    log.follow(6);
    expect(file.bytes).toEqual(joined(frames, frames.length));
    expect(read(new LogReader(sourceOf(file.bytes), zstd)).finish.kind).toBe('end');
  });

  it('goes on behind what was taken of a frame, and counts it all', () => {
    const { log, file } = follow(framesOf(GROUPS));
    const writer = log.goOn(4);
    writer.append(progress(8));
    writer.close(END);
    expect(written(file)).toEqual([progress(1), progress(2), progress(5), seedRead(6), progress(8)]);
    const { finish } = read(new LogReader(sourceOf(file.bytes), zstd));
    expect(finish).toMatchObject({ kind: 'end', end: { events: { progress: 4, nondet: 1 } } });
  });

  it('keeps an index out when the end behind it was lost', () => {
    const frames = framesOf(GROUPS, true);
    const { log, file } = follow(frames.slice(0, -1));
    const writer = log.goOn(6);
    expect(file.bytes).toEqual(joined(frames, 4));
    writer.close(END);
    const kinds = [...new LogReader(sourceOf(file.bytes), zstd).frames()].map(({ frame }) => frame.kind);
    expect(kinds).toEqual(['header', 'events', 'events', 'events', 'index', 'end']);
  });

  it('takes images over where they stand', () => {
    const frames: Uint8Array[] = [];
    const writer = new FrameWriter({ write: (bytes) => frames.push(bytes.slice()) }, zstd);
    writer.header(header);
    writer.frame('image', tick(0), new Uint8Array(100));
    const { log, file } = follow(frames);
    log.follow(0);
    expect(file.bytes).toEqual(joined(frames, 2));
  });
});
