/**
 * The connections of the logging channel by the names that the core gives them, or has been told.
 */

import type { Socket } from 'node:net';
import type { ConnectionId } from '../../ft/protocol/io.ts';
import type { Message } from '../../ft/protocol/message.ts';
import { Channel, type ChannelEars } from './channel.ts';

export class Connections {
  readonly #channels = new Map<ConnectionId, Channel>();

  /** `ears` are told under no name: who adds the connection knows it. */
  add(connection: ConnectionId, socket: Socket, ears: ChannelEars): void {
    const closed = (reason: string): void => {
      this.#channels.delete(connection);
      ears.closed(reason);
    };
    this.#channels.set(connection, new Channel(socket, { message: (message) => ears.message(message), closed }));
  }

  /** To a connection that is no more: nowhere. */
  send(connection: ConnectionId, message: Message): void {
    this.#channels.get(connection)?.send(message);
  }

  reading(connection: ConnectionId, reading: boolean): void {
    const channel = this.#channels.get(connection);
    if (channel !== undefined) channel.reading = reading;
  }

  disconnect(connection: ConnectionId, reason: string): void {
    this.#channels.get(connection)?.close(reason);
  }

  closeAll(reason: string): void {
    for (const channel of this.#channels.values()) channel.close(reason);
  }
}
