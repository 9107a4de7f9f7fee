/**
 * The records of a log as the replayer takes them: one ahead, with reads of non-determinism (`nondet`) kept in a queue
 * of their own, because they are taken by the machine in the middle of a run and not between two.
 *
 * A log that is still arriving gives `undefined` where the next record is not there yet: the queue is `starved` then,
 * until it is asked again.
 */

import type { Tick } from '../lib/brands.ts';
import type { Counts } from '../logformat/closing.ts';
import type { Finish } from '../logformat/reader.ts';
import type { LogRecord, NondetRecord, RecordKind } from '../logformat/records.ts';

/** Reads looked ahead over in search of the next record that ends a run. */
const LOOK_AHEAD = 4096;

export type BetweenRuns = Exclude<LogRecord, NondetRecord>;

/** The records of a log, in order; `undefined`: the next is not there yet. */
export type LogRecords = Iterator<LogRecord | undefined, Finish> & {
  /** Tick of the record that is not there yet, where that much is known of it: nothing happens before. */
  readonly awaitedTick?: Tick | undefined;
};

export class RecordQueue {
  readonly #records: LogRecords;
  readonly #reads: NondetRecord[] = [];
  /** Reads before this index are taken. */
  #readsTaken = 0;
  #ahead: LogRecord | undefined;
  #finish: Finish | undefined;
  #pulled = 0;
  readonly #counts: { [kind in RecordKind]?: number } = {};
  #starved = false;

  constructor(records: LogRecords) {
    this.#records = records;
  }

  /** How the log finishes, once all of it has been looked at. */
  get finish(): Finish | undefined {
    return this.#finish;
  }

  /** The last question could not be answered for sure, because the next record is not there yet. */
  get starved(): boolean {
    return this.#starved;
  }

  /** While starved: the tick of the record that is not there yet, if that is known. */
  get awaitedTick(): Tick | undefined {
    return this.#starved ? this.#records.awaitedTick : undefined;
  }

  /** Records taken so far: what the machine's history consists of. Always a prefix of the log. */
  get taken(): number {
    return this.#pulled - (this.#ahead === undefined ? 0 : 1) - (this.#reads.length - this.#readsTaken);
  }

  /** Those, by kind. */
  get counts(): Counts {
    return this.#counts;
  }

  /** The next record at exactly this tick that takes effect between two runs. */
  at(tick: Tick): BetweenRuns | undefined {
    for (;;) {
      const record = this.#peek();
      if (record === undefined || record.tick > tick) return undefined;
      if (record.kind !== 'nondet') return record;
      this.#queueRead(record);
    }
  }

  /** Takes the record that `at` gave. */
  take(): void {
    if (this.#ahead !== undefined) this.#count(this.#ahead.kind);
    this.#ahead = undefined;
  }

  /** The tick where the machine must stop next; undefined when no record says so. Looks ahead over reads. */
  nextStop(now: Tick): Tick | undefined {
    for (;;) {
      const record = this.#peek();
      if (record === undefined) return undefined;
      if (record.kind !== 'nondet') return record.tick;
      if (record.tick > now && this.#reads.length - this.#readsTaken >= LOOK_AHEAD) return record.tick;
      this.#queueRead(record);
    }
  }

  /** The next read that the machine has not made. */
  get read(): NondetRecord | undefined {
    return this.#reads[this.#readsTaken];
  }

  /** The last read looked at and not made. */
  get lastRead(): NondetRecord | undefined {
    return this.read === undefined ? undefined : this.#reads.at(-1);
  }

  takeRead(): void {
    this.#readsTaken++;
    this.#count('nondet');
    if (this.#readsTaken < this.#reads.length) return;
    this.#reads.length = 0;
    this.#readsTaken = 0;
  }

  #count(kind: RecordKind): void {
    this.#counts[kind] = (this.#counts[kind] ?? 0) + 1;
  }

  #queueRead(record: NondetRecord): void {
    this.#reads.push(record);
    this.#ahead = undefined;
  }

  #peek(): LogRecord | undefined {
    if (this.#ahead !== undefined || this.#finish !== undefined) return this.#ahead;
    const step = this.#records.next();
    this.#starved = step.done !== true && step.value === undefined;
    if (step.done === true) {
      this.#finish = step.value;
    } else if (step.value !== undefined) {
      this.#ahead = step.value;
      this.#pulled++;
    }
    return this.#ahead;
  }
}
