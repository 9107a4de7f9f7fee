/**
 * How far the backup is behind, in the primary's time: the age of the oldest frame that it has not executed. The
 * messages 'executed' tell. Paper, section 3.2 (lag is measured by what the channel carries anyway).
 */

import { Fifo } from './fifo.ts';

/** Frames handed over within this time are one entry: lag is known to this much. */
const GRAIN_MS = 1;
const SAMPLES = 512;

interface Entry {
  readonly handedAt: number;
  last: number;
}

export class LagMeter {
  readonly #waiting = new Fifo<Entry>();
  readonly #samples: number[] = [];
  #taken = 0;

  handed(sequence: number, now: number): void {
    const entry = this.#waiting.last;
    if (entry !== undefined && now - entry.handedAt < GRAIN_MS) entry.last = sequence;
    else this.#waiting.push({ handedAt: now, last: sequence });
  }

  executed(sequence: number, now: number): void {
    for (const entry of this.#waiting.takeWhile((waiting) => waiting.last <= sequence)) {
      this.#samples[this.#taken++ % SAMPLES] = now - entry.handedAt;
    }
  }

  /** Milliseconds; 0 when everything is executed. */
  lag(now: number): number {
    const oldest = this.#waiting.first;
    return oldest === undefined ? 0 : now - oldest.handedAt;
  }

  /** The lag that `share` (0 to 1) of the last frames did not exceed, from hand-over to the news of their execution. */
  quantile(share: number): number {
    const sorted = this.#samples.toSorted((a, b) => a - b);
    return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  }
}
