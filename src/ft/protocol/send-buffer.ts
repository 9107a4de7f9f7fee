/**
 * The frames that the primary keeps: every frame handed to it until the backup has acknowledged it. Invariant:
 * acked <= sent <= handed, and each only grows; frames acked+1 .. handed are here, byte for byte.
 */

import { Fifo } from './fifo.ts';

export interface KeptFrame {
  readonly sequence: number;
  readonly bytes: Uint8Array;
}

export class SendBuffer {
  readonly #frames = new Fifo<KeptFrame>();
  #bytes = 0;
  #handed = -1;
  #sent = -1;
  #acked = -1;
  /** The next to be sent on the present connection. */
  #cursor = 0;

  /** Of frames that are not acknowledged. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Highest sequence number, -1 for none: handed by the guest, ever sent, acknowledged. */
  get handed(): number {
    return this.#handed;
  }

  get sent(): number {
    return this.#sent;
  }

  get acked(): number {
    return this.#acked;
  }

  add(sequence: number, bytes: Uint8Array): void {
    if (sequence !== this.#handed + 1) throw new Error(`frame ${sequence} was handed over after ${this.#handed}`);
    this.#frames.push({ sequence, bytes });
    this.#handed = sequence;
    this.#bytes += bytes.length;
  }

  /** The frames that the present connection has not carried yet; they count as sent. */
  takeUnsent(): KeptFrame[] {
    const frames: KeptFrame[] = [];
    for (; this.#cursor <= this.#handed; this.#cursor++) {
      const frame = this.#frames.at(this.#cursor - this.#acked - 1);
      if (frame === undefined) throw new Error(`frame ${this.#cursor} is not kept`);
      frames.push(frame);
    }
    this.#sent = Math.max(this.#sent, this.#handed);
    return frames;
  }

  /** What is wrong with an acknowledgement; undefined: nothing, and it is taken. */
  acknowledge(sequence: number): string | undefined {
    if (sequence > this.#sent) return `frame ${sequence} is acknowledged and ${this.#sent} is the last that was sent`;
    if (sequence < this.#acked) return `frame ${sequence} is acknowledged after ${this.#acked}`;
    for (const frame of this.#frames.takeWhile((kept) => kept.sequence <= sequence)) this.#bytes -= frame.bytes.length;
    this.#acked = sequence;
    return undefined;
  }

  /** A new connection to a backup that has `received`: it is sent what follows. Result as of `acknowledge`. */
  resume(received: number): string | undefined {
    const wrong = this.acknowledge(received);
    if (wrong === undefined) this.#cursor = received + 1;
    return wrong;
  }

  /** Nobody will be sent anything more. */
  clear(): void {
    this.#frames.takeAll();
    this.#bytes = 0;
  }
}
