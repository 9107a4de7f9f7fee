/**
 * A frame of a channel that is not executed, with its records. Where the data of a read is not in it, the record is
 * made whole before it is given out, and with it all inputs that stand together: those of one grant, which the recorder
 * delivered at once, behind the mark of the request that they answer.
 */

import { FormatError } from '../../logformat/errors.ts';
import type { StoredFrame } from '../../logformat/frame.ts';
import { type ChannelRecord, isOfFile, type LogRecord } from '../../logformat/records.ts';
import { isInput } from '../../session/translate.ts';
import type { ReplicaReads } from './replica-reads.ts';

export class HeldFrame {
  readonly frame: StoredFrame;
  readonly #records: ChannelRecord[];
  /** Records before this one are whole. */
  #whole = 0;
  #completed = false;

  constructor(frame: StoredFrame, records: readonly ChannelRecord[]) {
    this.frame = frame;
    this.#records = [...records];
  }

  get length(): number {
    return this.#records.length;
  }

  /** Data has been put into the records that the frame itself does not have. */
  get completed(): boolean {
    return this.#completed;
  }

  tickOf(index: number): ChannelRecord['tick'] {
    return this.#records[index]!.tick;
  }

  /** The first `count` records, which have been given out. */
  first(count: number): readonly LogRecord[] {
    return this.#records.slice(0, count).filter(isOfFile);
  }

  /**
   * A record; undefined while it, or one that it comes together with, waits for data. FormatError without `reads`
   * where data is missing.
   */
  give(index: number, reads: ReplicaReads | undefined): LogRecord | undefined {
    if (index >= this.#whole && !this.#makeWhole(index, reads)) return undefined;
    const record = this.#records[index]!;
    return isOfFile(record) ? record : undefined;
  }

  #makeWhole(from: number, reads: ReplicaReads | undefined): boolean {
    let missing = false;
    let index = from;
    do {
      const record = this.#records[index]!;
      if (record.kind === 'read') {
        if (reads === undefined) throw new FormatError('a read has no data, and nobody here reads');
        const whole = reads.whole(record);
        if (whole === undefined) missing = true;
        else this.#records[index] = whole;
        this.#completed = true;
      } else if (record.kind === 'disk') reads?.forget(record);
      index++;
    } while (this.#isTogether(index));
    if (!missing) this.#whole = index;
    return !missing;
  }

  /** Whether the record of this number comes together with the one before. */
  #isTogether(index: number): boolean {
    const [before, record] = [this.#records[index - 1], this.#records[index]];
    return record !== undefined && before?.tick === record.tick && isAnInput(before) && isAnInput(record);
  }
}

const isAnInput = (record: ChannelRecord): boolean => !isOfFile(record) || isInput(record);
