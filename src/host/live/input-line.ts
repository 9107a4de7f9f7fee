/**
 * The way of inputs from the ports on the main thread into the guest's ring. What finds the ring full waits here, in
 * order; ports that can stop reading their sources are told when much waits.
 */

import type { Input } from '../../emu/machine/events.ts';
import { Doorbell } from '../doorbell.ts';
import { encodeInput, type Message } from '../messages.ts';
import { giveBack } from '../page-memory.ts';
import type { Inbox } from '../ports/port.ts';
import { type Piece, pieces, RingWriter } from '../ring.ts';
import { ControlWords, type SharedState } from './shared-state.ts';

/** What the ports say besides inputs. */
export type Voices = Pick<Inbox, 'notice' | 'quit' | 'fail'>;

export class InputLine {
  readonly #ring: RingWriter;
  readonly #guestBell: Doorbell;
  readonly #control: ControlWords;
  readonly #waiting: Piece[] = [];
  #onClear: (() => void)[] = [];
  #closed = false;

  constructor(shared: SharedState) {
    this.#ring = new RingWriter(shared.toGuest);
    this.#guestBell = new Doorbell(shared.guestBell);
    this.#control = new ControlWords(shared.control);
  }

  /** The bytes of the message are the line's from here on. */
  send(message: Message): void {
    if (this.#closed) return;
    this.#waiting.push(...pieces(message));
    this.pump();
  }

  /** Puts into the ring what fits. To be called when the guest has taken something. */
  pump(): void {
    let sent = 0;
    while (sent < this.#waiting.length && this.#ring.tryWrite(this.#waiting[sent]!)) {
      const { body, left } = this.#waiting[sent++]!;
      if (left === 0) giveBack(body);
    }
    if (sent > 0) this.#guestBell.ring();
    this.#waiting.splice(0, sent);
    if (this.#congested) return;
    for (const done of this.#onClear.splice(0)) done();
  }

  /** Nothing goes to the guest any more. */
  close(): void {
    this.#closed = true;
  }

  /** This line as ports see it. */
  inbox(voices: Voices): Inbox {
    const isCongested = (): boolean => this.#congested;
    return {
      ...voices,
      deliver: (input: Input): void => this.send(encodeInput(input)),
      get congested() {
        return isCongested();
      },
      cleared: () => (isCongested() ? new Promise((done) => this.#onClear.push(done)) : Promise.resolve()),
    };
  }

  get #congested(): boolean {
    return this.#waiting.length > 0 || this.#control.holdsMuch;
  }
}
