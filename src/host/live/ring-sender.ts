/**
 * Puts whole messages into the ring to the main thread, in order. The thread blocks while the ring is full; a guest
 * that is to stop does not wait for a reader that takes nothing: what finds no room then is dropped, and all after it.
 */

import { Doorbell } from '../doorbell.ts';
import type { Message } from '../messages.ts';
import { pieces, RingWriter } from '../ring.ts';
import { ControlWords, type SharedState } from './shared-state.ts';

/** How often a thread that waits for room looks whether it is to stop. */
const LOOK_MS = 100;

export class RingSender {
  readonly #writer: RingWriter;
  readonly #bell: Doorbell;
  readonly #hostBell: Doorbell;
  readonly #control: ControlWords;
  /** A part of a message was dropped: nothing can follow it. */
  #gone = false;

  constructor(shared: SharedState) {
    this.#writer = new RingWriter(shared.toHost);
    this.#bell = new Doorbell(shared.guestBell);
    this.#hostBell = new Doorbell(shared.hostBell);
    this.#control = new ControlWords(shared.control);
  }

  send(message: Message): void {
    if (this.#gone) return;
    for (const piece of pieces(message)) {
      let seen = this.#bell.rings;
      while (!this.#writer.tryWrite(piece)) {
        if (this.#control.stopAsked) {
          this.#gone = true;
          return;
        }
        this.#hostBell.ring();
        this.#bell.wait(seen, LOOK_MS);
        seen = this.#bell.rings;
      }
    }
    this.#hostBell.ring();
  }
}
