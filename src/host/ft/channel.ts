/**
 * One connection of the logging channel.
 *
 * What is sent in one turn of the event loop leaves together, and of acknowledgements that follow each other the last
 * alone, which says what all of them do: a write costs more than a small frame.
 */

import type { Socket } from 'node:net';
import type { Message } from '../../ft/protocol/message.ts';
import { encodeMessage, MessageSplitter } from '../../ft/protocol/wire.ts';
import { type MessageEars, MessageSocket } from './message-socket.ts';

/** Messages are kept together up to about this many bytes: what is long gains nothing by waiting. */
const TOGETHER_BYTES = 64 << 10;

type Ack = Extract<Message, { readonly kind: 'ack' }>;

export type ChannelEars = MessageEars<Message>;

export class Channel extends MessageSocket<Message> {
  #corked = false;
  /** Not written yet; nothing is behind it. */
  #ack: Ack | undefined;

  constructor(socket: Socket, ears: ChannelEars) {
    super(socket, { splitter: new MessageSplitter(), encode: encodeMessage }, ears);
  }

  protected override write(message: Message): void {
    this.#cork();
    if (message.kind === 'ack') {
      this.#ack = message;
      return;
    }
    this.flush();
    this.#put(message);
  }

  protected override flush(): void {
    const ack = this.#ack;
    this.#ack = undefined;
    if (ack !== undefined) this.#put(ack);
  }

  #cork(): void {
    if (this.#corked) return;
    this.#corked = true;
    this.socket.cork();
    process.nextTick(() => {
      this.#corked = false;
      this.flush();
      this.socket.uncork();
    });
  }

  #put(message: Message): void {
    super.write(message);
    if (this.socket.writableLength < TOGETHER_BYTES) return;
    this.socket.uncork();
    if (this.#corked) this.socket.cork();
  }
}
