/**
 * Holds the guest thread back between two slices: while it is to stand still, and in proportion when it has only a
 * share of the processor.
 */

import { monotonicNs } from '../clock.ts';
import { Doorbell } from '../doorbell.ts';
import { ControlWords, type SharedState } from '../live/shared-state.ts';

/** Shorter waits are put together: a sleep costs as much itself. */
const SHORTEST_NS = 500_000;
/** One slice counts for no more, however long the thread was away. */
const LONGEST_BUSY_NS = 20_000_000;
const NS_PER_MS = 1e6;

export class Brake {
  readonly #control: ControlWords;
  readonly #bell: Doorbell;
  readonly #busyNs: () => bigint;
  #seenNs: bigint;
  #brakedNs = 0n;
  #owedNs = 0;

  /** `busyNs`: time that the thread has not spent waiting for the guest; what is spent here may be in it. */
  constructor(shared: SharedState, busyNs: () => bigint) {
    this.#control = new ControlWords(shared.control);
    this.#bell = new Doorbell(shared.guestBell);
    this.#busyNs = busyNs;
    this.#seenNs = busyNs();
  }

  hold(): void {
    const from = this.#busyNs();
    this.#throttle(Number(from - this.#brakedNs - this.#seenNs));
    while (this.#control.stalled && !this.#control.stopAsked) {
      const seen = this.#bell.rings;
      if (this.#control.stalled && !this.#control.stopAsked) this.#bell.wait(seen, Number.POSITIVE_INFINITY);
    }
    const now = this.#busyNs();
    this.#brakedNs += now - from;
    this.#seenNs = now - this.#brakedNs;
  }

  #throttle(ranNs: number): void {
    const { share } = this.#control;
    this.#owedNs = share >= 1 ? 0 : this.#owedNs + Math.min(ranNs, LONGEST_BUSY_NS) * (1 / share - 1);
    if (this.#owedNs < SHORTEST_NS) return;
    const until = monotonicNs() + BigInt(Math.round(this.#owedNs));
    this.#owedNs = 0;
    for (let left = until - monotonicNs(); left > 0n && !this.#control.stopAsked; left = until - monotonicNs()) {
      this.#bell.wait(this.#bell.rings, Number(left) / NS_PER_MS);
    }
  }
}
