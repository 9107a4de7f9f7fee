/**
 * What the agent of an enrolled host does about its ledger, step by step: it starts only what is promised, and takes
 * promises back whose places are gone or were never asked for.
 *
 * Invariant: what is in the ledger and has no place is taken back after the time that it is given; what has a place is
 * in the ledger, also of a registry that was made anew, where the host is enrolled and drained as it was.
 */

import { ledgerOf, settled } from './ledgers.ts';
import type { Reservation } from './records.ts';
import type { Steps } from './steps.ts';

export class KeptPromises {
  readonly #host: string;
  /** Milliseconds. */
  readonly #claimMs: number;
  /** Reservations whose places are being started. */
  readonly #starting = new Set<string>();
  /** When promises without a place were first seen, monotonic milliseconds. */
  readonly #unclaimed = new Map<string, number>();
  readonly #freed = new Set<string>();
  /** As its ledger last said. */
  #isDraining = false;

  /** `claimMs`: a promise that nobody comes for within this time is taken back. */
  constructor(host: string, claimMs: number) {
    this.#host = host;
    this.#claimMs = claimMs;
  }

  /** The reservation, which is being started from now on (until `started`); or why it must not be. */
  *admit(id: string, pair: string): Steps<Reservation | string> {
    // Asked twice in quick succession it starts one place all the same.
    if (this.#starting.has(id)) return 'it is being started';
    this.#starting.add(id);
    let admitted = false;
    try {
      const { reservations, draining } = yield* ledgerOf(this.#host);
      const reservation = reservations.find((each) => each.id === id && each.pair === pair);
      if (reservation === undefined) return `no place is promised to ${pair} here`;
      if (draining) return 'it is draining';
      admitted = true;
      return reservation;
    } finally {
      if (!admitted) this.#starting.delete(id);
    }
  }

  /** The place is there, or could not be started. False: it was freed meanwhile, and is to go. */
  started(id: string): boolean {
    this.#starting.delete(id);
    return !this.#freed.has(id);
  }

  /** The place is gone or is to go: it is taken back as soon as it is gone. */
  free(id: string): void {
    this.#freed.add(id);
  }

  /** Puts ledger and places in agreement. `held`: the places that are there at the moment; `now`: milliseconds. */
  *reconcile(held: () => readonly Reservation[], now: number): Steps<void> {
    const { reservations, enrolled, draining } = yield* ledgerOf(this.#host);
    if (enrolled) this.#isDraining = draining;
    const has = (id: string): boolean => held().some((each) => each.id === id);
    for (const { id } of reservations) {
      if (has(id) || this.#starting.has(id)) this.#unclaimed.delete(id);
      else if (!this.#unclaimed.has(id)) this.#unclaimed.set(id, now);
      if (now - (this.#unclaimed.get(id) ?? now) > this.#claimMs) this.#freed.add(id);
    }
    const freed = new Set([...this.#freed].filter((id) => !has(id) && !this.#starting.has(id)));
    yield* settled(this.#host, held(), freed, this.#isDraining);
    for (const id of freed) {
      // One that was admitted meanwhile, while it was still in the ledger, is to go as soon as it is started.
      if (!this.#starting.has(id)) this.#freed.delete(id);
      this.#unclaimed.delete(id);
    }
  }
}
