/** A host's monotonic clock, which runs a little fast or slow, not always at one rate, and may leap forwards. */

import type { Clockwork } from '../world/clockwork.ts';

export class NodeClock {
  readonly #clockwork: Clockwork;
  #rate: number;
  /** When the present rate began, by the world's clock and by this one. */
  #since: readonly [us: number, ms: number];

  /** `rate`: seconds of this clock in a second. */
  constructor(clockwork: Clockwork, startMs: number, rate: number) {
    this.#clockwork = clockwork;
    this.#rate = rate;
    this.#since = [clockwork.now, startMs];
  }

  get nowMs(): number {
    const [us, ms] = this.#since;
    return ms + ((this.#clockwork.now - us) * this.#rate) / 1000;
  }

  get nowNs(): bigint {
    return BigInt(Math.floor(this.nowMs * 1e6));
  }

  /** It shows so much more than before. */
  leap(ms: number): void {
    this.#since = [this.#clockwork.now, this.nowMs + ms];
  }

  set rate(rate: number) {
    this.#since = [this.#clockwork.now, this.nowMs];
    this.#rate = rate;
  }
  get rate(): number {
    return this.#rate;
  }

  /** When this clock will show so much, by the world's: just after. */
  worldUs(ms: number): number {
    const [us, since] = this.#since;
    return us + ((ms - since) * 1000) / this.#rate + 0.01;
  }
}
