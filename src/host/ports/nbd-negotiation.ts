/**
 * The client's side of NBD's option haggling, with any server that speaks fixed newstyle. One deadline is over all of
 * it: a server that is frozen, or says nothing, is a failure.
 */

import type { Socket } from 'node:net';
import { bytesOf, type Part } from '../disk/byte-parts.ts';
import {
  Flag,
  HANDSHAKE_MAGIC,
  Handshake,
  Info,
  OPTION_MAGIC,
  OPTION_REPLY_MAGIC,
  Option,
  REPLY_ERROR_BIT,
  Reply,
  TRANSFER_BYTES_MAX,
} from '../disk/nbd.ts';
import { SocketBytes } from '../disk/socket-bytes.ts';
import { reasonOf } from '../os-errors.ts';
import { pskUpgrade } from '../psk-tls.ts';
import type { NbdSecurity } from './nbd-security.ts';
import { connectTo, type StreamAddress } from './stream-address.ts';

/** What a server says of the export that was opened. */
export interface ExportFacts {
  readonly sizeBytes: number;
  /** Transmission flags (`Flag`). */
  readonly flags: number;
  readonly minBlockBytes: number;
  readonly maxBytes: number;
}

export interface OptionReply {
  readonly type: number;
  readonly data: Buffer;
}

/** The server answered an option with an error. */
export class OptionError extends Error {
  override readonly name = 'OptionError';
  readonly type: number;
  constructor(type: number, message: string) {
    super(message);
    this.type = type;
  }
}

/** Of all replies to one option: what we ask for has a few short ones. */
const REPLIES_MAX = 100;
const REPLY_BYTES_MAX = 1 << 20;

export class NbdNegotiation {
  readonly #timer: NodeJS.Timeout;
  #socket: Socket;
  #input: SocketBytes;
  #noZeroes = false;
  #failure: string | undefined;

  private constructor(socket: Socket, deadlineMs: number) {
    this.#socket = socket;
    this.#input = new SocketBytes(socket);
    socket.on('error', (error) => {
      this.#failure ??= reasonOf(error);
    });
    this.#timer = setTimeout(() => {
      this.#failure ??= `no answer for ${deadlineMs / 1000} s`;
      this.#socket.destroy();
    }, deadlineMs);
  }

  /** Connected, greeted, and behind TLS as `security` has it. Rejects with an Error that says why not. */
  static async begin(at: StreamAddress, deadlineMs: number, security?: NbdSecurity): Promise<NbdNegotiation> {
    const socket = connectTo(at);
    socket.setNoDelay(true);
    const negotiation = new NbdNegotiation(socket, deadlineMs);
    try {
      await negotiation.#greet();
      if (security !== undefined) await negotiation.#startTls(security);
      return negotiation;
    } catch (error) {
      negotiation.abandon();
      throw error;
    }
  }

  get socket(): Socket {
    return this.#socket;
  }

  get input(): SocketBytes {
    return this.#input;
  }

  /** The replies to an option but the last, which was ACK. Rejects with OptionError when it was an error. */
  async option(option: number, ...parts: readonly Part[]): Promise<readonly OptionReply[]> {
    this.#send(option, parts);
    const replies: OptionReply[] = [];
    for (let bytes = 0; ; ) {
      const header = await this.#take(20);
      const type = header.readUInt32BE(12);
      const length = header.readUInt32BE(16);
      if (header.readBigUInt64BE() !== OPTION_REPLY_MAGIC || header.readUInt32BE(8) !== option) throw notNbd();
      bytes += length;
      if (bytes > REPLY_BYTES_MAX || replies.length > REPLIES_MAX) throw new Error('its answer has no end');
      const data = await this.#take(length);
      if ((type & REPLY_ERROR_BIT) !== 0) throw new OptionError(type, data.toString() || `error ${type} of the server`);
      if (type === Reply.ack) return replies;
      replies.push({ type, data });
    }
  }

  /** Ends the haggling: requests may follow on `socket`, replies on `input`. */
  async open(name: string): Promise<ExportFacts> {
    const bytes = Buffer.from(name);
    const wanted = bytesOf([1, 2], [Info.blockSize, 2]);
    try {
      const facts = factsOf(await this.option(Option.go, [bytes.length, 4], bytes, wanted));
      this.#finish();
      return facts;
    } catch (error) {
      if (!(error instanceof OptionError) || error.type !== Reply.errUnsupported) throw error;
    }
    this.#send(Option.exportName, [bytes]);
    const reply = await this.#take(this.#noZeroes ? 10 : 134);
    this.#finish();
    return { ...sizeAndFlags(reply), minBlockBytes: 1, maxBytes: TRANSFER_BYTES_MAX };
  }

  /** Ends the connection, politely. */
  async close(): Promise<void> {
    await this.option(Option.abort).catch(() => {});
    this.abandon();
  }

  abandon(): void {
    this.#finish();
    this.socket.destroy();
  }

  async #greet(): Promise<void> {
    const greeting = await this.#take(18);
    if (greeting.readBigUInt64BE() !== HANDSHAKE_MAGIC || greeting.readBigUInt64BE(8) !== OPTION_MAGIC) throw notNbd();
    const flags = greeting.readUInt16BE(16);
    if ((flags & Handshake.fixedNewstyle) === 0) throw new Error('it speaks an old form of NBD only');
    this.#noZeroes = (flags & Handshake.noZeroes) !== 0;
    this.socket.write(bytesOf([flags & (Handshake.fixedNewstyle | Handshake.noZeroes), 4]));
  }

  async #startTls({ psk, isNeeded }: NbdSecurity): Promise<void> {
    try {
      await this.option(Option.startTls);
    } catch (error) {
      if (!(error instanceof OptionError)) throw error;
      if (isNeeded) throw new Error('it has no TLS, with which the key would be shown');
      return;
    }
    // What came before TLS and would be taken as said within it is an attack.
    if (!this.#input.release()) throw notNbd();
    const secured = pskUpgrade(this.#socket, psk);
    this.#socket = secured;
    await new Promise<void>((done, failed) => {
      const fail = (): void => failed(new Error(this.#failure ?? 'it does not take the key'));
      secured.once('error', fail).once('close', fail).once('secureConnect', done);
    });
    this.#input = new SocketBytes(secured);
  }

  #send(option: number, parts: readonly Part[]): void {
    const data = bytesOf(...parts);
    this.socket.write(bytesOf([OPTION_MAGIC, 8], [option, 4], [data.length, 4], data));
  }

  async #take(count: number): Promise<Buffer> {
    const bytes = await this.input.take(count);
    if (bytes === undefined) throw new Error(this.#failure ?? 'the server closed the connection');
    return bytes;
  }

  #finish(): void {
    clearTimeout(this.#timer);
  }
}

const notNbd = (): Error => new Error('what answers there is no NBD server');

function sizeAndFlags(data: Buffer): Pick<ExportFacts, 'sizeBytes' | 'flags'> {
  const flags = data.readUInt16BE(8);
  // A server that sets no flags says nothing about itself.
  return { sizeBytes: Number(data.readBigUInt64BE()), flags: (flags & Flag.hasFlags) === 0 ? 0 : flags };
}

function factsOf(replies: readonly OptionReply[]): ExportFacts {
  let facts: ExportFacts | undefined;
  let sizes = { minBlockBytes: 1, maxBytes: TRANSFER_BYTES_MAX };
  for (const { type, data } of replies) {
    if (type !== Reply.info || data.length < 2) continue;
    const info = data.readUInt16BE();
    if (info === Info.export && data.length === 12) facts = { ...sizeAndFlags(data.subarray(2)), ...sizes };
    if (info === Info.blockSize && data.length === 14) {
      const maxBytes = Math.min(data.readUInt32BE(10), TRANSFER_BYTES_MAX);
      sizes = { minBlockBytes: data.readUInt32BE(2), maxBytes };
    }
  }
  if (facts === undefined) throw notNbd();
  return { ...facts, ...sizes };
}
