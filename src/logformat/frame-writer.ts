/** Numbers and places the frames of a recording, and closes it with index and end. */

import { type Tick, tick } from '../lib/brands.ts';
import { encodeEnd, encodeIndex, type IndexEntry, type LogEnd } from './closing.ts';
import { type Codec, encodeFrame, type FrameKindName, renumber, type StoredFrame } from './frame.ts';
import { encodeHeader, type LogHeader } from './header.ts';

export interface LogSink {
  /** Takes one whole frame. */
  write(bytes: Uint8Array): void;
}

export class FrameWriter {
  readonly #sink: LogSink;
  readonly #codec: Codec;
  readonly #entries: IndexEntry[];
  #offset: number;

  /** `entries` and `offset`: of the frames that are in the file already, when more are to follow. */
  constructor(sink: LogSink, codec: Codec, entries: readonly IndexEntry[] = [], offset = 0) {
    this.#sink = sink;
    this.#codec = codec;
    this.#entries = [...entries];
    this.#offset = offset;
  }

  /** Bytes written, which is where the next frame begins. */
  get offset(): number {
    return this.#offset;
  }

  get count(): number {
    return this.#entries.length;
  }

  header(header: LogHeader): void {
    this.#put('header', tick(0), encodeHeader(header));
  }

  frame(kind: FrameKindName, firstTick: Tick, payload: Uint8Array): void {
    const codec = kind === 'end' ? undefined : this.#codec;
    this.#put(kind, firstTick, encodeFrame({ kind, sequence: this.#entries.length, firstTick, payload }, codec));
  }

  /** A frame of another recording, byte for byte unless it gets another number. */
  copy(frame: StoredFrame): void {
    this.#put(frame.kind, frame.firstTick, renumber(frame, this.#entries.length));
  }

  /** Index and end. Nothing may be written after. */
  close(end: LogEnd): void {
    const indexOffset = this.#offset;
    this.frame('index', end.ticks, encodeIndex(this.#entries));
    this.frame('end', end.ticks, encodeEnd(end, indexOffset, this.#offset));
  }

  #put(kind: FrameKindName, firstTick: Tick, bytes: Uint8Array): void {
    this.#sink.write(bytes);
    this.#entries.push({ kind, offset: this.#offset, firstTick });
    this.#offset += bytes.length;
  }
}
