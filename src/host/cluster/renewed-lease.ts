/**
 * A lease of this process that is kept by renewing it: now and then, and at once when its text is new. Renewals come
 * one after another; while one waits for its turn no other is asked for. It ends when it is given back or was taken.
 */

import { LEASE_MS, type Lease } from '../../ft/cluster/registry.ts';

const RENEW_MS = LEASE_MS / 4;

export abstract class RenewedLease implements Lease {
  #text: string;
  #timer: NodeJS.Timeout | undefined;
  #turn: Promise<void> = Promise.resolve();
  #isWaiting = false;
  #ended = false;

  protected constructor(text: string) {
    this.#text = text;
  }

  /** What it says now. */
  protected get text(): string {
    return this.#text;
  }

  /** Writes it again as it is now. What fails is done by the next renewal. */
  protected abstract renewed(): Promise<void>;
  /** Removes it, unless another has taken it. */
  protected abstract removed(): Promise<void>;

  /** It has been written for the first time. */
  protected keep(): void {
    this.#timer = setInterval(() => this.#renew(), RENEW_MS);
    this.#timer.unref();
  }

  /** Another has taken it. */
  protected taken(): void {
    this.#ended = true;
    clearInterval(this.#timer);
  }

  set(text: string): void {
    if (text === this.#text) return;
    this.#text = text;
    this.#renew();
  }

  async end(): Promise<void> {
    if (this.#ended) return;
    this.taken();
    await this.#turn;
    await this.removed().catch(() => {});
  }

  #renew(): void {
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    this.#turn = this.#turn.then(async () => {
      this.#isWaiting = false;
      if (!this.#ended) await this.renewed().catch(() => {});
    });
  }
}
