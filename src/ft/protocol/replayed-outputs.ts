/**
 * What the backup's guest has given out while it replays, and the primary has not reported as released. Nothing of it
 * leaves unless this node goes live; then all of it does, in order: every output leaves at least once, and what leaves
 * twice was released by the primary and not yet reported.
 */

import type { HeldOutput } from './io.ts';
import type { Released } from './message.ts';

export class ReplayedOutputs<P> {
  #kept: HeldOutput<P>[] = [];
  readonly #released = new Map<string, bigint>();
  #dropped = 0;

  get length(): number {
    return this.#kept.length;
  }

  /** Outputs that the primary has released. */
  get dropped(): number {
    return this.#dropped;
  }

  keep(output: HeldOutput<P>): void {
    if (this.#hasLeft(output)) this.#dropped++;
    else this.#kept.push(output);
  }

  /** The primary has released these. A count below one reported earlier changes nothing. */
  reported(released: Released): void {
    for (const [device, unit] of Object.entries(released)) {
      if (unit > (this.#released.get(device) ?? -1n)) this.#released.set(device, unit);
    }
    const before = this.#kept.length;
    this.#kept = this.#kept.filter((output) => !this.#hasLeft(output));
    this.#dropped += before - this.#kept.length;
  }

  takeAll(): HeldOutput<P>[] {
    const kept = this.#kept;
    this.#kept = [];
    return kept;
  }

  #hasLeft(output: HeldOutput<P>): boolean {
    const released = this.#released.get(output.device);
    return released !== undefined && output.unit <= released;
  }
}
