/**
 * A recording made from another: the same frames with other checkpoints between them, or none. Frames are taken over as
 * they are; only their numbers, the index and the end are made anew.
 */

import type { Tick } from '../lib/brands.ts';
import type { IndexEntry, LogEnd } from './closing.ts';
import type { Codec } from './frame.ts';
import { FrameWriter, type LogSink } from './frame-writer.ts';
import type { LogReader } from './reader.ts';

export class CheckpointInserter {
  readonly #reader: LogReader;
  readonly #writer: FrameWriter;
  readonly #entries: readonly IndexEntry[];
  readonly #end: LogEnd;
  /** Entries before this one are copied, and this many of them are frames of events. */
  #copied = 0;
  #events = 0;

  /** `reader`: of a recording that has this end. Its checkpoints are left out. */
  constructor(reader: LogReader, end: LogEnd, sink: LogSink, codec: Codec) {
    this.#reader = reader;
    this.#end = end;
    this.#writer = new FrameWriter(sink, codec);
    this.#entries = reader.index().filter(({ kind }) => kind !== 'checkpoint');
  }

  get sizeBytes(): number {
    return this.#writer.offset;
  }

  /**
   * The checkpoints frames that are put next stand where `record` records of events frame `frame` are taken, and all
   * before. Places do not decrease. Gives how many records of the frame before them come after.
   */
  goTo(frame: number, record: number): number {
    while (this.#events < frame) this.#copyNext();
    if (record === 0) return 0;
    const at = this.#entries.filter(({ kind }) => kind === 'events')[frame]!;
    while (this.#events <= frame) this.#copyNext();
    return this.#reader.recordsOf(this.#reader.frameAt(at.offset)).length - record;
  }

  put(at: Tick, payload: Uint8Array): void {
    this.#writer.frame('checkpoint', at, payload);
  }

  /** The rest, index and end. */
  close(): void {
    while (this.#copied < this.#entries.length) this.#copyNext();
    this.#writer.close(this.#end);
  }

  #copyNext(): void {
    const entry = this.#entries[this.#copied++]!;
    this.#writer.copy(this.#reader.frameAt(entry.offset));
    if (entry.kind === 'events') this.#events++;
  }
}
