/**
 * Delivers what comes from outside at the ends of epochs alone, as Bressoud and Schneider do ("Hypervisor-based fault
 * tolerance", 1996): a source between a recorder and a live source. An epoch is a fixed number of ticks, counted from
 * power on; a guest that waits ends its epoch, since there is nothing left in it to run.
 *
 *     tick   0 ────── epoch ────── 2 × epoch ── waits        inputs, completions, anchors: at │ and nowhere else
 *            │                     │            │
 *
 * At each end the log is flushed, with a progress record where nothing else says how far the machine is, so that a
 * follower runs through whole epochs.
 */

import { type Tick, tick } from '../../lib/brands.ts';
import type { LogWriter } from '../../logformat/writer.ts';
import type { Grant, Input, InputSource, Moment } from '../../session/source.ts';

export interface EpochParts {
  readonly source: InputSource;
  /** The recorder's. */
  readonly log: Pick<LogWriter, 'append' | 'lastTick' | 'flush'>;
  readonly epochTicks: bigint;
}

export class EpochSource implements InputSource {
  readonly #parts: EpochParts;

  constructor(parts: EpochParts) {
    this.#parts = parts;
  }

  next(now: Moment): Grant | 'end' | 'starved' {
    const end = this.#endOf(now.tick);
    const isInside = now.tick % this.#parts.epochTicks !== 0n;
    if (now.state === 'running' && isInside) return { inputs: [], until: end };
    if (now.state !== 'halted') this.#flush(now.tick);
    const grant = this.#parts.source.next(now);
    return typeof grant === 'string' ? grant : { inputs: grant.inputs, until: end };
  }

  nondet(...asked: Parameters<InputSource['nondet']>): bigint {
    return this.#parts.source.nondet(...asked);
  }

  applyFailed(input: Input, error: unknown): void {
    this.#parts.source.applyFailed?.(input, error);
  }

  #flush(at: Tick): void {
    const { log } = this.#parts;
    if (at > (log.lastTick ?? 0n)) log.append({ kind: 'progress', tick: at });
    log.flush();
  }

  #endOf(at: Tick): Tick {
    const { epochTicks } = this.#parts;
    return tick((at / epochTicks + 1n) * epochTicks);
  }
}
