/** Numbers and places the frames of a recording, and closes it with index and end. */

import { type Tick, tick } from '../lib/brands.ts';
import { encodeEnd, encodeIndex, type LogEnd } from './closing.ts';
import { type Codec, encodeFrame, type FrameKindName, renumber, type StoredFrame } from './frame.ts';
import { FrameIndex } from './frame-index.ts';
import { encodeHeader, type LogHeader } from './header.ts';

export interface LogSink {
  /** Takes one whole frame. */
  write(bytes: Uint8Array): void;
}

export class FrameWriter {
  readonly #sink: LogSink;
  readonly #codec: Codec;
  readonly #index: FrameIndex;
  #offset: number;

  /** `index` and `offset`: of the frames that are in the file already, when more are to follow. */
  constructor(sink: LogSink, codec: Codec, index = new FrameIndex(), offset = 0) {
    this.#sink = sink;
    this.#codec = codec;
    this.#index = index;
    this.#offset = offset;
  }

  /** Bytes written, which is where the next frame begins. */
  get offset(): number {
    return this.#offset;
  }

  get count(): number {
    return this.#index.count;
  }

  header(header: LogHeader): void {
    this.#put('header', tick(0), encodeHeader(header));
  }

  frame(kind: FrameKindName, firstTick: Tick, payload: Uint8Array): void {
    const codec = kind === 'end' ? undefined : this.#codec;
    this.#put(kind, firstTick, encodeFrame({ kind, sequence: this.#index.count, firstTick, payload }, codec));
  }

  /** A frame of another recording, byte for byte unless it gets another number. */
  copy(frame: StoredFrame): void {
    this.#put(frame.kind, frame.firstTick, renumber(frame, this.#index.count));
  }

  /** Index and end. Nothing may be written after. */
  close(end: LogEnd): void {
    const indexOffset = this.#offset;
    this.frame('index', end.ticks, encodeIndex(this.#index.entries));
    this.frame('end', end.ticks, encodeEnd(end, indexOffset, this.#offset));
  }

  #put(kind: FrameKindName, firstTick: Tick, bytes: Uint8Array): void {
    this.#sink.write(bytes);
    this.#index.add({ kind, offset: this.#offset, firstTick });
    this.#offset += bytes.length;
  }
}
