/** Block servers for tests: in this process, or in one of their own that can be killed, frozen and started again. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Server, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, vi } from 'vitest';
import { bytesOf, type Part } from '../../../src/host/disk/byte-parts.ts';
import type { ExportOptions } from '../../../src/host/disk/disk-export.ts';
import { DiskServer, type DiskServerOptions } from '../../../src/host/disk/disk-server.ts';
import { OPTION_MAGIC, REQUEST_MAGIC } from '../../../src/host/disk/nbd.ts';
import { SocketBytes } from '../../../src/host/disk/socket-bytes.ts';
import type { StreamAddress } from '../../../src/host/ports/stream-address.ts';
import { standStill } from '../stand-still.ts';

export const MIB = 1 << 20;
export type UnixAddress = StreamAddress & { readonly kind: 'unix' };
export type TcpAddress = StreamAddress & { readonly kind: 'tcp' };

/** A folder for a test file, with things that are closed after each test, the last first. */
export function diskFolder() {
  let folder = '';
  let made = 0;
  const closers: (() => unknown)[] = [];
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'lockstep-disk-'));
  });
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  const path = (name: string): string => join(folder, name);
  const fresh = (name: string): string => path(`${made++}-${name}`);
  const later = (close: () => unknown): void => void closers.push(close);
  /** The path of an image of `bytes` bytes, each `fill`. */
  const image = (bytes: number = MIB, fill = 0): string => {
    const file = fresh('image.raw');
    writeFileSync(file, Buffer.alloc(bytes, fill));
    return file;
  };
  const unix = (): UnixAddress => ({ kind: 'unix', path: fresh('s') });

  async function serve(
    exports: readonly Partial<ExportOptions>[],
    state = fresh('state'),
    more: Partial<DiskServerOptions> = {},
  ) {
    const at = unix();
    const all = exports.map((one, i) => ({ name: `e${i}`, readonly: false, path: '', ...one }));
    const server = await DiskServer.start({ exports: all, listen: [at], state, ...more });
    let open = true;
    const close = async (): Promise<void> => {
      if (open) await server.close();
      open = false;
    };
    later(close);
    return { server, at, state, close };
  }
  return { path, fresh, later, image, unix, serve };
}

export type DiskFolder = ReturnType<typeof diskFolder>;

/** A server in a process of its own, at the same address and state each time it is started. */
export class ServerProcess {
  readonly at: UnixAddress;
  readonly #arguments: readonly string[];
  #child: ChildProcess | undefined;

  constructor(folder: DiskFolder, exports: readonly string[]) {
    this.at = folder.unix();
    this.#arguments = [folder.fresh('state'), `unix:${this.at.path}`, ...exports];
    folder.later(() => this.kill());
  }

  async start(): Promise<void> {
    const script = fileURLToPath(new URL('./fixtures/server.ts', import.meta.url));
    const child = spawn(process.execPath, [script, ...this.#arguments], { stdio: ['ignore', 'pipe', 'inherit'] });
    this.#child = child;
    const [said] = (await Promise.race([once(child.stdout!, 'data'), once(child, 'exit')])) as [unknown];
    if (!String(said).startsWith('ready')) throw new Error(`the server did not start: ${String(said)}`);
  }

  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }

  freeze(): void {
    const { pid } = this.#child ?? {};
    if (pid !== undefined) standStill(pid);
  }

  thaw(): void {
    this.#child?.kill('SIGCONT');
  }
}

/** Between clients and a server: what goes through it can be lost, held back or slowed. */
export class Relay<A extends StreamAddress = UnixAddress> {
  readonly at: A;
  /** 'deaf': requests arrive, answers do not. 'cut': nobody gets through. 'frozen': nothing moves until 'open'. */
  mode: 'open' | 'deaf' | 'cut' | 'frozen' = 'open';
  delayMs = 0;
  /** How many more answers a new connection gets before it is cut; undefined: all. */
  #answers: number | undefined;
  #unanswered: ((request: Buffer) => boolean) | undefined;
  #to: StreamAddress;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #thawed: (() => void)[] = [];

  private constructor(at: A, to: StreamAddress, server: Server) {
    this.at = at;
    this.#to = to;
    this.#server = server.on('connection', (socket) => this.#accept(socket));
  }

  static async start(folder: DiskFolder, to: StreamAddress): Promise<Relay> {
    const at = folder.unix();
    const proxy = new Relay(at, to, createServer().listen(at.path));
    await once(proxy.#server, 'listening');
    folder.later(() => proxy.close());
    return proxy;
  }

  /** At a free port of this machine. */
  static async startTcp(folder: DiskFolder, to: StreamAddress): Promise<Relay<TcpAddress>> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const proxy = new Relay<TcpAddress>({ kind: 'tcp', host: '127.0.0.1', port }, to, server);
    folder.later(() => proxy.close());
    return proxy;
  }

  set(mode: Relay['mode']): void {
    this.mode = mode;
    if (mode === 'cut') this.drop();
    if (mode !== 'frozen') for (const go of this.#thawed.splice(0)) go();
  }

  /** Whether something is held back until 'open'. */
  get holds(): boolean {
    return this.#thawed.length > 0;
  }

  /** New connections go there. */
  redirect(to: StreamAddress): void {
    this.#to = to;
  }

  /** All connections there are now. */
  drop(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Connections from here on end instead of giving another answer than these first ones; requests arrive. */
  dropAfterAnswers(count: number): void {
    this.#answers = count;
  }

  /** Requests like these arrive, and their connections end instead of giving the answer. */
  dropAnswersTo(requests: (request: Buffer) => boolean): void {
    this.#unanswered = requests;
  }

  close(): void {
    this.set('cut');
    this.#server.close();
  }

  #accept(client: Socket): void {
    if (this.mode === 'cut') {
      client.destroy();
      return;
    }
    let left = this.#answers;
    const server = this.#to.kind === 'unix' ? connect(this.#to.path) : connect(this.#to.port, this.#to.host);
    for (const [from, to, answers] of [
      [client, server, false],
      [server, client, true],
    ] as const) {
      this.#sockets.add(from);
      let last = Promise.resolve();
      from.on('data', (chunk) => {
        last = last.then(async () => {
          if (this.delayMs > 0) await new Promise((done) => setTimeout(done, this.delayMs));
          if (this.mode === 'frozen') await new Promise<void>((done) => this.#thawed.push(done));
          if (!answers && this.#unanswered?.(chunk)) left = 0;
          if (answers && left !== undefined && left-- === 0) to.destroy();
          if (!to.destroyed && !(answers && this.mode === 'deaf')) to.write(chunk);
        });
      });
      from.on('error', () => {});
      from.on('close', () => {
        this.#sockets.delete(from);
        void last.then(() => to.destroy());
      });
    }
  }
}

/**
 * The most bytes that a socket of this process had unsent after a write, from here on; those of `but` are not counted.
 * To be undone with `vi.restoreAllMocks`.
 */
export function mostUnsent(but: Socket): () => number {
  let most = 0;
  const { write } = Socket.prototype;
  vi.spyOn(Socket.prototype, 'write').mockImplementation(function (this: Socket, ...args: unknown[]) {
    const isRoom = Reflect.apply(write, this, args) as boolean;
    if (this !== but) most = Math.max(most, this.writableLength);
    return isRoom;
  });
  return () => most;
}

/** A client that says exactly what it is told. */
export class RawClient {
  readonly socket: Socket;
  readonly input: SocketBytes;

  constructor(at: StreamAddress) {
    this.socket = at.kind === 'unix' ? connect(at.path) : connect(at.port, at.host);
    this.input = new SocketBytes(this.socket);
    this.socket.on('error', () => {});
  }

  send(...parts: readonly Part[]): void {
    this.socket.write(bytesOf(...parts));
  }

  /** Throws when the connection ends before. */
  async take(count: number): Promise<Buffer> {
    const bytes = await this.input.take(count);
    if (bytes === undefined) throw new Error('the server hung up');
    return bytes;
  }

  async ended(): Promise<boolean> {
    return (await this.input.take(1)) === undefined;
  }

  /** Answers the greeting. */
  async greet(flags = 3): Promise<Buffer> {
    const greeting = await this.take(18);
    this.send([flags, 4]);
    return greeting;
  }

  option(option: number, ...parts: readonly Part[]): void {
    const data = bytesOf(...parts);
    this.send([OPTION_MAGIC, 8], [option, 4], [data.length, 4], data);
  }

  async optionReply(): Promise<{ option: number; type: number; data: Buffer }> {
    const header = await this.take(20);
    const data = await this.take(header.readUInt32BE(16));
    return { option: header.readUInt32BE(8), type: header.readUInt32BE(12), data };
  }

  /** Replies up to the last one. */
  async replies(): Promise<{ type: number; data: Buffer }[]> {
    const all: { type: number; data: Buffer }[] = [];
    for (;;) {
      const { type, data } = await this.optionReply();
      all.push({ type, data });
      if (type === 1 || type >= 0x8000_0000) return all;
    }
  }

  /** Opens by EXPORT_NAME, without zeroes: size and flags. */
  async open(name: string): Promise<{ size: number; flags: number }> {
    this.option(1, Buffer.from(name));
    const reply = await this.take(10);
    return { size: Number(reply.readBigUInt64BE()), flags: reply.readUInt16BE(8) };
  }

  request(type: number, handle: number, offset: number | bigint, length: number, flags = 0, data?: Uint8Array): void {
    this.send([REQUEST_MAGIC, 4], [flags, 2], [type, 2], [handle, 8], [offset, 8], [length, 4]);
    if (data !== undefined) this.socket.write(data);
  }

  /** A simple reply; `bytes` of data follow when it is no error. */
  async reply(bytes = 0): Promise<{ handle: number; errno: number; data: Buffer }> {
    const header = await this.take(16);
    if (header.readUInt32BE() !== 0x67446698) throw new Error('not a simple reply');
    const errno = header.readUInt32BE(4);
    const data = errno === 0 ? await this.take(bytes) : Buffer.alloc(0);
    return { errno, handle: Number(header.readBigUInt64BE(8)), data };
  }
}
