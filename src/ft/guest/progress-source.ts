/**
 * Keeps a log flowing to whoever follows it: a source between a recorder and a live source, which flushes the log and
 * says how far the machine has come when nothing else does. A follower never goes past the last record it knows, so the
 * time between two flushes bounds how far it is behind.
 *
 *     running, `intervalNs` since the last flush:  progress if the last record is of an earlier tick, flush
 *     about to wait for the world:                 the same, at once
 *     nothing logged and the tick the same:        nothing; an idle machine's log is silent
 *
 * A progress record of a tick comes behind the marks and the digest of that tick and before its inputs. Pure: host time
 * is a function handed in.
 */

import type { LogWriter } from '../../logformat/writer.ts';
import type { Grant, Input, InputSource, Moment } from '../../session/source.ts';

export interface ProgressParts {
  readonly source: InputSource;
  /** The recorder's. */
  readonly log: Pick<LogWriter, 'append' | 'offset' | 'lastTick' | 'flush'>;
  /** A monotonic clock, nanoseconds. */
  readonly nowNs: () => bigint;
  readonly intervalNs: bigint;
}

/** Of the pair: a follower is behind by this and the way. */
export const PROGRESS_INTERVAL_NS = 2_000_000n;

export class ProgressSource implements InputSource {
  readonly #parts: ProgressParts;
  /** Where the log ended when this last looked: others flush it too. */
  #offset: number;
  #flushedNs: bigint;

  constructor(parts: ProgressParts) {
    this.#parts = parts;
    this.#offset = parts.log.offset;
    this.#flushedNs = parts.nowNs();
  }

  next(now: Moment): Grant | 'end' | 'starved' {
    const nowNs = this.#parts.nowNs();
    this.#noteFlush(nowNs);
    const due = nowNs - this.#flushedNs >= this.#parts.intervalNs;
    if (now.state === 'waiting' || (due && now.state !== 'halted')) this.#flush(now, nowNs);
    return this.#parts.source.next(now);
  }

  nondet(...asked: Parameters<InputSource['nondet']>): bigint {
    return this.#parts.source.nondet(...asked);
  }

  applyFailed(input: Input, error: unknown): void {
    this.#parts.source.applyFailed?.(input, error);
  }

  #flush({ tick }: Moment, nowNs: bigint): void {
    const { log } = this.#parts;
    const { lastTick } = log;
    if (tick > (lastTick ?? 0n)) log.append({ kind: 'progress', tick });
    log.flush();
    this.#noteFlush(nowNs);
  }

  #noteFlush(nowNs: bigint): void {
    const { offset } = this.#parts.log;
    if (offset === this.#offset) return;
    this.#offset = offset;
    this.#flushedNs = nowNs;
  }
}
