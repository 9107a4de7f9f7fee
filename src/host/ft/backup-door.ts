/**
 * Where a backup listens: who connects, and for what. A primary's channel is heard when nothing is against its first
 * word (newcomer.ts); the copy of an image goes to the mirror; of somebody with another key, or none, or one where none
 * was given, the operator is told once.
 */

import type { Socket } from 'node:net';
import type { ConnectionId } from '../../ft/protocol/io.ts';
import type { PrimaryMessage } from '../../ft/protocol/message.ts';
import { isFromPrimary } from '../../ft/protocol/wire.ts';
import { openingOf } from '../mirror/mirror-stream.ts';
import type { Connections } from './connections.ts';
import type { Endpoint } from './endpoint.ts';
import type { PairKey } from './key.ts';
import { Newcomer, type NewcomerEars } from './newcomer.ts';
import { strangerNotice } from './strangers.ts';
import { type Listener, listen } from './transport.ts';

/** Who connects and says nothing for this long is nobody. */
const GREETING_MS = 5000;

export interface DoorEars {
  readonly objection: NewcomerEars['objection'];
  message(connection: ConnectionId, message: PrimaryMessage): void;
  /** Also of one that was never heard. */
  closed(connection: ConnectionId, reason: string): void;
  mirror(socket: Socket): void;
  notice(text: string): void;
}

export class BackupDoor {
  readonly #connections: Connections;
  readonly #ears: DoorEars;
  #listener: Listener | undefined;
  #connection = 0;
  /** Connections that have not said what they are. */
  readonly #arriving = new Set<Socket>();
  readonly #stranger: (from: string, how?: string) => void;

  constructor(connections: Connections, ears: DoorEars) {
    this.#connections = connections;
    this.#ears = ears;
    this.#stranger = strangerNotice((text) => this.#ears.notice(text));
  }

  /** With the port that was taken; undefined while it is closed. */
  get endpoint(): Endpoint | undefined {
    return this.#listener?.endpoint;
  }

  /** UserError when the address cannot be had. */
  async open(endpoint: Endpoint, key: PairKey | undefined): Promise<Endpoint> {
    this.#listener = await listen(
      endpoint,
      key,
      (socket) => void this.#arrived(socket),
      (from) => this.#stranger(from),
    );
    return this.#listener.endpoint;
  }

  close(): void {
    this.#listener?.close();
    for (const socket of this.#arriving) socket.destroy();
  }

  async #arrived(socket: Socket): Promise<void> {
    this.#arriving.add(socket);
    const from = socket.remoteAddress;
    const opening = await openingOf(socket, GREETING_MS);
    this.#arriving.delete(socket);
    if (opening === 'mirror') this.#ears.mirror(socket);
    else if (opening === 'channel') this.#connected(socket);
    else if (opening === 'keyed') {
      socket.destroy();
      this.#stranger(from ?? 'an unknown address', 'with a key, and none was given here (--key)');
    }
  }

  #connected(socket: Socket): void {
    const connection = ++this.#connection;
    const newcomer = new Newcomer({
      objection: (first) => this.#ears.objection(first),
      message: (message) => this.#ears.message(connection, message),
      refused: (reason) => {
        this.#connections.send(connection, { kind: 'refuse', reason });
        this.#connections.disconnect(connection, reason);
      },
    });
    const timer = setTimeout(() => this.#connections.disconnect(connection, 'it says nothing'), GREETING_MS);
    this.#connections.add(connection, socket, {
      message: (message) => {
        clearTimeout(timer);
        if (isFromPrimary(message)) newcomer.hear(message);
        else this.#connections.disconnect(connection, 'it speaks as a backup');
      },
      closed: (reason) => {
        clearTimeout(timer);
        newcomer.gone();
        this.#ears.closed(connection, reason);
      },
    });
    socket.resume();
  }
}
