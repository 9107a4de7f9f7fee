/**
 * Reads a socket in counted pieces, in turn. No more is kept than what is asked for and a little beyond: the peer is
 * held back by the socket's own buffers. After the end, or an error, every piece is undefined.
 */

import type { Socket } from 'node:net';

const AHEAD_BYTES = 256 << 10;

export class SocketBytes {
  readonly #socket: Socket;
  #chunks: Buffer[] = [];
  #held = 0;
  #wanted = 0;
  #arrived: (() => void) | undefined;
  #ended = false;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', this.#take);
    const end = (): void => {
      this.#ended = true;
      this.#wake();
    };
    socket.on('end', end).on('error', end).on('close', end);
  }

  /** The next `count` bytes, a buffer of the caller's; undefined when the connection ends before. */
  async take(count: number): Promise<Buffer | undefined> {
    if (!(await this.#have(count))) return undefined;
    if (count === 0) return Buffer.alloc(0);
    const first = this.#chunks[0]!;
    if (first.length > count) {
      this.#chunks[0] = first.subarray(count);
      this.#held -= count;
      return first.subarray(0, count);
    }
    const pieces: Buffer[] = [];
    for (let need = count; need > 0; ) {
      const chunk = this.#chunks[0]!;
      const part = chunk.subarray(0, need);
      pieces.push(part);
      need -= part.length;
      if (part.length === chunk.length) this.#chunks.shift();
      else this.#chunks[0] = chunk.subarray(part.length);
    }
    this.#held -= count;
    return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces, count);
  }

  /** Passes over bytes without keeping them; false when the connection ends before. */
  async skip(count: number): Promise<boolean> {
    for (let left = count; left > 0; ) {
      const piece = await this.take(Math.min(left, AHEAD_BYTES));
      if (piece === undefined) return false;
      left -= piece.length;
    }
    return true;
  }

  /** Reads no more: what comes is another's from now on. False when something has come that nobody took. */
  release(): boolean {
    this.#socket.off('data', this.#take).pause();
    return this.#held === 0;
  }

  readonly #take = (chunk: Buffer): void => {
    this.#chunks.push(chunk);
    this.#held += chunk.length;
    if (this.#held >= this.#wanted) this.#wake();
    if (this.#held > this.#wanted + AHEAD_BYTES) this.#socket.pause();
  };

  async #have(count: number): Promise<boolean> {
    while (this.#held < count) {
      if (this.#ended) return false;
      this.#wanted = count;
      this.#socket.resume();
      await new Promise<void>((done) => {
        this.#arrived = done;
      });
    }
    return true;
  }

  #wake(): void {
    this.#arrived?.();
    this.#arrived = undefined;
  }
}
