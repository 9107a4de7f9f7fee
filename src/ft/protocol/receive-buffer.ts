/**
 * The frames that the backup holds: received, and not yet executed by its guest. Invariant: a frame is held only if it
 * is whole, its CRC is right and it follows the one before (nothing damaged, doubled or out of order is ever fed).
 */

import { FormatError } from '../../logformat/errors.ts';
import { decodeFrame } from '../../logformat/frame.ts';
import { Fifo } from './fifo.ts';

interface Received {
  readonly sequence: number;
  readonly sizeBytes: number;
}

export class ReceiveBuffer {
  readonly #limitBytes: number;
  readonly #frames = new Fifo<Received>();
  #received = -1;
  #executed = -1;
  #bytes = 0;
  #ended = false;
  #alive = false;
  #full = false;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** Highest sequence number, -1 for none. */
  get received(): number {
    return this.#received;
  }

  get executed(): number {
    return this.#executed;
  }

  /** Received and not executed. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The end of the log is here: the primary's guest is off. */
  get ended(): boolean {
    return this.#ended;
  }

  /** What is here is enough to live: header and images are whole, and the guest has begun or its state is here. */
  get alive(): boolean {
    return this.#alive;
  }

  /** More than the limit is held, and since then not yet down to half of it. */
  get full(): boolean {
    return this.#full;
  }

  /** What is wrong with a frame that came; undefined: nothing, and it is held. */
  accept(sequence: number, bytes: Uint8Array): string | undefined {
    if (this.#ended) return `frame ${sequence} came after the end of the log`;
    if (sequence !== this.#received + 1) return `frame ${sequence} came after ${this.#received}`;
    try {
      const frame = decodeFrame(bytes);
      if (frame.sequence !== sequence) return `frame ${frame.sequence} came as ${sequence}`;
      this.#ended = frame.kind === 'end';
      // Of a copy the state alone is of a tick. docs/log-format.md, "A recording that begins with a checkpoint".
      const hasState = frame.kind === 'checkpoint' && frame.firstTick > 0n;
      if (frame.kind === 'events' || hasState || this.#ended) this.#alive = true;
    } catch (error) {
      if (error instanceof FormatError) return `frame ${sequence}: ${error.message}`;
      throw error;
    }
    this.#frames.push({ sequence, sizeBytes: bytes.length });
    this.#received = sequence;
    this.#bytes += bytes.length;
    if (this.#bytes > this.#limitBytes) this.#full = true;
    return undefined;
  }

  /** The guest has executed everything up to `sequence`. */
  execute(sequence: number): void {
    if (sequence > this.#received || sequence < this.#executed)
      throw new Error(`frame ${sequence} is executed, of ${this.#executed} to ${this.#received}`);
    for (const frame of this.#frames.takeWhile((held) => held.sequence <= sequence)) this.#bytes -= frame.sizeBytes;
    this.#executed = sequence;
    if (this.#bytes <= this.#limitBytes / 2) this.#full = false;
  }
}
