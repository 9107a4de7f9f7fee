/**
 * The gdb server's socket: one debugger at a time on a port of the loopback, a second one told so and sent away. What
 * is said on it is src/debug/gdb's matter.
 */

import { createServer, type Server, type Socket } from 'node:net';
import { Connection, type ConnectionPorts } from '../debug/gdb/connection.ts';
import { encodePacket } from '../debug/gdb/packet-writer.ts';
import type { DebugTarget } from '../debug/gdb/target.ts';
import { UserError } from '../lib/errors.ts';
import { codeOf, reasonOf } from './os-errors.ts';

const HOST = '127.0.0.1';
const REFUSED = encodePacket('E.another debugger is attached to this recording');
/** gdb reports the answers to its first packets, and then gives up by itself. */
const REFUSALS = 2;

export interface GdbServerOptions {
  readonly target: DebugTarget;
  /** 0: any free one. */
  readonly port: number;
  readonly ports: Omit<ConnectionPorts, 'send'>;
}

export class GdbServer {
  /** 127.0.0.1:PORT. */
  readonly address: string;
  /** Resolves when a debugger has detached or killed, or at `close`; rejects on a defect. */
  readonly done: Promise<void>;
  readonly #server: Server;
  readonly #options: GdbServerOptions;
  readonly #finish: { resolve(): void; reject(error: unknown): void };
  #attached: { readonly socket: Socket; readonly connection: Connection } | undefined;

  private constructor(server: Server, address: string, options: GdbServerOptions) {
    this.#server = server;
    this.address = address;
    this.#options = options;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.done = promise;
    // Whoever waits for the end later is told of a defect then.
    promise.catch(() => {});
    this.#finish = { resolve, reject };
    server.on('connection', (socket) => this.#greet(socket));
  }

  /** UserError when the port cannot be had. */
  static async listen(options: GdbServerOptions): Promise<GdbServer> {
    const server = createServer({ noDelay: true });
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error) => reject(portError(error, options.port)));
      server.listen(options.port, HOST, resolve);
    });
    const { port } = server.address() as { readonly port: number };
    return new GdbServer(server, `${HOST}:${port}`, options);
  }

  /** What runs for the debugger is given up: some of its commands cannot be interrupted from its side. */
  interrupt(): void {
    this.#attached?.connection.interrupt();
  }

  /** Lets go of the port and of a debugger that is attached; what runs for it is given up. */
  async close(): Promise<void> {
    this.#server.close();
    await this.#drop();
    this.#finish.resolve();
  }

  #greet(socket: Socket): void {
    // A debugger that goes away shows as 'close'; how it went does not matter.
    socket.on('error', () => {});
    if (this.#attached === undefined) this.#attach(socket);
    else refuse(socket);
  }

  #attach(socket: Socket): void {
    const { target, ports } = this.#options;
    const send = (bytes: Uint8Array): void => void socket.write(bytes);
    const connection = new Connection(target, { ...ports, send });
    this.#attached = { socket, connection };
    socket.on('data', (bytes: Buffer) => {
      connection.receive(bytes).then(
        () => {
          if (connection.left === undefined) return;
          socket.end();
          this.#finish.resolve();
        },
        (error) => this.#fail(error),
      );
    });
    socket.on('close', () => {
      connection.abandon().then(
        () => {
          if (this.#attached?.socket === socket) this.#attached = undefined;
        },
        (error) => this.#fail(error),
      );
    });
  }

  /** A defect of ours: the debugger is let go, so that it does not wait. */
  #fail(error: unknown): void {
    this.#attached?.socket.destroy();
    this.#finish.reject(error);
  }

  async #drop(): Promise<void> {
    const attached = this.#attached;
    this.#attached = undefined;
    attached?.socket.destroySoon();
    await attached?.connection.abandon();
  }
}

function refuse(socket: Socket): void {
  let answered = 0;
  socket.on('data', (bytes: Buffer) => {
    if (!bytes.includes('$')) return;
    socket.write('+');
    socket.write(REFUSED);
    answered += 1;
    if (answered >= REFUSALS) socket.end();
  });
}

function portError(error: Error, port: number): UserError {
  const what = `port ${port} of ${HOST} cannot be used: ${reasonOf(error)}`;
  const remedy = codeOf(error) === 'EADDRINUSE' ? 'leave --port out for a free one' : 'give another --port';
  return new UserError('bad-port', what, remedy, undefined, error);
}
