/**
 * One connection of the logging channel: messages out and in over a stream socket, in order, whole or not at all. What
 * comes that is no message closes it.
 *
 * What is sent in one turn of the event loop leaves together, and of acknowledgements that follow each other the last
 * alone, which says what all of them do: a write costs more than a small frame.
 */

import type { Socket } from 'node:net';
import type { Message } from '../../ft/protocol/message.ts';
import { encodeMessage, MessageSplitter } from '../../ft/protocol/wire.ts';
import { reasonOf } from '../os-errors.ts';

/** Messages are kept together up to about this many bytes: what is long gains nothing by waiting. */
const TOGETHER_BYTES = 64 << 10;

type Ack = Extract<Message, { readonly kind: 'ack' }>;

export interface ChannelEars {
  message(message: Message): void;
  /** Once; nothing follows. */
  closed(reason: string): void;
}

export class Channel {
  readonly #socket: Socket;
  readonly #ears: ChannelEars;
  readonly #splitter = new MessageSplitter();
  #corked = false;
  /** Not written yet; nothing is behind it. */
  #ack: Ack | undefined;
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
    if (this.#closed) return;
    this.#cork();
    if (message.kind === 'ack') {
      this.#ack = message;
      return;
    }
    this.#writeAck();
    this.#write(message);
  }

  /** Off: what comes stays in the network. */
  set reading(reading: boolean) {
    if (reading) this.#socket.resume();
    else this.#socket.pause();
  }

  /** What was sent may still arrive; `closed` is told, unless it was before. */
  close(reason: string): void {
    if (this.#closed) return;
    this.#writeAck();
    this.#closed = true;
    this.#socket.end();
    this.#socket.destroySoon();
    this.#ears.closed(reason);
  }

  #cork(): void {
    if (this.#corked) return;
    this.#corked = true;
    this.#socket.cork();
    process.nextTick(() => {
      this.#corked = false;
      this.#writeAck();
      this.#socket.uncork();
    });
  }

  #writeAck(): void {
    const ack = this.#ack;
    this.#ack = undefined;
    if (ack !== undefined) this.#write(ack);
  }

  #write(message: Message): void {
    this.#socket.write(encodeMessage(message));
    if (this.#socket.writableLength < TOGETHER_BYTES) return;
    this.#socket.uncork();
    if (this.#corked) this.#socket.cork();
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
