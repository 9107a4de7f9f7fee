/**
 * The primary's connection to the backup, one at a time:
 *
 *     down ── time ──> dialling ── connected ──> greeting ── welcome taken ──> open
 *       ^                 │                         │  <────── greet again ──────  │
 *       └──── closed, dropped, or nothing for patienceMs (open: for as long as it lasts) ────┘
 *
 * Invariant: only events of the present connection count; a connection that is dropped is never heard again.
 */

import { earliest } from './detector.ts';
import type { ConnectionId } from './io.ts';

type Stage = 'off' | 'down' | 'dialling' | 'greeting' | 'open';

export class Dialler {
  readonly #patienceMs: number;
  #stage: Stage = 'down';
  #connection: ConnectionId = 0;
  #dialAt: number;
  #giveUpAt = 0;
  #dialledAt: number;
  #established = false;

  constructor(patienceMs: number, now: number) {
    this.#patienceMs = patienceMs;
    this.#dialAt = now;
    this.#dialledAt = now;
  }

  get stage(): Stage {
    return this.#stage;
  }

  /** The present connection, greeted and welcomed. */
  get open(): ConnectionId | undefined {
    return this.#stage === 'open' ? this.#connection : undefined;
  }

  get deadline(): number | undefined {
    if (this.#stage === 'down') return this.#dialAt;
    return this.#stage === 'dialling' || this.#stage === 'greeting' ? earliest(this.#giveUpAt) : undefined;
  }

  /** The present connection has been welcomed once, open or being greeted again. */
  get established(): boolean {
    return this.#established;
  }

  isPresent(connection: ConnectionId): boolean {
    return connection === this.#connection && this.#stage !== 'down' && this.#stage !== 'off';
  }

  /** The new connection that is to be dialled now, if one is. */
  dial(now: number): ConnectionId | undefined {
    if (this.#stage !== 'down' || now < this.#dialAt) return undefined;
    this.#stage = 'dialling';
    this.#dialledAt = now;
    this.#giveUpAt = now + this.#patienceMs;
    return ++this.#connection;
  }

  /** True: the backup is to be greeted now. */
  connected(connection: ConnectionId): boolean {
    if (!this.isPresent(connection) || this.#stage !== 'dialling') return false;
    this.#stage = 'greeting';
    return true;
  }

  /** The open connection counts as not greeted until it is welcomed once more. */
  greetAgain(now: number): void {
    this.#stage = 'greeting';
    this.#giveUpAt = now + this.#patienceMs;
  }

  welcomed(): void {
    this.#established = true;
    this.#stage = 'open';
  }

  /** The attempt has lasted too long. */
  isTooLong(now: number): boolean {
    return (this.#stage === 'dialling' || this.#stage === 'greeting') && now >= this.#giveUpAt;
  }

  /** The present connection is no more. The next is dialled at once, but no two within `everyMs`. */
  lost(now: number, everyMs: number): ConnectionId {
    this.#stage = 'down';
    this.#established = false;
    this.#dialAt = Math.max(now, this.#dialledAt + everyMs);
    return this.#connection;
  }

  /** Never dials again. The connection that is to be closed, if there is one. */
  stop(): ConnectionId | undefined {
    const present = this.isPresent(this.#connection) ? this.#connection : undefined;
    this.#stage = 'off';
    return present;
  }
}
