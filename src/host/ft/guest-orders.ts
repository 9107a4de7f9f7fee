/**
 * What the operator has a guest do that lives at this side of a pair: inputs like others, and so entries of its log.
 *
 * Invariant: an order is answered when whoever follows the guest has its entry, so that nothing that was answered is
 * lost with this side.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Input } from '../../emu/machine/events.ts';
import { objectionTo } from './guest-words.ts';
import type { Shield } from './shield.ts';
import type { SideGuest } from './side-guest.ts';

/** Whoever asks waits longer (order-guest.ts). */
const PATIENCE_MS = 15_000;
const LOOK_MS = 5;
const OFF = 'the guest is off';

export class GuestOrders {
  readonly #guest: Pick<SideGuest, 'input' | 'cover' | 'progress'>;
  readonly #shield: Pick<Shield, 'acknowledgement'>;
  /** Orders to cover. */
  #given = 0;
  /** The guest's thread has handed over what came before this order to cover, and those before it. */
  #covered = 0;
  #isOver = false;

  constructor(guest: Pick<SideGuest, 'input' | 'cover' | 'progress'>, shield: Pick<Shield, 'acknowledgement'>) {
    this.#guest = guest;
    this.#shield = shield;
  }

  /** Of a guest that lives here. Why it is not done; or nothing, when it is. */
  async give(order: Input): Promise<string | undefined> {
    const untilMs = performance.now() + PATIENCE_MS;
    // What is seen of the guest may be of before it lived here.
    if (!(await this.#passed(untilMs))) return this.#silence('does not answer');
    const objection = objectionTo(order, this.#guest.progress);
    if (objection !== undefined) return objection;
    this.#guest.input(order);
    if (!(await this.#passed(untilMs))) return this.#silence('may take it later, or never');
    const isAcknowledged = this.#shield.acknowledgement();
    if (await this.#wait(isAcknowledged, untilMs)) return undefined;
    return this.#isOver ? OFF : 'it is done here, and may be lost with this side: the backup does not acknowledge it';
  }

  /** The guest's thread has come past what was said to it by now. */
  #passed(untilMs: number): Promise<boolean> {
    const number = ++this.#given;
    this.#guest.cover(number);
    return this.#wait(() => this.#covered >= number, untilMs);
  }

  async #wait(holds: () => boolean, untilMs: number): Promise<boolean> {
    while (!holds()) {
      if (this.#isOver || performance.now() > untilMs) return false;
      await sleep(LOOK_MS, undefined, { ref: false });
    }
    return true;
  }

  #silence(what: string): string {
    return this.#isOver ? OFF : `the guest is held up, and ${what}`;
  }

  covered(number: number): void {
    this.#covered = number;
  }

  /** This side has come to its end. */
  over(): void {
    this.#isOver = true;
  }
}
