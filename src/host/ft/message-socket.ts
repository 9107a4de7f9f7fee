/**
 * One connection between the sides of a pair: messages out and in over a stream socket, in order, whole or not at all.
 * What comes that is no message, or is refused as such (FormatError), closes it; another error of who hears it is a
 * defect here, and is not kept quiet as a fault of the other side.
 */

import type { Socket } from 'node:net';
import type { EnvelopeSplitter } from '../../ft/protocol/wire.ts';
import { FormatError } from '../../logformat/errors.ts';
import { reasonOf } from '../os-errors.ts';

export interface MessageEars<M> {
  /** FormatError: it says what it must not. */
  message(message: M): void;
  /** Once; nothing follows. */
  closed(reason: string): void;
}

export interface MessageCodec<M> {
  readonly splitter: EnvelopeSplitter<M>;
  readonly encode: (message: M) => Uint8Array;
}

export class MessageSocket<M> {
  protected readonly socket: Socket;
  readonly #codec: MessageCodec<M>;
  readonly #ears: MessageEars<M>;
  #closed = false;

  /** `socket`: connected, with nothing taken from it. */
  constructor(socket: Socket, codec: MessageCodec<M>, ears: MessageEars<M>) {
    this.socket = socket;
    this.#codec = codec;
    this.#ears = ears;
    socket.setNoDelay(true);
    socket.on('data', (chunk: Uint8Array) => this.#received(chunk));
    socket.on('error', (error) => this.close(reasonOf(error)));
    socket.on('close', () => this.close('the other side closed the connection'));
  }

  send(message: M): void {
    if (!this.#closed) this.write(message);
  }

  /** Off: what comes stays in the network. */
  set reading(reading: boolean) {
    if (reading) this.socket.resume();
    else this.socket.pause();
  }

  /** What was sent may still arrive; `closed` is told, unless it was before. */
  close(reason: string): void {
    if (this.#closed) return;
    this.flush();
    this.#closed = true;
    this.socket.end();
    this.socket.destroySoon();
    this.#ears.closed(reason);
  }

  /** To the socket, now or soon. */
  protected write(message: M): void {
    this.socket.write(this.#codec.encode(message));
  }

  /** What `write` has put off is written. */
  protected flush(): void {}

  #received(chunk: Uint8Array): void {
    if (this.#closed) return;
    for (const message of this.#messagesIn(chunk)) {
      this.#hear(message);
      if (this.#closed) return;
    }
  }

  /** Those before what is none. */
  *#messagesIn(chunk: Uint8Array): Generator<M, void> {
    try {
      yield* this.#codec.splitter.push(chunk);
    } catch (error) {
      this.#refuse(error);
    }
  }

  #hear(message: M): void {
    try {
      this.#ears.message(message);
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      this.#refuse(error);
    }
  }

  #refuse(error: unknown): void {
    this.close(`it says what cannot be understood: ${reasonOf(error)}`);
  }
}
