/**
 * An acceptor that others reach over TCP, with the pair's key when it is not on loopback: one of the hosts whose
 * majority decides. A connection carries requests and their replies in turn. It runs inside any process, and only one
 * uses a folder at a time.
 */

import { mkdir } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { UserError } from '../../../lib/errors.ts';
import { SocketBytes } from '../../disk/socket-bytes.ts';
import { listenUnix } from '../../disk/unix-listener.ts';
import { reasonOf } from '../../os-errors.ts';
import { type Endpoint, requireKey } from '../endpoint.ts';
import type { PairKey } from '../key.ts';
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

export class AcceptorServer {
  readonly #listener: Listener;
  readonly #lock: Server;
  readonly #sockets: Set<Socket>;

  private constructor(listener: Listener, lock: Server, sockets: Set<Socket>) {
    this.#listener = listener;
    this.#lock = lock;
    this.#sockets = sockets;
  }

  /** Serves from when this resolves. UserError when it cannot. */
  static async start({ listen: at, folder, key, notice = ignore }: AcceptorOptions): Promise<AcceptorServer> {
    requireKey(at, key);
    await makeFolder(folder);
    const lock = createServer((socket) => socket.destroy());
    await listenUnix(lock, join(folder, 'lock'));
    const store = new AcceptorStore(folder);
    const sockets = new Set<Socket>();
    const connected = (socket: Socket): void => {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
      void serve(socket, store, notice);
    };
    const refused = (from: string): void => notice(`${from} has not the key`);
    try {
      return new AcceptorServer(await listen(at, key, connected, refused), lock, sockets);
    } catch (error) {
      lock.close();
      throw error;
    }
  }

  /** Where it listens; a port 0 has become a real one. */
  get endpoint(): Endpoint {
    return this.#listener.endpoint;
  }

  async close(): Promise<void> {
    this.#listener.close();
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((done) => this.#lock.close(() => done()));
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
    }
  } catch {
    // Who says what cannot be understood is not talked to.
  }
  socket.destroy();
}

async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    const what = `cannot make the folder ${path}: ${reasonOf(error)}`;
    throw new UserError('bad-state', what, 'name another one with --dir', undefined, error);
  }
}

const ignore = (): void => {};
