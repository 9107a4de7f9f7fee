/**
 * The block server: images on one side, NBD connections on the other, and the pairs' claims, kept in its state folder,
 * on the same path. Only one server uses a state folder at a time.
 */

import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { UserError } from '../../lib/errors.ts';
import type { PairKey } from '../ft/key.ts';
import { listenAt, stopListening } from '../ports/listen-at.ts';
import type { StreamAddress } from '../ports/stream-address.ts';
import { Claims } from './claims.ts';
import { DiskExport, type ExportOptions } from './disk-export.ts';
import { KeyGate } from './key-gate.ts';
import { OwnedFolder } from './owned-folder.ts';
import { ServerConnection } from './server-connection.ts';
import type { ServerState } from './server-handshake.ts';
import { Sessions } from './sessions.ts';

export interface DiskServerOptions {
  readonly exports: readonly ExportOptions[];
  readonly listen: readonly StreamAddress[];
  /** Made when it is not there. `<image>.state` of the first image when left out. */
  readonly state?: string;
  /** Who connects over TCP must show it, in TLS. A socket in the file system is guarded by its permissions. */
  readonly key?: PairKey;
  /** One line for the operator, without a final stop. */
  readonly notice?: (text: string) => void;
  /** How long a client may take until it has opened an export; 30 s when left out. */
  readonly patienceMs?: number;
  /** How many clients at once; 1024 when left out. */
  readonly connectionsMax?: number;
}

export interface DiskServerTotals {
  readonly connections: number;
  readonly requests: number;
}

/** A client that is gone without a word is noticed after about this long. */
const KEEP_ALIVE_MS = 15_000;
const PATIENCE_MS = 30_000;
const CONNECTIONS_MAX = 1024;

export class DiskServer {
  readonly exports: readonly DiskExport[];
  /** Where it listens; a port 0 has become a real one. */
  readonly addresses: readonly StreamAddress[];
  readonly #servers: readonly Server[];
  readonly #folder: OwnedFolder;
  readonly #live: Map<ServerConnection, Promise<void>>;
  readonly #gate: KeyGate | undefined;
  readonly #totals: { connections: number; requests: number };

  private constructor(
    exports: readonly DiskExport[],
    addresses: readonly StreamAddress[],
    servers: readonly Server[],
    folder: OwnedFolder,
    live: Map<ServerConnection, Promise<void>>,
    gate: KeyGate | undefined,
    totals: { connections: number; requests: number },
  ) {
    this.exports = exports;
    this.addresses = addresses;
    this.#servers = servers;
    this.#folder = folder;
    this.#live = live;
    this.#gate = gate;
    this.#totals = totals;
  }

  /** Serves from when this resolves. UserError when it cannot. */
  static async start(options: DiskServerOptions): Promise<DiskServer> {
    const [first] = options.exports;
    if (first === undefined) throw new UserError('no-export', 'no image is given', 'name one as NAME=FILE');
    const names = options.exports.map(({ name }) => name);
    const twice = names.find((name, i) => names.indexOf(name) !== i);
    if (twice !== undefined) {
      throw new UserError('two-exports', `two exports have the name "${twice}"`, 'give each its own');
    }
    const exports: DiskExport[] = [];
    const servers: Server[] = [];
    let folder: OwnedFolder | undefined;
    try {
      for (const one of options.exports) exports.push(await DiskExport.open(one));
      folder = await OwnedFolder.take(options.state ?? `${first.path}.state`, '--state');
      const notice = options.notice ?? (() => {});
      const claims = await Claims.at(join(folder.path, 'claims.json'), notice);
      const { patienceMs = PATIENCE_MS } = options;
      const state = { exports, claims, sessions: new Sessions(), patienceMs, notice };
      return await DiskServer.#listen(state, options, servers, folder);
    } catch (error) {
      for (const server of servers) server.close();
      for (const one of exports) await one.close();
      await folder?.release();
      throw error;
    }
  }

  static async #listen(
    state: ServerState,
    { listen, key, connectionsMax = CONNECTIONS_MAX }: DiskServerOptions,
    servers: Server[],
    folder: OwnedFolder,
  ): Promise<DiskServer> {
    const live = new Map<ServerConnection, Promise<void>>();
    const totals = { connections: 0, requests: 0 };
    const room = roomIn(live, connectionsMax, state.notice);
    const accept = (socket: Socket, greeted?: number): void => {
      if (!room()) {
        socket.destroy();
        return;
      }
      const connection = new ServerConnection(socket, state, greeted);
      totals.connections++;
      socket.setNoDelay(true).setKeepAlive(true, KEEP_ALIVE_MS);
      const serving = connection.serve().finally(() => {
        live.delete(connection);
        totals.requests += connection.requests;
      });
      live.set(connection, serving);
    };
    const gate = key === undefined ? undefined : new KeyGate(key.disk, accept, state.notice);
    const addresses: StreamAddress[] = [];
    for (const address of listen) {
      const server = createServer((socket) => {
        if (gate === undefined || address.kind === 'unix') accept(socket);
        else void gate.knock(socket);
      });
      addresses.push(await listenAt(server, address));
      servers.push(server);
    }
    return new DiskServer(state.exports, addresses, servers, folder, live, gate, totals);
  }

  get totals(): DiskServerTotals {
    const open = [...this.#live.keys()].reduce((sum, connection) => sum + connection.requests, 0);
    return { connections: this.#totals.connections, requests: this.#totals.requests + open };
  }

  /** Finishes what was begun, syncs the images and lets go, of the state folder last. */
  async close(): Promise<void> {
    const closed = this.#servers.map(stopListening);
    this.#gate?.close();
    await Promise.all([...this.#live].map(([connection, serving]) => Promise.all([connection.cutOff(), serving])));
    await Promise.all(closed);
    for (const one of this.exports) await one.close();
    await this.#folder.release();
  }
}

/**
 * Whether another connection may come. When there are too many, the oldest that has no export open gives way: those
 * that have opened one stay, and who fills the server with connections that say nothing shuts nobody out.
 */
function roomIn(live: ReadonlyMap<ServerConnection, unknown>, most: number, notice: (text: string) => void) {
  let isTold = false;
  return (): boolean => {
    if (live.size < most) return true;
    if (!isTold) notice(`there are ${most} connections: for each new one, one that has no export open is closed`);
    isTold = true;
    const oldest = [...live.keys()].find(({ isOpen, isCut }) => !isOpen && !isCut);
    void oldest?.cutOff();
    return oldest !== undefined;
  };
}
