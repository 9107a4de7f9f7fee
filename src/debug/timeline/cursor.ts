/**
 * Records of a recording from a place on, one after the other; knows the place of each.
 */

import type { Finish } from '../../logformat/reader.ts';
import type { LogRecord } from '../../logformat/records.ts';

/** `record` records of events frame `frame` (counted among events frames) and all of the frames before are taken. */
export interface Place {
  readonly frame: number;
  readonly record: number;
}

export const BEGINNING: Place = { frame: 0, record: 0 };

/** Frames are remembered until they are this many records behind: more than a replayer looks ahead. */
const REMEMBERED = 1 << 16;

export class Cursor implements Iterator<LogRecord, Finish> {
  readonly #frameOr: (frame: number) => readonly LogRecord[] | Finish;
  /** Frames entered: number, and how many records of the cursor are before it. The first counts from its beginning. */
  readonly #entered: { readonly frame: number; readonly before: number }[] = [];
  #frame: number;
  #record: number;
  #records: readonly LogRecord[] | undefined;

  /** `frameOr`: the records of a frame of events, or how the recording finishes when there are no more. */
  constructor(place: Place, frameOr: (frame: number) => readonly LogRecord[] | Finish) {
    this.#frameOr = frameOr;
    this.#frame = place.frame;
    this.#record = place.record;
    this.#entered.push({ frame: place.frame, before: -place.record });
  }

  next(): IteratorResult<LogRecord, Finish> {
    for (;;) {
      if (this.#records === undefined) {
        const found = this.#frameOr(this.#frame);
        if ('kind' in found) return { done: true, value: found };
        this.#records = found;
      }
      const record = this.#records[this.#record];
      if (record !== undefined) {
        this.#record++;
        return { done: false, value: record };
      }
      this.#enterNext(this.#records.length);
    }
  }

  /** The place after the first `taken` records of this cursor, which is not far behind the last one given. */
  placeAfter(taken: number): Place {
    const { frame, before } = this.#entered.findLast((entry) => entry.before <= taken)!;
    return { frame, record: taken - before };
  }

  #enterNext(length: number): void {
    const before = this.#entered.at(-1)!.before + length;
    while (this.#entered.length > 1 && this.#entered[1]!.before < before - REMEMBERED) this.#entered.shift();
    this.#entered.push({ frame: this.#frame + 1, before });
    this.#frame++;
    this.#record = 0;
    this.#records = undefined;
  }
}
