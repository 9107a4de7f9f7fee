/**
 * How long a place waits for a primary: one that nobody comes to ends, or it would keep its host from being used for
 * the pair. It may come to wait again: a primary that is lost before the guest's first frame leaves it as it was.
 */

import type { PairStatus } from '../../ft/protocol/status.ts';

export class Patience {
  readonly #ms: number | undefined;
  readonly #over: () => void;
  #timer: NodeJS.Timeout | undefined;

  /** `ms`: how long, at a time; without it there is no end to it. */
  constructor(ms: number | undefined, over: () => void) {
    this.#ms = ms;
    this.#over = over;
  }

  /** The place has come to this state. */
  in(state: PairStatus['state']): void {
    this.end();
    if (state === 'waiting' && this.#ms !== undefined) this.#timer = setTimeout(this.#over, this.#ms);
  }

  /** It is needed no more. */
  end(): void {
    clearTimeout(this.#timer);
  }
}
