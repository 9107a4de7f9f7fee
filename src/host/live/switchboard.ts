/**
 * The main thread's side of the rings: takes outputs to the ports they are for, and puts what ports deliver into the
 * guest's ring. One output is taken at a time, in the order the guest made them; a port that asks to hold is waited
 * for.
 */

import type { Input, Output } from '../../emu/machine/events.ts';
import { Doorbell } from '../doorbell.ts';
import { decodeOutput, encodeInput } from '../messages.ts';
import type { HostPort, Inbox } from '../ports/port.ts';
import { RingReader } from '../ring.ts';
import { InputLine, type Voices } from './input-line.ts';
import type { SharedState } from './shared-state.ts';

/** The main thread's ends of a guest's rings. */
export interface RingEnds {
  readonly outputs: RingReader;
  readonly inputs: InputLine;
}

export class Switchboard {
  readonly #ports: ReadonlyMap<string, HostPort>;
  readonly #outputs: RingReader;
  readonly #inputs: InputLine;
  readonly #ownBell: Doorbell;
  readonly #voices: Voices;
  #serving: Promise<void> | undefined;
  #closed = false;
  #handedOver = false;

  /** Outputs of a device without a port go nowhere. */
  constructor(shared: SharedState, ports: readonly HostPort[], voices: Voices) {
    this.#ports = new Map(ports.map((port) => [port.device, port]));
    const guestBell = new Doorbell(shared.guestBell);
    this.#outputs = new RingReader(shared.toHost, () => guestBell.ring());
    this.#inputs = new InputLine(shared);
    this.#ownBell = new Doorbell(shared.hostBell);
    this.#voices = voices;
  }

  /** Opens every port; when one cannot be had, those opened before are closed and its error is thrown. */
  async open(): Promise<void> {
    const inbox: Inbox = this.#inputs.inbox(this.#voices);
    try {
      for (const port of this.#ports.values()) await port.open(inbox);
    } catch (error) {
      await this.#closePorts();
      throw error;
    }
  }

  input(input: Input): void {
    this.#inputs.send(encodeInput(input));
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
      this.#inputs.pump();
      if (!this.#closed && this.#outputs.used === 0) await this.#ownBell.rung(seen);
    }
  }

  /**
   * Another serves the guest from now on: resolves with the rings when the output that is under way has been taken.
   * Ports stay open, and what they deliver goes into the guest's ring as before; `close` does nothing any more.
   */
  async handOver(): Promise<RingEnds> {
    this.#closed = true;
    this.#handedOver = true;
    this.#ownBell.ring();
    await this.#serving;
    return { outputs: this.#outputs, inputs: this.#inputs };
  }

  /** After the guest has ended: takes what is left of its outputs and closes the ports. */
  async close(): Promise<void> {
    if (this.#handedOver) return;
    this.#closed = true;
    this.#inputs.close();
    this.#ownBell.ring();
    try {
      await this.#serving;
      await this.#takeAll();
    } finally {
      await this.#closePorts();
    }
  }

  async #takeAll(): Promise<void> {
    while (!this.#handedOver) {
      const message = this.#outputs.read();
      if (message === undefined) return;
      const output: Output = decodeOutput(message);
      const hold = this.#ports.get(output.device)?.take(output);
      if (hold !== undefined) await hold;
    }
  }

  async #closePorts(): Promise<void> {
    for (const port of this.#ports.values()) await port.close();
  }
}
