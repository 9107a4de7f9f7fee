/**
 * What a recorder writes to, at a side that lives: its own log, and beside it the log of a backup that was made from
 * the running guest. That one begins with a checkpoint; from its moment on every record goes into both, in order.
 */

import type { Tick } from '../../lib/brands.ts';
import type { Counts, LogEnd } from '../../logformat/closing.ts';
import type { LogRecord } from '../../logformat/records.ts';
import type { LogWriter } from '../../logformat/writer.ts';

/** What recorders and their sources need of a log. */
export type RecordedLog = Pick<
  LogWriter,
  'offset' | 'events' | 'lastTick' | 'append' | 'appendAll' | 'flush' | 'checkpoint' | 'close'
>;

/** What a branch is given. */
export interface BranchLog extends Pick<LogWriter, 'offset' | 'flush' | 'close'> {
  appendAll(records: readonly LogRecord[]): void;
}

export class ForkedLog implements RecordedLog {
  readonly #own: LogWriter;
  #branch: BranchLog | undefined;
  /** Bytes of branches that are no more: `offset` never goes back. */
  #past = 0;

  constructor(own: LogWriter) {
    this.#own = own;
  }

  get own(): LogWriter {
    return this.#own;
  }

  /** Everything that comes from now on goes there too. Undefined: no longer. Ends the branch there was. */
  set branch(branch: BranchLog | undefined) {
    this.#past += this.#branch?.offset ?? 0;
    this.#branch = branch;
  }

  /** Of both: grows with every frame. */
  get offset(): number {
    return this.#own.offset + this.#past + (this.#branch?.offset ?? 0);
  }

  get events(): Counts {
    return this.#own.events;
  }

  get lastTick(): Tick | undefined {
    return this.#own.lastTick;
  }

  append(record: LogRecord): void {
    this.appendAll([record]);
  }

  appendAll(records: readonly LogRecord[]): void {
    this.#own.appendAll(records);
    this.#branch?.appendAll(records);
  }

  /** The own log first: what a backup has, this side has too. */
  flush(): void {
    this.#own.flush();
    this.#branch?.flush();
  }

  /** Of the own log alone. */
  checkpoint(at: Tick, payload: Uint8Array): void {
    this.#own.checkpoint(at, payload);
  }

  close(end: Omit<LogEnd, 'events'>): void {
    this.#own.close(end);
    this.#branch?.close(end);
  }
}
