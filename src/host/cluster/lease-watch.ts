/**
 * Which leases of a shared folder live, as one observer sees it: by the change of a counter within a span of the
 * observer's own time. Nothing is compared with another host's clock.
 *
 *     first look ── counter changes ──> proven ── unchanged for the lease's time ──> gone ── changes ──> proven
 *          └──────── unchanged for the lease's time ────────────────────────────────> gone
 *
 * Invariant: time during which the observer did not look counts for two looks at most: one that stood still itself
 * takes nobody for dead.
 */

import { LEASE_MS } from '../../ft/cluster/registry.ts';

/** Between two looks. */
export const LOOK_MS = LEASE_MS / 6;

/** One lease as it is on the storage; `mark` changes whenever it is renewed. */
export interface SeenLease {
  readonly key: string;
  readonly mark: string;
  readonly text: string;
}

interface Watched extends SeenLease {
  readonly silentMs: number;
  readonly proven: boolean;
}

export class LeaseWatch {
  #leases = new Map<string, Watched>();
  #lookedAt: number | undefined;

  /** `now`: monotonic milliseconds. True when there is something to tell. */
  look(seen: readonly SeenLease[], now: number): boolean {
    const before = this.#lookedAt;
    const elapsed = before === undefined ? 0 : Math.min(now - before, 2 * LOOK_MS);
    this.#lookedAt = now;
    const next = new Map<string, Watched>();
    for (const lease of seen) {
      const known = this.#leases.get(lease.key);
      const renewed = known === undefined ? before !== undefined : known.mark !== lease.mark;
      const silentMs = renewed || known === undefined ? 0 : known.silentMs + elapsed;
      next.set(lease.key, { ...lease, silentMs, proven: renewed || (known?.proven === true && silentMs < LEASE_MS) });
    }
    const was = this.#text();
    this.#leases = next;
    return was !== this.#text();
  }

  get living(): readonly { readonly key: string; readonly text: string; readonly proven: boolean }[] {
    return [...this.#leases.values()]
      .filter(({ silentMs }) => silentMs < LEASE_MS)
      .map(({ key, text, proven }) => ({ key, text, proven }));
  }

  /** Keys of those that have been silent for so long. */
  silentFor(ms: number): string[] {
    return [...this.#leases.values()].filter(({ silentMs }) => silentMs >= ms).map(({ key }) => key);
  }

  #text(): string {
    return JSON.stringify(this.living);
  }
}
