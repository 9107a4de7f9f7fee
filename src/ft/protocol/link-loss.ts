/**
 * Tells a primary when to hand its guest over because the clients cannot reach it any more: a network card here has
 * been without its peer for a while, and the backup reports all of its own as good. When both sides have lost theirs
 * there is nothing to gain. Invariant: never before the backup has followed for `switchEveryMs`, so that a network that
 * comes and goes does not send the guest to and fro. Paper, section 7 (partial hardware failure).
 */

import type { PairSettings } from './settings.ts';

export class LinkLoss {
  readonly #settings: Pick<PairSettings, 'linkLostMs' | 'switchEveryMs'>;
  /** Since when a card here is without its peer. */
  #lostAt: number | undefined;
  #followedAt: number | undefined;
  /** As the backup last told; undefined when it does not know. */
  #backup: boolean | undefined;

  constructor(settings: Pick<PairSettings, 'linkLostMs' | 'switchEveryMs'>) {
    this.#settings = settings;
  }

  get backup(): boolean | undefined {
    return this.#backup;
  }

  followed(now: number): void {
    this.#followedAt = now;
  }

  own(up: boolean, now: number): void {
    if (up) this.#lostAt = undefined;
    else this.#lostAt ??= now;
  }

  reported(backup: boolean | undefined): void {
    this.#backup = backup;
  }

  /** A switch was tried and has come to nothing: not again before long. */
  tried(now: number): void {
    this.#followedAt = now;
  }

  get deadline(): number | undefined {
    if (this.#lostAt === undefined || this.#followedAt === undefined || this.#backup !== true) return undefined;
    const { linkLostMs, switchEveryMs } = this.#settings;
    return Math.max(this.#lostAt + linkLostMs, this.#followedAt + switchEveryMs);
  }

  isDue(now: number): boolean {
    const { deadline } = this;
    return deadline !== undefined && now >= deadline;
  }
}
