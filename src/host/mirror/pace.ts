/** Keeps a copy from taking the whole disk and network from the guest: so many bytes in a second, about. */

import { setTimeout as sleep } from 'node:timers/promises';

const BYTES_PER_MS = (200 * 2 ** 20) / 1000;
/** Shorter waits are put together. */
const SHORTEST_MS = 5;

export class Pace {
  #freeAtMs = 0;

  /** Resolves when `bytes` more may be taken. */
  async spend(bytes: number): Promise<void> {
    const now = performance.now();
    this.#freeAtMs = Math.max(this.#freeAtMs, now) + bytes / BYTES_PER_MS;
    const ahead = this.#freeAtMs - now;
    if (ahead >= SHORTEST_MS) await sleep(ahead);
  }
}
