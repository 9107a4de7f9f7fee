/**
 * Asks the arbiter for one epoch until it answers. Invariant: nothing but the arbiter's own 'won' or 'lost' ends the
 * asking; no answer, and 'unknown', lead to the same question again, for ever, with the same epoch. An answer to an
 * earlier question for that epoch counts like any other: it is what the arbiter holds. Paper, section 2.3.
 */

import type { ClaimResult } from '../arbiter.ts';

/** An answer that has not come after so many retry times will not come. */
const SILENT_RETRIES = 25;

export type Verdict =
  | { readonly kind: 'won' }
  | { readonly kind: 'lost'; readonly holder: string }
  | { readonly kind: 'wait' };

export class Claim {
  readonly epoch: number;
  readonly #retryMs: number;
  #askAt: number;
  #asked = 0;
  #unknown = 0;

  constructor(epoch: number, retryMs: number, now: number) {
    this.epoch = epoch;
    this.#retryMs = retryMs;
    this.#askAt = now;
  }

  get asked(): number {
    return this.#asked;
  }

  /** Answers that told nothing. */
  get unknown(): number {
    return this.#unknown;
  }

  get deadline(): number {
    return this.#askAt;
  }

  /** True when the question is to be put now; it counts as put. */
  isDue(now: number): boolean {
    if (now < this.#askAt) return false;
    this.#askAt = now + SILENT_RETRIES * this.#retryMs;
    this.#asked++;
    return true;
  }

  /** What an answer for `epoch` means. */
  verdict(epoch: number, result: ClaimResult, now: number): Verdict {
    if (epoch !== this.epoch) return { kind: 'wait' };
    if (result.kind !== 'unknown') return result;
    this.#unknown++;
    this.#askAt = now + this.#retryMs;
    return { kind: 'wait' };
  }
}
