/**
 * Writes a recording to a sink: packs records into events frames. It holds no file: the sink decides what a write
 * means, and a whole frame goes to it in one call, which is the commit point. What was appended and not yet flushed is
 * lost with the process.
 */

import { type Tick, tick } from '../lib/brands.ts';
import type { Counts, LogEnd } from './closing.ts';
import { encodeEvents } from './events.ts';
import type { Codec, StoredFrame } from './frame.ts';
import { FrameWriter, type LogSink } from './frame-writer.ts';
import type { LogHeader } from './header.ts';
import { writeImage } from './image.ts';
import type { ChannelRecord, LogRecord, RecordKind } from './records.ts';

/** Events frames are cut when their records come to about this many bytes before compression. */
const FRAME_BYTES = 128 * 1024;
/** Rough cost of a record besides its blob; keeps a frame within MAX_RECORDS. */
const RECORD_BYTES = 8;

export class LogWriter {
  readonly #frames: FrameWriter;
  readonly #events: { [kind in RecordKind]?: number } = {};
  #pending: ChannelRecord[] = [];
  #pendingBytes = 0;
  #lastTick: Tick | undefined;

  /** Writes the header at once; `header` may be the frame of another recording's, which is taken over as it is. */
  constructor(sink: LogSink, codec: Codec, header: LogHeader | StoredFrame) {
    this.#frames = new FrameWriter(sink, codec);
    if ('kind' in header) this.#frames.copy(header);
    else this.#frames.header(header);
  }

  get offset(): number {
    return this.#frames.offset;
  }

  /** Frames written. */
  get frames(): number {
    return this.#frames.count;
  }

  /** Records appended so far, by kind. */
  get events(): Counts {
    return this.#events;
  }

  /** Tick of the last record; undefined when there is none yet. */
  get lastTick(): Tick | undefined {
    return this.#lastTick;
  }

  /** Ticks must not decrease. Writes a frame when enough has come together. */
  append(record: ChannelRecord): void {
    this.appendAll([record]);
  }

  /** Records that go into one frame. */
  appendAll(records: readonly ChannelRecord[]): void {
    this.#count(records);
    for (const record of records) {
      this.#pending.push(record);
      this.#pendingBytes += RECORD_BYTES + blobBytes(record);
    }
    if (this.#pendingBytes >= FRAME_BYTES) this.flush();
  }

  /** Everything appended is written when this returns. Nothing pending: writes nothing. */
  flush(): void {
    const [first] = this.#pending;
    if (first === undefined) return;
    const records = this.#pending;
    this.#pending = [];
    this.#pendingBytes = 0;
    this.#frames.frame('events', first.tick, encodeEvents(records, first.tick));
  }

  /** Writes a checkpoint frame after everything appended. */
  checkpoint(at: Tick, payload: Uint8Array): void {
    this.flush();
    this.#frames.frame('checkpoint', at, payload);
  }

  /** Puts an image inside, after everything appended, which is of tick 0. */
  image(role: string, image: Uint8Array): void {
    this.flush();
    writeImage(this.#frames, tick(0), role, image);
  }

  /** One frame of an image (imagePayloads), before any record. */
  imagePart(payload: Uint8Array): void {
    this.#frames.frame('image', tick(0), payload);
  }

  /** Takes over a frame of another recording; `records`: what is in it, none but in a frame of events. */
  copy(frame: StoredFrame, records: readonly LogRecord[]): void {
    this.flush();
    this.#count(records);
    this.#frames.copy(frame);
  }

  /** The end frame's totals of events are filled in here. */
  close(end: Omit<LogEnd, 'events'>): void {
    this.flush();
    this.#frames.close({ ...end, events: this.#events });
  }

  #count(records: readonly ChannelRecord[]): void {
    for (const { kind, tick: at } of records) {
      this.#events[kind] = (this.#events[kind] ?? 0) + 1;
      this.#lastTick = at;
    }
  }
}

function blobBytes(record: ChannelRecord): number {
  switch (record.kind) {
    case 'console':
    case 'entropy':
      return record.bytes.length;
    case 'packet':
      return record.frame.length;
    case 'disk':
      return record.data.length;
    // Frames are cut where they would be with the data, so that they can be made whole again.
    case 'read':
      return record.length;
    default:
      return 0;
  }
}
