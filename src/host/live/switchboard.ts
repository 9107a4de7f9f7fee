/**
 * The main thread's side of the rings: takes outputs to the ports they are for, and puts what ports deliver into the
 * guest's ring. One output is taken at a time, in the order the guest made them; a port that asks to hold is waited
 * for.
 */

import type { Input, Output } from '../../emu/machine/events.ts';
import { Doorbell } from '../doorbell.ts';
import { decodeOutput, encodeInput } from '../messages.ts';
import { giveBack } from '../page-memory.ts';
import type { HostPort, Inbox } from '../ports/port.ts';
import { type Piece, pieces, RingReader, RingWriter } from '../ring.ts';
import { ControlWords, type SharedState } from './shared-state.ts';

/** What the ports say besides inputs. */
export type Voices = Pick<Inbox, 'notice' | 'quit' | 'fail'>;

export class Switchboard {
  readonly #ports: ReadonlyMap<string, HostPort>;
  readonly #outputs: RingReader;
  readonly #inputs: RingWriter;
  readonly #ownBell: Doorbell;
  readonly #guestBell: Doorbell;
  readonly #control: ControlWords;
  readonly #voices: Voices;
  /** Inputs that found the ring full. */
  readonly #waiting: Piece[] = [];
  #onClear: (() => void)[] = [];
  #serving: Promise<void> | undefined;
  #closed = false;

  /** Outputs of a device without a port go nowhere. */
  constructor(shared: SharedState, ports: readonly HostPort[], voices: Voices) {
    this.#ports = new Map(ports.map((port) => [port.device, port]));
    this.#outputs = new RingReader(shared.toHost, () => this.#guestBell.ring());
    this.#inputs = new RingWriter(shared.toGuest);
    this.#ownBell = new Doorbell(shared.hostBell);
    this.#guestBell = new Doorbell(shared.guestBell);
    this.#control = new ControlWords(shared.control);
    this.#voices = voices;
  }

  /** Opens every port; when one cannot be had, those opened before are closed and its error is thrown. */
  async open(): Promise<void> {
    const inbox: Inbox = this.#inbox();
    try {
      for (const port of this.#ports.values()) await port.open(inbox);
    } catch (error) {
      await this.#closePorts();
      throw error;
    }
  }

  /** Carries messages both ways until `close`. A port that throws is a defect, and ends this. */
  serve(): Promise<void> {
    this.#serving ??= this.#serve();
    return this.#serving;
  }

  async #serve(): Promise<void> {
    while (!this.#closed) {
      const seen = this.#ownBell.rings;
      await this.#takeAll();
      this.#send();
      if (!this.#closed && this.#outputs.used === 0) await this.#ownBell.rung(seen);
    }
  }

  /** After the guest has ended: takes what is left of its outputs and closes the ports. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#ownBell.ring();
    try {
      await this.#serving;
      await this.#takeAll();
    } finally {
      await this.#closePorts();
    }
  }

  async #takeAll(): Promise<void> {
    for (let message = this.#outputs.read(); message !== undefined; message = this.#outputs.read()) {
      const output: Output = decodeOutput(message);
      const hold = this.#ports.get(output.device)?.take(output);
      if (hold !== undefined) await hold;
    }
  }

  async #closePorts(): Promise<void> {
    for (const port of this.#ports.values()) await port.close();
  }

  get #congested(): boolean {
    return this.#waiting.length > 0 || this.#control.holdsMuch;
  }

  #inbox(): Inbox {
    const deliver = (input: Input): void => {
      if (this.#closed) return;
      this.#waiting.push(...pieces(encodeInput(input)));
      this.#send();
    };
    const isCongested = (): boolean => this.#congested;
    return {
      ...this.#voices,
      deliver,
      get congested() {
        return isCongested();
      },
      cleared: () => (isCongested() ? new Promise((done) => this.#onClear.push(done)) : Promise.resolve()),
    };
  }

  /** Puts into the ring what fits. */
  #send(): void {
    let sent = 0;
    while (sent < this.#waiting.length && this.#inputs.tryWrite(this.#waiting[sent]!)) {
      const { body, left } = this.#waiting[sent++]!;
      if (left === 0) giveBack(body);
    }
    if (sent > 0) this.#guestBell.ring();
    this.#waiting.splice(0, sent);
    if (this.#congested) return;
    for (const done of this.#onClear.splice(0)) done();
  }
}
