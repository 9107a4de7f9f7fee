/**
 * Frames from bytes that arrive in pieces, as on a channel or a pipe. Holds at most one frame that is not whole yet.
 */

import { FormatError } from './errors.ts';
import { decodeFrame, frameLength, type StoredFrame } from './frame.ts';

export class FrameStream {
  /** Bytes that are not a whole frame yet, as they came. */
  #pieces: Uint8Array[] = [];
  #held = 0;
  /** Bytes that the frame they begin takes at least. */
  #needed = 1;
  #sequence: number;

  /** `sequence`: number of the frame that must come first. */
  constructor(sequence = 0) {
    this.#sequence = sequence;
  }

  /** Bytes held that are not a whole frame yet. */
  get waiting(): number {
    return this.#held;
  }

  /** Bytes that follow those before. */
  push(bytes: Uint8Array): void {
    this.#pieces.push(new Uint8Array(bytes));
    this.#held += bytes.length;
  }

  /**
   * The next frame, or undefined when it is not whole yet. FormatError at the first wrong byte or number; the stream
   * is of no use after that.
   */
  next(): StoredFrame | undefined {
    if (this.#held < this.#needed) return undefined;
    const bytes = this.#join();
    const length = frameLength(bytes, 0);
    if (length === undefined || length > bytes.length) {
      this.#needed = length ?? bytes.length + 1;
      return undefined;
    }
    const frame = decodeFrame(bytes.slice(0, length));
    if (frame.sequence !== this.#sequence) {
      throw new FormatError(`frame ${frame.sequence} where ${this.#sequence} should be`);
    }
    this.#sequence++;
    this.#pieces = [bytes.subarray(length)];
    this.#held -= length;
    this.#needed = 1;
    return frame;
  }

  #join(): Uint8Array {
    const [only] = this.#pieces;
    if (this.#pieces.length === 1 && only !== undefined) return only;
    const all = new Uint8Array(this.#held);
    let at = 0;
    for (const piece of this.#pieces) {
      all.set(piece, at);
      at += piece.length;
    }
    this.#pieces = [all];
    return all;
  }
}
