/**
 * The Output Rule, primary's side: an output is covered by the last frame that was handed over before it, and leaves
 * when the backup has acknowledged that frame. Outputs leave in the order in which the guest made them. Paper, 2.2.
 */

import { Fifo } from './fifo.ts';
import type { HeldOutput } from './io.ts';

interface Covered<P> {
  readonly output: HeldOutput<P>;
  readonly frame: number;
}

export class HeldOutputs<P> {
  readonly #held = new Fifo<Covered<P>>();

  get length(): number {
    return this.#held.length;
  }

  /** `frame`: the highest sequence number handed over so far. */
  hold(output: HeldOutput<P>, frame: number): void {
    this.#held.push({ output, frame });
  }

  /** What may leave when every frame up to `acked` is acknowledged. */
  takeCovered(acked: number): HeldOutput<P>[] {
    return this.#held.takeWhile(({ frame }) => frame <= acked).map(({ output }) => output);
  }

  takeAll(): HeldOutput<P>[] {
    return this.#held.takeAll().map(({ output }) => output);
  }
}
