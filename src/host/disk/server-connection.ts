/**
 * One connection of the block server: haggling, then requests, many at a time, answered as they finish. A request is
 * begun when it has been read whole and there is room for it; what is not begun when the connection is cut off never
 * is. Spec: proto.md, "Transmission".
 */

import type { Socket } from 'node:net';
import { reasonOf } from '../os-errors.ts';
import { bytesOf, text16 } from './byte-parts.ts';
import type { DiskExport } from './disk-export.ts';
import { drained } from './drained.ts';
import {
  CHUNK_DONE,
  CHUNK_MAGIC,
  Chunk,
  Command,
  CommandFlag,
  NbdErrno,
  REQUEST_BYTES,
  REQUEST_MAGIC,
  SIMPLE_REPLY_MAGIC,
  TRANSFER_BYTES_MAX,
} from './nbd.ts';
import { check, errnoOf, movedBytes, Refused, type Request, requestOf } from './request.ts';
import { type Negotiated, ServerHandshake, type ServerState } from './server-handshake.ts';
import type { SessionEnd } from './sessions.ts';
import { SocketBytes } from './socket-bytes.ts';

const IN_FLIGHT_MAX = 128;
const IN_FLIGHT_BYTES_MAX = 2 * TRANSFER_BYTES_MAX;
const UNREAD_BYTES_MAX = 16 << 20;
/** A client that has been told that the connection ends, and does not end it by then, is cut off. */
const HANG_UP_MS = 5000;
const NOTHING = new Uint8Array(0);

export class ServerConnection implements SessionEnd {
  readonly #socket: Socket;
  readonly #input: SocketBytes;
  readonly #state: ServerState;
  readonly #running = new Set<Promise<void>>();
  #runningBytes = 0;
  #cut = false;
  #isOpen = false;
  readonly #greeted: number | undefined;
  requests = 0;

  /** `greeted`: the client's flags, when it has been greeted already (key-gate.ts). */
  constructor(socket: Socket, state: ServerState, greeted?: number) {
    this.#socket = socket;
    this.#greeted = greeted;
    this.#input = new SocketBytes(socket);
    this.#state = state;
  }

  /** It has an export open; not yet while it haggles, and no more when it is being hung up on. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  get isCut(): boolean {
    return this.#cut;
  }

  /** Resolves when the connection is closed and everything begun is finished. */
  async serve(): Promise<void> {
    const handshake = new ServerHandshake(this.#socket, this.#input, this.#state, this);
    try {
      const negotiated = await handshake.run(this.#greeted);
      this.#isOpen = negotiated !== undefined;
      if (negotiated !== undefined) await this.#transmit(negotiated);
      this.#isOpen = false;
      await this.#idle();
    } finally {
      if (handshake.session !== undefined) this.#state.sessions.closed(handshake.session, this);
    }
    await this.#hangUp();
  }

  /** The last answers may still be taken, for a while. */
  async #hangUp(): Promise<void> {
    if (this.#socket.closed) return;
    const timer = setTimeout(() => this.#socket.destroy(), HANG_UP_MS);
    await new Promise<void>((done) => this.#socket.once('close', () => done()).end());
    clearTimeout(timer);
  }

  async cutOff(): Promise<void> {
    this.#cut = true;
    this.#socket.destroy();
    await this.#idle();
  }

  /** Until the client disconnects, or breaks the protocol. */
  async #transmit(negotiated: Negotiated): Promise<void> {
    for (;;) {
      const header = await this.#input.take(REQUEST_BYTES);
      if (header === undefined || header.readUInt32BE() !== REQUEST_MAGIC) return;
      const request = await this.#request(header);
      if (request === undefined || request.type === Command.disconnect) return;
      await this.#room(request.length);
      if (this.#cut) return;
      this.#begin(negotiated, request);
    }
  }

  async #request(header: Buffer): Promise<Request | undefined> {
    const request = requestOf(header);
    const { type, length } = request;
    if (type !== Command.write) return request;
    if (length > TRANSFER_BYTES_MAX) return (await this.#input.skip(length)) ? request : undefined;
    const data = await this.#input.take(length);
    return data === undefined ? undefined : { ...request, data };
  }

  #begin(negotiated: Negotiated, request: Request): void {
    this.requests++;
    const bytes = movedBytes(request);
    this.#runningBytes += bytes;
    const running = this.#answer(negotiated, request).finally(() => {
      this.#running.delete(running);
      this.#runningBytes -= bytes;
    });
    this.#running.add(running);
  }

  async #answer(negotiated: Negotiated, request: Request): Promise<void> {
    try {
      const data = await this.#carryOut(negotiated, request);
      if (negotiated.structured && request.type === Command.read) this.#sendChunk(request, data);
      else this.#sendSimple(request, 0, data);
    } catch (error) {
      if (!(error instanceof Refused)) this.#tell(negotiated.opened, error);
      const errno = errnoOf(error);
      if (negotiated.structured) this.#sendError(request, errno, reasonOf(error));
      else this.#sendSimple(request, errno, NOTHING);
    }
  }

  /** The storage failed: the operator hears of the first time. */
  #tell(opened: DiskExport, error: unknown): void {
    const { name, path } = opened.options;
    if (!opened.troubled) this.#state.notice(`export ${name} (${path}): ${reasonOf(error)}; clients get an error`);
    opened.troubled = true;
  }

  /** Checks, and begins, before the first wait: a claim made meanwhile finds it begun or refuses it. */
  #carryOut(negotiated: Negotiated, request: Request): Promise<Uint8Array> {
    const { opened, member } = negotiated;
    check(negotiated, request);
    const { type, offset, length } = request;
    if (type === Command.read) return opened.read(offset, length);
    if (type === Command.flush && !opened.writable(member?.pair)) return opened.flush().then(nothing);
    if (!opened.writable(member?.pair)) throw new Refused(NbdErrno.EPERM, 'the export is read-only here');
    if (member !== undefined && !this.#state.claims.admits(member.pair, member.epoch)) {
      throw new Refused(NbdErrno.EPERM, `epoch ${member.epoch} of the pair ${member.pair} is over`);
    }
    const through = (request.flags & CommandFlag.fua) !== 0;
    const done = (() => {
      if (type === Command.write) return opened.write(offset, request.data!, through);
      if (type === Command.writeZeroes) return opened.zero(offset, length, through);
      if (type === Command.flush) return opened.flush();
      // A trim is advice, which is not taken: the bytes stay.
      return Promise.resolve();
    })();
    if (member !== undefined) this.#state.claims.begun(member.pair, member.epoch, done);
    return done.then(nothing);
  }

  async #room(bytes: number): Promise<void> {
    while (
      !this.#cut &&
      this.#running.size > 0 &&
      (this.#running.size >= IN_FLIGHT_MAX || this.#runningBytes + bytes > IN_FLIGHT_BYTES_MAX)
    ) {
      await Promise.race(this.#running);
    }
    while (!this.#cut && !this.#socket.destroyed && this.#socket.writableLength > UNREAD_BYTES_MAX) {
      await drained(this.#socket);
    }
  }

  async #idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  #sendSimple({ handle }: Request, errno: number, data: Uint8Array): void {
    this.#send(bytesOf([SIMPLE_REPLY_MAGIC, 4], [errno, 4], [handle, 8]), data);
  }

  #sendChunk({ handle, offset }: Request, data: Uint8Array): void {
    const head = bytesOf([CHUNK_MAGIC, 4], [CHUNK_DONE, 2], [Chunk.offsetData, 2], [handle, 8]);
    this.#send(bytesOf(head, [data.length + 8, 4], [offset, 8]), data);
  }

  #sendError({ handle }: Request, errno: number, message: string): void {
    const payload = bytesOf([errno, 4], text16(message));
    const head = bytesOf([CHUNK_MAGIC, 4], [CHUNK_DONE, 2], [Chunk.error, 2], [handle, 8], [payload.length, 4]);
    this.#send(head, payload);
  }

  #send(head: Uint8Array, data: Uint8Array): void {
    if (this.#socket.destroyed) return;
    if (data.length === 0) {
      this.#socket.write(head);
      return;
    }
    this.#socket.cork();
    this.#socket.write(head);
    this.#socket.write(data);
    this.#socket.uncork();
  }
}

const nothing = (): Uint8Array => NOTHING;
