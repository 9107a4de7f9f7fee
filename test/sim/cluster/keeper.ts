/**
 * The keeper of a simulated registry: records that change by compare-and-set, leases that lapse by its own clock. It
 * may be away for a while, and may come back with nothing of what it kept.
 */

import type { LeasedText, RegistryRecord, SwapResult } from '../../../src/ft/cluster/registry.ts';
import type { Clockwork } from '../world/clockwork.ts';

/** Of a lease that is not renewed, microseconds. */
export const LEASE_US = 30_000;

export interface KeeperWatch {
  swapped(key: string, text: string): void;
  did(what: string): void;
}

interface Leased {
  readonly text: string;
  readonly at: number;
  readonly ownerLives: () => boolean;
  readonly hasLapsed: boolean;
}

export class Keeper {
  readonly #clockwork: Clockwork;
  readonly #watch: KeeperWatch;
  readonly #records = new Map<string, { readonly text: string; readonly revision: number }>();
  readonly #leases = new Map<string, Leased>();
  #life = 1;
  isAway = false;

  constructor(clockwork: Clockwork, watch: KeeperWatch) {
    this.#clockwork = clockwork;
    this.#watch = watch;
  }

  /** Another after each loss of what it kept: what was sent before is not heard any more. */
  get life(): number {
    return this.#life;
  }

  beginAnew(): void {
    this.#life++;
    this.#records.clear();
    this.#leases.clear();
  }

  read(key: string): RegistryRecord | undefined {
    const record = this.#records.get(key);
    return record === undefined ? undefined : { key, ...record };
  }

  list(prefix: string): readonly RegistryRecord[] {
    return [...this.#records].flatMap(([key, record]) => (key.startsWith(prefix) ? [{ key, ...record }] : []));
  }

  swap(key: string, revision: number, text: string): SwapResult {
    const before = this.#records.get(key);
    if ((before?.revision ?? 0) !== revision) return { kind: 'changed' };
    this.#records.set(key, { text, revision: revision + 1 });
    this.#watch.swapped(key, text);
    return { kind: 'done' };
  }

  renew(key: string, text: string, ownerLives: () => boolean): void {
    this.#leases.set(key, { text, at: this.#clockwork.now, ownerLives, hasLapsed: false });
  }

  leases(prefix: string): readonly LeasedText[] {
    const living: LeasedText[] = [];
    for (const [key, lease] of this.#leases) {
      if (!key.startsWith(prefix)) continue;
      if (this.#clockwork.now < lease.at + LEASE_US) living.push({ key, text: lease.text, proven: true });
      else if (!lease.hasLapsed) {
        if (lease.ownerLives()) this.#watch.did('a lease lapses while its owner lives');
        this.#leases.set(key, { ...lease, hasLapsed: true });
      }
    }
    return living;
  }
}
