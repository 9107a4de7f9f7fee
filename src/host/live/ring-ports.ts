/**
 * The guest thread's side of the rings: what arrives for the guest, and where its outputs go. Console bytes are kept
 * together until `flush`; everything else goes to the main thread at once, because somebody waits for it.
 */

import type { Input, Output } from '../../emu/machine/events.ts';
import type { OutputPort } from '../../session/gate.ts';
import { monotonicNs } from '../clock.ts';
import { Doorbell } from '../doorbell.ts';
import { decodeInput, encodeOutput, isInput } from '../messages.ts';
import { RingReader } from '../ring.ts';
import { RingSender } from './ring-sender.ts';
import { ControlWords, type SharedState } from './shared-state.ts';

/** Console bytes kept together at most. */
const TOGETHER_BYTES_MAX = 16384;
const NS_PER_MS = 1e6;

export class RingInputs {
  readonly #reader: RingReader;
  readonly #bell: Doorbell;
  readonly #control: ControlWords;
  readonly #other: (message: Uint8Array) => boolean;

  /** `other` gets messages that are no inputs, as they are met; with true what is behind stays for the next `take`. */
  constructor(shared: SharedState, other: (message: Uint8Array) => boolean = refuse) {
    const hostBell = new Doorbell(shared.hostBell);
    this.#other = other;
    this.#reader = new RingReader(shared.toGuest, () => hostBell.ring());
    this.#bell = new Doorbell(shared.guestBell);
    this.#control = new ControlWords(shared.control);
  }

  get stopAsked(): boolean {
    return this.#control.stopAsked;
  }

  /** The next input that has arrived; undefined when there is none, or not yet. */
  take(): Input | undefined {
    for (let message = this.#reader.read(); message !== undefined; message = this.#reader.read()) {
      if (isInput(message)) return decodeInput(message);
      if (this.#other(message)) return undefined;
    }
    return undefined;
  }

  /** Blocks the thread until something arrives or the stop is asked, or until monotonic time `untilNs`. */
  wait(untilNs: bigint | undefined): void {
    for (;;) {
      const seen = this.#bell.rings;
      if (this.#reader.used > 0 || this.stopAsked) return;
      const ms = untilNs === undefined ? Number.POSITIVE_INFINITY : Number(untilNs - monotonicNs()) / NS_PER_MS;
      if (ms <= 0) return;
      this.#bell.wait(seen, ms);
    }
  }
}

export class RingOutputs implements OutputPort {
  readonly #sender: RingSender;
  #device = '';
  #together: Uint8Array[] = [];
  #togetherBytes = 0;
  #consoleBytes = 0n;

  constructor(shared: SharedState) {
    this.#sender = new RingSender(shared);
  }

  /** Bytes that went to consoles. */
  get consoleBytes(): bigint {
    return this.#consoleBytes;
  }

  /** Blocks the thread while the ring is full. */
  deliver(output: Output): void {
    if (output.kind !== 'console') {
      this.flush();
      this.#sender.send(encodeOutput(output));
      return;
    }
    if (output.device !== this.#device || this.#togetherBytes > TOGETHER_BYTES_MAX) this.flush();
    this.#device = output.device;
    this.#together.push(output.bytes.slice());
    this.#togetherBytes += output.bytes.length;
    this.#consoleBytes += BigInt(output.bytes.length);
  }

  /** Everything delivered is in the ring when this returns. */
  flush(): void {
    if (this.#togetherBytes === 0) return;
    const bytes = new Uint8Array(this.#togetherBytes);
    let at = 0;
    for (const part of this.#together) {
      bytes.set(part, at);
      at += part.length;
    }
    this.#together = [];
    this.#togetherBytes = 0;
    this.#sender.send(encodeOutput({ kind: 'console', device: this.#device, bytes }));
  }
}

function refuse(message: Uint8Array): never {
  throw new Error(`a message of kind ${message[0]} is not an input`);
}
