/**
 * An acceptor that others reach over TCP, with the pair's key when it is not on loopback: one of the hosts whose
 * majority decides. A connection carries requests and their replies in turn. It runs inside any process, and only one
 * uses a folder at a time.
 */

import type { Socket } from 'node:net';
import { drained } from '../../disk/drained.ts';
import { OwnedFolder } from '../../disk/owned-folder.ts';
import { SocketBytes } from '../../disk/socket-bytes.ts';
import { type Endpoint, requireKey } from '../endpoint.ts';
import type { PairKey } from '../key.ts';
import { strangerNotice } from '../strangers.ts';
import { type Listener, listen } from '../transport.ts';
import { AcceptorStore } from './acceptor-store.ts';
import { decodeAsked, encodeTold, takeBody } from './ballot-wire.ts';

export interface AcceptorOptions {
  /** Port 0: a free one. */
  readonly listen: Endpoint;
  /** Where promises are kept; made when it is absent. An acceptor that is started again must be given the same one. */
  readonly folder: string;
  readonly key?: PairKey;
  /** One line for the operator, without a final stop. */
  readonly notice?: (text: string) => void;
}

/** A connection that says nothing for so long is closed. */
const IDLE_MS = 60_000;
/** A claimer has one connection for each request; the oldest gives way to who comes when there are more. */
const CONNECTIONS_MAX = 256;

export class AcceptorServer {
  readonly #listener: Listener;
  readonly #folder: OwnedFolder;
  readonly #store: AcceptorStore;
  readonly #sockets: Set<Socket>;

  private constructor(listener: Listener, folder: OwnedFolder, store: AcceptorStore, sockets: Set<Socket>) {
    this.#listener = listener;
    this.#folder = folder;
    this.#store = store;
    this.#sockets = sockets;
  }

  /** Serves from when this resolves. UserError when it cannot. */
  static async start({ listen: at, folder: path, key, notice = ignore }: AcceptorOptions): Promise<AcceptorServer> {
    requireKey(at, key);
    const folder = await OwnedFolder.take(path, '--dir');
    const store = new AcceptorStore(path);
    const sockets = new Set<Socket>();
    const connected = (socket: Socket): void => {
      const [oldest] = sockets;
      if (oldest !== undefined && sockets.size >= CONNECTIONS_MAX) {
        sockets.delete(oldest);
        oldest.destroy();
      }
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
      void serve(socket, store, notice);
    };
    try {
      return new AcceptorServer(await listen(at, key, connected, strangerNotice(notice)), folder, store, sockets);
    } catch (error) {
      await folder.release();
      throw error;
    }
  }

  /** Where it listens; a port 0 has become a real one. */
  get endpoint(): Endpoint {
    return this.#listener.endpoint;
  }

  /** What was begun is finished before the folder is let go. */
  async close(): Promise<void> {
    this.#listener.close();
    for (const socket of this.#sockets) socket.destroy();
    await this.#store.close();
    await this.#folder.release();
  }
}

async function serve(socket: Socket, store: AcceptorStore, notice: (text: string) => void): Promise<void> {
  socket.setNoDelay(true).setTimeout(IDLE_MS, () => socket.destroy());
  const input = new SocketBytes(socket);
  try {
    for (;;) {
      const body = await takeBody(input);
      if (body === undefined) break;
      socket.write(encodeTold(await store.answer(decodeAsked(body), notice)));
      await drained(socket);
    }
  } catch {
    // Who says what cannot be understood is not talked to.
  }
  socket.destroy();
}

const ignore = (): void => {};
