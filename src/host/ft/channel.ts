/**
 * One connection of the logging channel: messages out and in over a stream socket, in order, whole or not at all. What
 * comes that is no message closes it.
 */

import type { Socket } from 'node:net';
import type { Message } from '../../ft/protocol/message.ts';
import { encodeMessage, MessageSplitter } from '../../ft/protocol/wire.ts';
import { reasonOf } from '../os-errors.ts';

export interface ChannelEars {
  message(message: Message): void;
  /** Once; nothing follows. */
  closed(reason: string): void;
}

export class Channel {
  readonly #socket: Socket;
  readonly #ears: ChannelEars;
  readonly #splitter = new MessageSplitter();
  #closed = false;

  /** `socket`: connected, with nothing read from it. */
  constructor(socket: Socket, ears: ChannelEars) {
    this.#socket = socket;
    this.#ears = ears;
    socket.setNoDelay(true);
    socket.on('data', (chunk: Uint8Array) => this.#received(chunk));
    socket.on('error', (error) => this.close(reasonOf(error)));
    socket.on('close', () => this.close('the other side closed the connection'));
  }

  send(message: Message): void {
    if (!this.#closed) this.#socket.write(encodeMessage(message));
  }

  /** Off: what comes stays in the network. */
  set reading(reading: boolean) {
    if (reading) this.#socket.resume();
    else this.#socket.pause();
  }

  /** What was sent may still arrive; `closed` is told, unless it was before. */
  close(reason: string): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#socket.end();
    this.#socket.destroySoon();
    this.#ears.closed(reason);
  }

  #received(chunk: Uint8Array): void {
    if (this.#closed) return;
    try {
      for (const message of this.#splitter.push(chunk)) {
        this.#ears.message(message);
        if (this.#closed) return;
      }
    } catch (error) {
      this.close(`it says what cannot be understood: ${reasonOf(error)}`);
    }
  }
}
