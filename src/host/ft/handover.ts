/**
 * A planned switch at the host where the guest lives: carries out what the protocol core wants of the guest, of the
 * devices and of the storage, and tells whoever has ordered it how it went. It decides nothing about the pair.
 *
 * Invariant: what belongs to an attempt that was called off is never taken for an answer to a later one.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import type { PrimaryEffect, PrimaryEvent } from '../../ft/protocol/io.ts';

/** How a switch went that was ordered. */
export type SwitchAnswer =
  | { readonly refused: string }
  /** `stoodStillMs`: the guest did, from its stop here until it was live there; undefined: not told. */
  | { readonly to: string; readonly stoodStillMs: number | undefined };

type Answer = Extract<PrimaryEvent<never>, { readonly kind: 'quiet' | 'settled' | 'callOff' }>;
export type SwitchEffect = Extract<PrimaryEffect<never>, { readonly kind: 'quiesce' | 'settle' | 'resume' }>;

export interface HandoverHost {
  /** The guest is to come to a stop; `quiet` of this number follows. */
  quiesce(number: number): void;
  /** It goes on, whether it has come to a stop or not. */
  resume(): void;
  /** All that devices were given has left this process, and no request is under way. */
  isAtRest(): boolean;
  /** Why the arbiter could not answer a claim, if so. */
  storageFault(): Promise<string | undefined>;
  tell(answer: Answer): void;
}

/** Between two looks at the devices. */
const LOOK_MS = 1;

export class Handover {
  readonly #host: HandoverHost;
  #attempt = 0;
  #waiting: ((answer: SwitchAnswer) => void)[] = [];

  constructor(host: HandoverHost) {
    this.#host = host;
  }

  /** Settles when the switch is over, one way or the other; `begin` begins it, or says why not. */
  async ordered(begin: () => string | undefined): Promise<SwitchAnswer> {
    const { promise, resolve } = Promise.withResolvers<SwitchAnswer>();
    this.#waiting.push(resolve);
    const refused = begin();
    if (refused === undefined) return promise;
    this.#waiting = this.#waiting.filter((other) => other !== resolve);
    return { refused };
  }

  carryOut(effect: SwitchEffect): void {
    switch (effect.kind) {
      case 'quiesce':
        void this.#quiesce(++this.#attempt);
        break;
      case 'settle':
        void this.#settle(this.#attempt);
        break;
      case 'resume':
        this.#attempt++;
        this.#host.resume();
        this.over({ refused: effect.reason });
        break;
    }
  }

  /** The guest has come to a stop. */
  quiet(number: number): void {
    if (number === this.#attempt) this.#host.tell({ kind: 'quiet' });
  }

  /** No more attempts: this side has come to its end. */
  over(answer: SwitchAnswer): void {
    for (const done of this.#waiting.splice(0)) done(answer);
  }

  /** A switch needs the storage: without it the guest would stand still for as long as it is away. */
  async #quiesce(attempt: number): Promise<void> {
    const fault = await this.#host.storageFault();
    if (attempt !== this.#attempt) return;
    if (fault === undefined) this.#host.quiesce(attempt);
    else this.#host.tell({ kind: 'callOff', why: fault });
  }

  async #settle(attempt: number): Promise<void> {
    while (!this.#host.isAtRest()) {
      await sleep(LOOK_MS);
      if (attempt !== this.#attempt) return;
    }
    this.#host.tell({ kind: 'settled' });
  }
}
