/**
 * One open export of an NBD server: requests go out as they come, replies come back in any order. Whatever goes wrong
 * with the connection ends it; what is unanswered then is the caller's to send again on another one.
 */

import { bytesOf } from '../disk/byte-parts.ts';
import { Command, REQUEST_MAGIC, SIMPLE_REPLY_BYTES, SIMPLE_REPLY_MAGIC } from '../disk/nbd.ts';
import { reasonOf } from '../os-errors.ts';
import type { ExportFacts, NbdNegotiation } from './nbd-negotiation.ts';

export interface NbdRequest {
  readonly command: number;
  readonly offset: number;
  readonly length: number;
  /** Of a write. */
  readonly data?: Uint8Array;
  /** Where a read puts its bytes. */
  readonly into?: Uint8Array;
}

/** `late`: the server has not answered by the deadline. */
export type Lost = (reason: string, late: boolean) => void;

/** `errno` is 0 when it was done (`NbdErrno`); undefined when the connection ended before the answer. */
export type Answered = (errno: number | undefined) => void;

interface Waiting {
  readonly request: NbdRequest;
  readonly answered: Answered;
  readonly sentMs: number;
}

const CLOSE_MS = 1000;

export class NbdConnection {
  readonly facts: ExportFacts;
  readonly #negotiation: NbdNegotiation;
  readonly #waiting = new Map<bigint, Waiting>();
  readonly #lost: Lost;
  readonly #timer: NodeJS.Timeout;
  #next = 0n;
  #ended = false;

  /** `lost` is called once, unless `close` or `drop` was called before, after the last of `Answered`. */
  constructor(negotiation: NbdNegotiation, facts: ExportFacts, deadlineMs: number, lost: Lost) {
    this.#negotiation = negotiation;
    this.facts = facts;
    this.#lost = lost;
    negotiation.socket.on('error', (error) => this.fail(reasonOf(error)));
    this.#timer = setInterval(
      () => {
        const [oldest] = this.#waiting.values();
        if (oldest !== undefined && performance.now() - oldest.sentMs > deadlineMs) {
          this.fail(`no answer for ${deadlineMs / 1000} s`, true);
        }
      },
      Math.min(deadlineMs / 4, 1000),
    );
    this.#timer.unref();
    this.#read().catch((error: unknown) => this.fail(reasonOf(error)));
  }

  get inFlight(): number {
    return this.#waiting.size;
  }

  send(request: NbdRequest, answered: Answered): void {
    if (this.#ended) {
      answered(undefined);
      return;
    }
    const { command, offset, length, data } = request;
    const handle = this.#next++;
    this.#waiting.set(handle, { request, answered, sentMs: performance.now() });
    const head = bytesOf([REQUEST_MAGIC, 4], [0, 2], [command, 2], [handle, 8], [offset, 8], [length, 4]);
    const { socket } = this.#negotiation;
    if (data === undefined) {
      socket.write(head);
      return;
    }
    socket.cork();
    socket.write(head);
    socket.write(data);
    socket.uncork();
  }

  /** Cuts the connection; answers on their way are not heard. */
  drop(): void {
    if (this.#ended) return;
    this.#ended = true;
    clearInterval(this.#timer);
    this.#negotiation.socket.destroy();
    const unanswered = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { answered } of unanswered) answered(undefined);
  }

  /** Cuts the connection as lost. */
  fail(reason: string, late = false): void {
    if (this.#ended) return;
    this.drop();
    this.#lost(reason, late);
  }

  /** Says that it goes. Everything sent has been answered. */
  async close(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    clearInterval(this.#timer);
    const { socket } = this.#negotiation;
    await new Promise<void>((done) => {
      const timer = setTimeout(done, CLOSE_MS);
      socket.once('close', () => {
        clearTimeout(timer);
        done();
      });
      socket.end(bytesOf([REQUEST_MAGIC, 4], [0, 2], [Command.disconnect, 2], [0, 8], [0, 8], [0, 4]));
    });
    socket.destroy();
  }

  async #read(): Promise<void> {
    const { input } = this.#negotiation;
    for (;;) {
      const header = await input.take(SIMPLE_REPLY_BYTES);
      if (header === undefined) throw new Error('the server closed the connection');
      const handle = header.readBigUInt64BE(8);
      const errno = header.readUInt32BE(4);
      const waiting = this.#waiting.get(handle);
      if (header.readUInt32BE() !== SIMPLE_REPLY_MAGIC || waiting === undefined) {
        throw new Error('the server breaks the protocol');
      }
      const { into } = waiting.request;
      if (into !== undefined && errno === 0) {
        const data = await input.take(waiting.request.length);
        if (data === undefined) throw new Error('the server closed the connection');
        if (this.#ended) return;
        into.set(data);
      }
      this.#waiting.delete(handle);
      waiting.answered(errno);
    }
  }
}
