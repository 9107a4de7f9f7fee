/**
 * Holds the guest thread back between two slices: while it is to stand still, and in proportion when it has only a
 * share of the processor. What the guest does not get is for other work of the thread, when there is some.
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
  readonly #meanwhile: () => boolean;
  readonly #given: () => number;
  #seenNs: bigint;
  #brakedNs = 0n;
  #owedNs = 0;

  /**
   * `busyNs`: time that the guest has run; what is spent waiting here may be in it. `meanwhile`: a little of the
   * thread's other work, which is not in `busyNs`; false when there is none now.
   * `given`: the share that the operator gives the guest; it has that of the control words if that is less.
   */
  constructor(
    shared: SharedState,
    busyNs: () => bigint,
    meanwhile: () => boolean = () => false,
    given: () => number = () => 1,
  ) {
    this.#control = new ControlWords(shared.control);
    this.#bell = new Doorbell(shared.guestBell);
    this.#busyNs = busyNs;
    this.#meanwhile = meanwhile;
    this.#given = given;
    this.#seenNs = busyNs();
  }

  /** `quiet`: the guest has been told to come to a stop, and has told that it did. */
  hold(quiet = false): void {
    const from = this.#busyNs();
    this.#throttle(Number(from - this.#brakedNs - this.#seenNs));
    const held = (): boolean =>
      (this.#control.stalled || (quiet && this.#control.quiesced)) && !this.#control.stopAsked;
    while (held()) {
      const seen = this.#bell.rings;
      if (held()) this.#bell.wait(seen, Number.POSITIVE_INFINITY);
    }
    const now = this.#busyNs();
    this.#brakedNs += now - from;
    this.#seenNs = now - this.#brakedNs;
  }

  /** The order to come to a stop still stands. */
  get quiesced(): boolean {
    return this.#control.quiesced;
  }

  #throttle(ranNs: number): void {
    const share = Math.min(this.#control.share, this.#given());
    this.#owedNs = share >= 1 ? 0 : this.#owedNs + Math.min(ranNs, LONGEST_BUSY_NS) * (1 / share - 1);
    if (this.#owedNs < SHORTEST_NS) return;
    const until = monotonicNs() + BigInt(Math.round(this.#owedNs));
    this.#owedNs = 0;
    for (let left = until - monotonicNs(); left > 0n && !this.#control.stopAsked; left = until - monotonicNs()) {
      if (!this.#meanwhile()) this.#bell.wait(this.#bell.rings, Number(left) / NS_PER_MS);
    }
  }
}
