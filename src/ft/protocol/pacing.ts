/** When to say something: neither too often nor too rarely. And the heartbeats, which go by themselves. */

import type { Heartbeat } from './message.ts';
import type { PairSettings } from './settings.ts';

/** One kind of message: at least `minMs` apart, and said again after `maxMs` without being wanted. */
export class Pacer {
  readonly #minMs: number;
  readonly #maxMs: number;
  #saidAt: number;
  #due: number;

  constructor(minMs: number, maxMs: number, now: number) {
    this.#minMs = minMs;
    this.#maxMs = maxMs;
    this.#saidAt = now - minMs;
    this.#due = now + maxMs;
  }

  get due(): number {
    return this.#due;
  }

  /** There is news. */
  want(now: number): void {
    this.#due = Math.min(this.#due, Math.max(now, this.#saidAt + this.#minMs));
  }

  said(now: number): void {
    this.#saidAt = now;
    this.#due = now + this.#maxMs;
  }
}

/** This node's own heartbeats. */
export class Heart {
  readonly #settings: PairSettings;
  #count = 0;
  #due: number;

  constructor(settings: PairSettings, now: number) {
    this.#settings = settings;
    this.#due = now;
  }

  get due(): number {
    return this.#due;
  }

  /** The heartbeat that is to go now, if one is. */
  beat(now: number): Heartbeat | undefined {
    if (now < this.#due) return undefined;
    const { pair, epoch, who, heartbeatMs } = this.#settings;
    this.#due = now + heartbeatMs;
    return { pair, epoch, who, count: this.#count++ };
  }
}

/** The other side's heartbeats: only those that are its own and newer than all before them are signs of life. */
export class Pulse {
  readonly #settings: PairSettings;
  readonly #who: string;
  #count = -1;

  constructor(settings: PairSettings, who: string) {
    this.#settings = settings;
    this.#who = who;
  }

  isSign(heartbeat: Heartbeat): boolean {
    const { pair, epoch } = this.#settings;
    if (heartbeat.pair !== pair || heartbeat.epoch !== epoch || heartbeat.who !== this.#who) return false;
    if (heartbeat.count <= this.#count) return false;
    this.#count = heartbeat.count;
    return true;
  }
}
