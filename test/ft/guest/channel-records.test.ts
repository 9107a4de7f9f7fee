import { describe, expect, it } from 'vitest';
import { ChannelRecords } from '../../../src/ft/guest/channel-records.ts';
import { zstd } from '../../../src/host/zstd.ts';
import { tick } from '../../../src/lib/brands.ts';
import { encodeEvents } from '../../../src/logformat/events.ts';
import { encodeFrame } from '../../../src/logformat/frame.ts';
import type { LogRecord } from '../../../src/logformat/records.ts';
import { framesOf, progress } from './support.ts';

const GROUPS = [[progress(1), progress(2)], [progress(5)], [progress(5), progress(9), progress(9)]];

/** Records until there is no next one, and the finish if it came. */
function drain(channel: ChannelRecords): { records: LogRecord[]; finish: unknown } {
  const records: LogRecord[] = [];
  for (;;) {
    const { done, value } = channel.next();
    if (done === true) return { records, finish: value };
    if (value === undefined) return { records, finish: undefined };
    records.push(value);
  }
}

function pushed(frames: readonly Uint8Array[]): ChannelRecords {
  const channel = new ChannelRecords(zstd);
  for (const frame of frames) channel.push(frame);
  return channel;
}

const events = (sequence: number, ...records: readonly LogRecord[]): Uint8Array => {
  const firstTick = records[0]?.tick ?? tick(0);
  return encodeFrame({ kind: 'events', sequence, firstTick, payload: encodeEvents(records, firstTick) }, undefined);
};

describe('records from a channel', () => {
  it('come as their frames do, and nothing between', () => {
    const channel = new ChannelRecords(zstd);
    const frames = framesOf(GROUPS);
    expect(drain(channel)).toEqual({ records: [], finish: undefined });
    channel.push(frames[0]!);
    expect(channel.header?.tool).toBe('0.1.0');
    GROUPS.forEach((group, i) => {
      expect(drain(channel)).toEqual({ records: [], finish: undefined });
      channel.push(frames[i + 1]!);
      expect(channel.received).toBe(i + 1);
      expect(drain(channel)).toEqual({ records: group, finish: undefined });
    });
  });

  it('finish behind the last frame when the channel is cut', () => {
    const frames = framesOf(GROUPS);
    const channel = pushed(frames);
    channel.cut();
    const offset = frames.reduce((sum, frame) => sum + frame.length, 0);
    expect(drain(channel)).toEqual({
      records: GROUPS.flat(),
      finish: { kind: 'cut', offset, reason: expect.any(String) },
    });
    expect(channel.finished).toBe(true);
    expect(() => channel.push(frames[0]!)).toThrow('after the cut');
  });

  it('finish with the end frame as a file does, and nothing comes after', () => {
    const frames = framesOf(GROUPS, true);
    const channel = pushed(frames);
    channel.cut();
    expect(drain(channel)).toMatchObject({
      records: GROUPS.flat(),
      finish: { kind: 'end', end: { ticks: 9n, events: { progress: 6 } } },
    });
    expect(() => channel.push(frames[1]!)).toThrow('frames follow the end');
  });

  it('finish cut when the end states other totals', () => {
    const whole = framesOf([[progress(1), progress(3000)]], true);
    const other = events(1, progress(1), progress(2), progress(3));
    const padded = [whole[0]!, other, ...whole.slice(2)];
    // Same length, so that the end is in its place: only its totals are wrong.
    expect(other.length).toBe(whole[1]!.length);
    expect(drain(pushed(padded)).finish).toMatchObject({ kind: 'cut', reason: expect.stringContaining('states 2') });
  });

  it('tell what is executed, in numbers, bytes and frames', () => {
    const frames = framesOf(GROUPS, true);
    const bytes = (from: number): number => frames.slice(from).reduce((sum, frame) => sum + frame.length, 0);
    const channel = pushed(frames);
    const expectAt = (taken: number, numbers: readonly number[]): void => {
      expect(channel.advance(taken).map(({ frame }) => frame.sequence)).toEqual(numbers);
      if (numbers.length > 0) expect(channel.executed).toBe(numbers.at(-1));
      expect(channel.unexecutedBytes).toBe(bytes(channel.executed + 1));
    };
    expectAt(0, [0]);
    drain(channel);
    expectAt(1, []);
    expect(channel.partlyTaken(1)).toEqual([progress(1)]);
    expectAt(2, [1]);
    expectAt(2, []);
    expectAt(5, [2]);
    expect(channel.partlyTaken(5)).toEqual([progress(5), progress(9)]);
    expectAt(6, [3, 4, 5]);
  });

  it.each<[string, readonly Uint8Array[], RegExp]>([
    ['a frame is missing', [framesOf(GROUPS)[0]!, framesOf(GROUPS)[2]!], /frame 2 where 1/],
    ['a frame comes twice', [...framesOf(GROUPS).slice(0, 2), framesOf(GROUPS)[1]!], /frame 1 where 2/],
    ['it does not begin with a header', [events(0, progress(1))], /header/],
    ['a frame begins before the last', [framesOf([])[0]!, events(1, progress(9)), events(2, progress(8))], /before/],
    ['a bit is flipped', [framesOf([])[0]!, events(1, progress(9)).map((byte, i) => byte ^ (i === 9 ? 1 : 0))], /CRC/],
    ['the end is not in its place', [...framesOf([])!, framesOf(GROUPS, true).at(-1)!], /frame 5 where 1/],
  ])('refuse what a reader refuses: %s', (_, frames, message) => {
    const channel = pushed(frames.slice(0, -1));
    const before = { received: channel.received, bytes: channel.unexecutedBytes };
    expect(() => channel.push(frames.at(-1)!)).toThrow(message);
    expect({ received: channel.received, bytes: channel.unexecutedBytes }).toEqual(before);
  });

  it('refuse a frame that begins before the records of the last one end', () => {
    const channel = pushed([framesOf([])[0]!, events(1, progress(3), progress(9)), events(2, progress(5))]);
    expect(() => drain(channel)).toThrow('before the records of the last one end');
  });
});
