/**
 * Reads a recording by random access. A walk goes frame by frame, checks CRC, sequence and ticks, and returns how it
 * finished: at an end frame, or cut. Any prefix of a recording that ends with a whole frame is a valid recording.
 *
 * Invariant: nothing that follows the first wrong byte is given out, and a walk always says that it met one.
 */

import { type Counts, decodeEnd, decodeIndex, endOffsetOf, type IndexEntry, type LogEnd } from './closing.ts';
import { damagedHeader, FormatError, NewerFormatError, newerFormat, notALog } from './errors.ts';
import { decodeEvents } from './events.ts';
import { type Codec, decodeFrame, frameLength, type StoredFrame, unpack } from './frame.ts';
import { decodeHeader, type LogHeader } from './header.ts';
import type { LogRecord, RecordKind } from './records.ts';
import { FrameStream } from './stream.ts';

/** Bytes of a file, or of anything that has a size. */
export interface ByteSource {
  readonly size: number;
  /** The bytes from `offset` on, `length` of them or as many as there are. */
  read(offset: number, length: number): Uint8Array;
}

/**
 * How a walk finished. `cut`: the recording has no sound end; all before `offset` is sound. `damaged`: bytes that are
 * there are wrong; without it bytes are missing at the end, as a recorder that was killed leaves it.
 */
export type Finish = { readonly kind: 'end'; readonly end: LogEnd } | Cut;

export interface Cut {
  readonly kind: 'cut';
  readonly offset: number;
  readonly reason: string;
  readonly damaged?: true;
}

export interface PlacedFrame {
  readonly offset: number;
  readonly frame: StoredFrame;
}

/** Where a walk begins: behind a frame that an earlier walk has given. */
export interface WalkStart {
  readonly offset: number;
  readonly sequence: number;
  /** First tick of the frame before. */
  readonly tick: bigint;
}

const BEGINNING: WalkStart = { offset: 0, sequence: 0, tick: 0n };

/** Read to look at a frame's heads; most frames are not longer. */
const HEAD_BYTES = 4096;
/** Read at once on a walk. */
const WALK_BYTES = 256 * 1024;

export class LogReader {
  readonly header: LogHeader;
  readonly #source: ByteSource;
  readonly #codec: Codec;
  readonly #headerBytes: number;

  /** UserError when the source is no recording, has a damaged header or a newer format. */
  constructor(source: ByteSource, codec: Codec) {
    this.#source = source;
    this.#codec = codec;
    const bytes = headerBytes(source);
    this.#headerBytes = bytes.length;
    this.header = decodeHeader(bytes, codec);
  }

  /** Frames from the header on, the header and the end included. UserError when one is of a newer format. */
  *frames(start: WalkStart = BEGINNING): Generator<PlacedFrame, Finish> {
    const stream = new FrameStream(start.sequence);
    let offset = start.offset;
    let lastTick = start.tick;
    for (;;) {
      let frame: StoredFrame;
      try {
        frame = this.#nextFrame(stream, offset);
        if (frame.firstTick < lastTick) throw new FormatError('a frame begins before the last one');
        lastTick = frame.firstTick;
      } catch (error) {
        return cutBy(error, offset);
      }
      const next = offset + frame.bytes.length;
      if (frame.kind === 'end') {
        const finish = this.#finish(frame, offset, next);
        if (finish.kind === 'cut' && finish.offset === offset) return finish;
        yield { offset, frame };
        return finish;
      }
      yield { offset, frame };
      offset = next;
    }
  }

  /** Records in order. */
  *records(): Generator<LogRecord, Finish> {
    const counts: { [kind in RecordKind]?: number } = {};
    const frames = this.frames();
    let lastTick = 0n;
    for (;;) {
      const step = frames.next();
      if (step.done === true)
        return step.value.kind === 'end' ? checkTotals(step.value, counts, this.#source.size) : step.value;
      const { offset, frame } = step.value;
      if (frame.kind !== 'events') continue;
      let records: readonly LogRecord[];
      try {
        records = this.recordsOf(frame);
        if (frame.firstTick < lastTick) throw new FormatError('a frame begins before the records of the last one end');
        lastTick = records.at(-1)?.tick ?? lastTick;
      } catch (error) {
        return cutBy(error, offset);
      }
      for (const record of records) {
        counts[record.kind] = (counts[record.kind] ?? 0) + 1;
        yield record;
      }
    }
  }

  /** The records of an events frame. FormatError when its payload does not parse. */
  recordsOf(frame: StoredFrame): LogRecord[] {
    return decodeEvents(unpack(frame, this.#codec), frame.firstTick);
  }

  payloadOf(frame: StoredFrame): Uint8Array {
    return unpack(frame, this.#codec);
  }

  /** Walks to the end without looking into events. */
  finish(): Finish {
    const frames = this.frames();
    for (;;) {
      const step = frames.next();
      if (step.done === true) return step.value;
    }
  }

  /** The end frame, found from the end of the source without a walk; undefined when there is none in its place. */
  end(): { readonly end: LogEnd; readonly indexOffset: number } | undefined {
    const tail = this.#source.read(Math.max(0, this.#source.size - 64), 64);
    const offset = endOffsetOf(tail);
    if (offset === undefined || offset < this.#headerBytes || offset >= this.#source.size) return undefined;
    try {
      const frame = this.frameAt(offset);
      if (frame.kind !== 'end' || offset + frame.bytes.length !== this.#source.size) return undefined;
      const closing = decodeEnd(unpack(frame, this.#codec));
      return closing.ownOffset === offset ? closing : undefined;
    } catch (error) {
      if (error instanceof FormatError) return undefined;
      throw error;
    }
  }

  /** Where every frame before index and end is: from the index frame, or rebuilt by a walk. */
  index(): readonly IndexEntry[] {
    const closing = this.end();
    if (closing !== undefined) {
      try {
        const frame = this.frameAt(closing.indexOffset);
        const entries = frame.kind === 'index' ? decodeIndex(unpack(frame, this.#codec)) : [];
        if (entries.length > 0) return entries;
      } catch (error) {
        if (!(error instanceof FormatError)) throw error;
      }
    }
    const entries: IndexEntry[] = [];
    for (const { offset, frame } of this.frames()) {
      if (frame.kind !== 'index' && frame.kind !== 'end')
        entries.push({ kind: frame.kind, offset, firstTick: frame.firstTick });
    }
    return entries;
  }

  /** The frame at an offset taken from the index. FormatError when none is there. */
  frameAt(offset: number): StoredFrame {
    const head = this.#source.read(offset, HEAD_BYTES);
    const length = frameLength(head, 0);
    if (length === undefined || offset + length > this.#source.size) throw new FormatError('a frame is not whole');
    return decodeFrame(
      new Uint8Array(length <= head.length ? head.subarray(0, length) : this.#source.read(offset, length)),
    );
  }

  /** The frame at `offset` of a walk; reads on until it is whole. */
  #nextFrame(stream: FrameStream, offset: number): StoredFrame {
    for (;;) {
      const frame = stream.next();
      if (frame !== undefined) return frame;
      const readTo = offset + stream.waiting;
      if (readTo >= this.#source.size) {
        // Behind a frame that states a wrong length there may be a sound end.
        const missing = this.end() === undefined;
        throw stream.waiting === 0
          ? new MissingBytes('the recording stops without an end')
          : new (missing ? MissingBytes : FormatError)('the last frame is not whole');
      }
      stream.push(this.#source.read(readTo, WALK_BYTES));
    }
  }

  #finish(frame: StoredFrame, offset: number, next: number): Finish {
    try {
      const { end, ownOffset } = decodeEnd(unpack(frame, this.#codec));
      if (ownOffset !== offset) return damagedAt(offset, 'the end frame is not in its place');
      if (next !== this.#source.size) return damagedAt(next, 'bytes follow the end');
      return { kind: 'end', end };
    } catch (error) {
      return cutBy(error, offset);
    }
  }
}

/** The source ends before the recording does; what is there is sound. */
class MissingBytes extends FormatError {}

const damagedAt = (offset: number, reason: string): Cut => ({ kind: 'cut', offset, reason, damaged: true });

/** A cut, unless the bytes are of a newer format: then the reader cannot go on and says so. */
function cutBy(error: unknown, offset: number): Finish {
  if (error instanceof NewerFormatError) throw newerFormat(error.message, error);
  if (error instanceof MissingBytes) return { kind: 'cut', offset, reason: error.message };
  if (error instanceof FormatError) return damagedAt(offset, error.message);
  throw error;
}

/** The same finish, unless the totals that the end states are not those of the records there: then a cut at `size`. */
export function checkTotals(finish: Finish & { kind: 'end' }, counts: Counts, size: number): Finish {
  const kinds = new Set([...Object.keys(counts), ...Object.keys(finish.end.events)]) as Set<RecordKind>;
  for (const kind of kinds) {
    const [found, stated] = [counts[kind] ?? 0, finish.end.events[kind] ?? 0];
    if (found !== stated) return damagedAt(size, `the end states ${stated} ${kind} records, there are ${found}`);
  }
  return finish;
}

function headerBytes(source: ByteSource): Uint8Array {
  if (source.size === 0) throw notALog('the file is empty');
  const head = source.read(0, HEAD_BYTES);
  let length: number | undefined;
  try {
    length = frameLength(head, 0);
  } catch (error) {
    if (error instanceof FormatError) throw notALog('it does not begin with a header', error);
    throw error;
  }
  if (head[0] !== 0xd9) throw notALog('it does not begin with a header');
  if (length === undefined || length > source.size) throw damagedHeader('it is not whole');
  return source.read(0, length);
}
