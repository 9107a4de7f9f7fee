/**
 * Through which outputs leave the primary. Invariant: once held they leave in the order in which the guest made them,
 * each when the backup has acknowledged what covers it, or when there is no backup that could contradict it.
 */

import { HeldOutputs } from './held-outputs.ts';
import type { HeldOutput } from './io.ts';

export class OutputGate<P> {
  readonly #held = new HeldOutputs<P>();
  readonly #leave: (output: HeldOutput<P>) => void;
  #released = 0;

  /** `leave`: is told of each output that may leave now. */
  constructor(leave: (output: HeldOutput<P>) => void) {
    this.#leave = leave;
  }

  /** How many are held. */
  get held(): number {
    return this.#held.length;
  }

  /** How many have left. */
  get released(): number {
    return this.#released;
  }

  /** `handed`: the highest frame that was handed over so far. */
  hold(output: HeldOutput<P>, handed: number): void {
    this.#held.hold(output, handed);
  }

  release(output: HeldOutput<P>): void {
    this.#released++;
    this.#leave(output);
  }

  /** Lets go of what frames up to `acked` cover, and tells what that was. */
  releaseCovered(acked: number): readonly HeldOutput<P>[] {
    const covered = this.#held.takeCovered(acked);
    for (const output of covered) this.release(output);
    return covered;
  }

  releaseAll(): void {
    for (const output of this.#held.takeAll()) this.release(output);
  }

  /** The guest lives elsewhere: what is held was never said. */
  drop(): void {
    this.#held.takeAll();
  }
}
