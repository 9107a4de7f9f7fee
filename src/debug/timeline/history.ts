/**
 * A recording as a timeline reads it: records from any place on, where a place is a frame of events and a number of
 * records in it. Opened over a reader, and again over another when the recording has grown.
 *
 * Invariant: places stay good while the recording grows, for a recording is only ever added to.
 */

import { type Tick, tick } from '../../lib/brands.ts';
import type { IndexEntry } from '../../logformat/closing.ts';
import { FormatError } from '../../logformat/errors.ts';
import type { Finish, LogReader, WalkStart } from '../../logformat/reader.ts';
import type { LogRecord } from '../../logformat/records.ts';
import { Cursor, type Place } from './cursor.ts';

export { BEGINNING, Cursor, type Place } from './cursor.ts';

/** Frames kept unpacked: seeking to and fro stays within a few. */
const KEPT_FRAMES = 8;

export class History {
  #reader: LogReader;
  /** Every frame, header included, up to the index. */
  #entries: readonly IndexEntry[] = [];
  #events: readonly IndexEntry[] = [];
  #checkpoints: readonly number[] = [];
  #finish: Finish = { kind: 'cut', offset: 0, reason: 'not read yet' };
  #end: Tick = tick(0);
  readonly #kept = new Map<number, readonly LogRecord[]>();

  constructor(reader: LogReader) {
    this.#reader = reader;
    this.refresh(reader);
  }

  get reader(): LogReader {
    return this.#reader;
  }
  /** Where every frame is, the header first; index and end are not among them. */
  get frames(): readonly IndexEntry[] {
    return this.#entries;
  }
  /** Where frames of checkpoints begin in the file, as states count them. */
  get checkpointFrames(): readonly number[] {
    return this.#checkpoints;
  }
  /** How the recording finishes. */
  get finish(): Finish {
    return this.#finish;
  }
  /** Last tick that it reaches. */
  get end(): Tick {
    return this.#end;
  }

  /** `reader`: of the same recording, as it is now. */
  refresh(reader: LogReader): void {
    this.#reader = reader;
    const closing = reader.end();
    if (closing === undefined) {
      this.#walk();
      return;
    }
    this.#setEntries(reader.index());
    this.#finish = { kind: 'end', end: closing.end };
    this.#end = closing.end.ticks;
  }

  /** The file offset at which a frame of events begins; undefined behind the last. */
  offsetOf(frame: number): number | undefined {
    return this.#events[frame]?.offset;
  }

  from(place: Place): Cursor {
    return new Cursor(place, (frame) => this.#frameOr(frame));
  }

  /** The place that `left` records of the events frame before file offset `offset` follow; FormatError: none. */
  placeAt(offset: number, left: number): Place {
    const frame = this.#events.findLastIndex((one) => one.offset < offset);
    if (left === 0) return { frame: frame + 1, record: 0 };
    const records = frame < 0 ? 0 : this.#records(frame).length;
    if (left > records) throw new FormatError(`${left} records follow a checkpoint in a frame of ${records}`);
    return { frame, record: records - left };
  }

  /**
   * A recording without an end: what has not been looked at is walked over, and the last records say how far it goes.
   */
  #walk(): void {
    const entries = [...this.#entries];
    const walk = this.#reader.frames(this.#walkStart());
    let step = walk.next();
    for (; step.done !== true; step = walk.next()) {
      const { offset, frame } = step.value;
      if (entries.at(-1)?.offset === offset) continue;
      if (frame.kind !== 'index' && frame.kind !== 'end')
        entries.push({ kind: frame.kind, offset, firstTick: frame.firstTick });
    }
    this.#setEntries(entries);
    this.#finish = step.value;
    while (!this.#setEnd()) {
      const bad = this.#events.at(-1)!;
      this.#setEntries(this.#entries.filter(({ offset }) => offset < bad.offset));
    }
  }

  /** At the last frame known, which is given again. */
  #walkStart(): WalkStart | undefined {
    const last = this.#entries.length - 1;
    const entry = this.#entries[last];
    return entry && { offset: entry.offset, sequence: last, tick: entry.firstTick };
  }

  /** Takes the end from the last records; false when they do not unpack, which is then where the recording is cut. */
  #setEnd(): boolean {
    const last = this.#events.length - 1;
    try {
      // A recording that begins with a checkpoint may have no records yet.
      const start = this.#entries.findLast(({ kind }) => kind === 'checkpoint')?.firstTick ?? tick(0);
      this.#end = last < 0 ? start : (this.#records(last).at(-1)?.tick ?? start);
      return true;
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      this.#finish = { kind: 'cut', offset: this.#events[last]!.offset, reason: error.message };
      return false;
    }
  }

  #setEntries(entries: readonly IndexEntry[]): void {
    this.#entries = entries;
    this.#events = entries.filter(({ kind }) => kind === 'events');
    this.#checkpoints = entries.filter(({ kind }) => kind === 'checkpoint').map(({ offset }) => offset);
  }

  #frameOr(frame: number): readonly LogRecord[] | Finish {
    const at = this.#events[frame];
    if (at === undefined) return this.#finish;
    try {
      return this.#records(frame);
    } catch (error) {
      if (error instanceof FormatError) return { kind: 'cut', offset: at.offset, reason: error.message };
      throw error;
    }
  }

  #records(frame: number): readonly LogRecord[] {
    const known = this.#kept.get(frame);
    if (known !== undefined) return known;
    const records = this.#reader.recordsOf(this.#reader.frameAt(this.#events[frame]!.offset));
    if (this.#kept.size >= KEPT_FRAMES) this.#kept.delete(this.#kept.keys().next().value!);
    this.#kept.set(frame, records);
    return records;
  }
}
