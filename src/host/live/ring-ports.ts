/**
 * The guest thread's side of the rings: what arrives for the guest, and where its outputs go. Console bytes are kept
 * together until `flush`; everything else goes to the main thread at once, because somebody waits for it.
 */

import type { Input, Output } from '../../emu/machine/events.ts';
import type { OutputPort } from '../../session/gate.ts';
import { monotonicNs } from '../clock.ts';
import { Doorbell } from '../doorbell.ts';
import { decodeInput, encodeOutput } from '../messages.ts';
import { pieces, RingReader, RingWriter } from '../ring.ts';
import { ControlWords, type SharedState } from './shared-state.ts';

/** Console bytes kept together at most. */
const TOGETHER_BYTES_MAX = 16384;
/** How often a thread that waits for room looks whether it is to stop. */
const LOOK_MS = 100;
const NS_PER_MS = 1e6;

export class RingInputs {
  readonly #reader: RingReader;
  readonly #bell: Doorbell;
  readonly #control: ControlWords;

  constructor(shared: SharedState) {
    const hostBell = new Doorbell(shared.hostBell);
    this.#reader = new RingReader(shared.toGuest, () => hostBell.ring());
    this.#bell = new Doorbell(shared.guestBell);
    this.#control = new ControlWords(shared.control);
  }

  get stopAsked(): boolean {
    return this.#control.stopAsked;
  }

  /** The next input that has arrived. */
  take(): Input | undefined {
    const message = this.#reader.read();
    return message === undefined ? undefined : decodeInput(message);
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
  readonly #writer: RingWriter;
  readonly #bell: Doorbell;
  readonly #hostBell: Doorbell;
  readonly #control: ControlWords;
  #device = '';
  #together: Uint8Array[] = [];
  #togetherBytes = 0;
  #consoleBytes = 0n;
  /** A part of a message was dropped: nothing can follow it. */
  #gone = false;

  constructor(shared: SharedState) {
    this.#writer = new RingWriter(shared.toHost);
    this.#bell = new Doorbell(shared.guestBell);
    this.#hostBell = new Doorbell(shared.hostBell);
    this.#control = new ControlWords(shared.control);
  }

  /** Bytes that went to consoles. */
  get consoleBytes(): bigint {
    return this.#consoleBytes;
  }

  /** Blocks the thread while the ring is full. */
  deliver(output: Output): void {
    if (output.kind !== 'console') {
      this.flush();
      this.#put(output);
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
    this.#put({ kind: 'console', device: this.#device, bytes });
  }

  /** A guest that is to stop does not wait for a reader that takes nothing: what finds no room then is dropped. */
  #put(output: Output): void {
    if (this.#gone) return;
    for (const piece of pieces(encodeOutput(output))) {
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
