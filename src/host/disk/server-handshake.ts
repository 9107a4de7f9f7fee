/**
 * The server's side of NBD's option haggling: from the greeting to an export, or to the end of the connection. Our own
 * options (claims and sessions) are answered here too. Every option gets an answer, malformed ones an error; only
 * what leaves no other way ends the connection (spec: proto.md, "Fixed newstyle negotiation").
 *
 * Who haggles has shown nothing yet: it gets a time in which to say what it wants and to take the answers, and a number
 * of bytes to say it in. What the server takes itself, for a claim that waits for the storage, is not counted.
 */

import type { Socket } from 'node:net';
import { reasonOf } from '../os-errors.ts';
import { bytesOf, Fields, MalformedError, type Part } from './byte-parts.ts';
import type { Claims } from './claims.ts';
import type { DiskExport } from './disk-export.ts';
import { drained } from './drained.ts';
import { greet } from './greeting.ts';
import {
  Handshake,
  Info,
  NAME_BYTES_MAX,
  OPTION_MAGIC,
  OPTION_REPLY_MAGIC,
  Option,
  Reply,
  TRANSFER_BYTES_MAX,
} from './nbd.ts';
import { claim, type Member, read, type SessionAsked, sessionIn } from './private-options.ts';
import type { SessionEnd, Sessions } from './sessions.ts';
import type { SocketBytes } from './socket-bytes.ts';

/** What every connection shares. */
export interface ServerState {
  readonly exports: readonly DiskExport[];
  readonly claims: Claims;
  readonly sessions: Sessions;
  /** How long a client may take to haggle. */
  readonly patienceMs: number;
  /** One line for the operator, without a final stop. */
  notice(text: string): void;
}

export interface Negotiated {
  readonly opened: DiskExport;
  readonly structured: boolean;
  readonly member?: Member;
}

/** Longest option taken whole. */
const OPTION_BYTES_MAX = 64 << 10;
/** Of all options together: who says more than this is no client. */
const HAGGLING_BYTES_MAX = 16 << 20;
const PREFERRED_BYTES = 4096;

/** An answer to an option that is an error. */
class Refusal extends Error {
  readonly type: number;
  constructor(type: number, message: string) {
    super(message);
    this.type = type;
  }
}

export class ServerHandshake {
  readonly #socket: Socket;
  readonly #input: SocketBytes;
  readonly #state: ServerState;
  readonly #end: SessionEnd;
  #patienceMs: number;
  #bytes = 0;
  #noZeroes = false;
  #structured = false;
  #member: Member | undefined;
  /** Hexadecimal; the connection gives it back when it ends. */
  session: string | undefined;

  constructor(socket: Socket, input: SocketBytes, state: ServerState, end: SessionEnd) {
    this.#socket = socket;
    this.#input = input;
    this.#state = state;
    this.#end = end;
    this.#patienceMs = state.patienceMs;
  }

  /** undefined: the connection is to be ended. `greeted`: the client's flags, when it has been greeted already. */
  async run(greeted?: number): Promise<Negotiated | undefined> {
    const flags = greeted ?? (await this.#patiently(greet(this.#socket, this.#input)));
    if (flags === undefined) return undefined;
    this.#noZeroes = (flags & Handshake.noZeroes) !== 0;
    for (;;) {
      await this.#patiently(drained(this.#socket));
      // What it said before it was cut off is nobody's any more.
      if (this.#socket.destroyed) return undefined;
      const header = await this.#patiently(this.#input.take(16));
      if (header === undefined || header.readBigUInt64BE() !== OPTION_MAGIC) return undefined;
      const option = header.readUInt32BE(8);
      const length = header.readUInt32BE(12);
      this.#bytes += header.length + length;
      if (this.#bytes > HAGGLING_BYTES_MAX) return undefined;
      if (length > OPTION_BYTES_MAX) {
        if (option === Option.exportName || !(await this.#patiently(this.#input.skip(length)))) return undefined;
        this.#refuse(option, new Refusal(Reply.errTooBig, 'the option is too long'));
        continue;
      }
      const data = await this.#patiently(this.#input.take(length));
      if (data === undefined) return undefined;
      if (option === Option.exportName) return this.#byName(data);
      if (option === Option.abort) {
        this.#reply(option, Reply.ack);
        return undefined;
      }
      const chosen = await this.#answer(option, data);
      if (chosen !== undefined) return this.#negotiated(chosen);
    }
  }

  /** What is waited for is the client's to do: the connection ends when its time is over. */
  async #patiently<T>(wait: Promise<T>): Promise<T> {
    const fromMs = performance.now();
    const timer = setTimeout(() => this.#socket.destroy(), this.#patienceMs);
    try {
      return await wait;
    } finally {
      clearTimeout(timer);
      this.#patienceMs = Math.max(0, this.#patienceMs - (performance.now() - fromMs));
    }
  }

  /** An export when the option (GO) ends the haggling. */
  async #answer(option: number, data: Buffer): Promise<DiskExport | undefined> {
    try {
      const chosen = await this.#carryOut(option, new Fields(data));
      this.#reply(option, Reply.ack);
      return chosen;
    } catch (error) {
      if (error instanceof Refusal) this.#refuse(option, error);
      else if (error instanceof MalformedError) this.#refuse(option, new Refusal(Reply.errInvalid, error.message));
      else this.#refuse(option, new Refusal(Reply.errPlatform, reasonOf(error)));
      return undefined;
    }
  }

  /** Sends the replies before the last one. */
  async #carryOut(option: number, fields: Fields): Promise<DiskExport | undefined> {
    switch (option) {
      case Option.list:
        fields.end();
        for (const { options } of this.#state.exports) {
          const name = Buffer.from(options.name);
          this.#reply(option, Reply.server, [name.length, 4], name);
        }
        return undefined;
      case Option.info:
      case Option.go: {
        const found = this.#describe(option, fields);
        return option === Option.go ? found : undefined;
      }
      case Option.structuredReply:
        fields.end();
        this.#structured = true;
        return undefined;
      case Option.claim:
        this.#reply(option, Reply.claim, ...(await claim(this.#state.claims, fields)));
        return undefined;
      case Option.read:
        this.#reply(option, Reply.claim, ...(await read(this.#state.claims, fields)));
        return undefined;
      case Option.session:
        if (this.session !== undefined) throw new Refusal(Reply.errInvalid, 'the connection has a session');
        await this.#openSession(sessionIn(fields));
        return undefined;
      default:
        throw new Refusal(Reply.errUnsupported, 'this server does not know the option');
    }
  }

  #describe(option: number, fields: Fields): DiskExport {
    const name = fields.text(fields.uint(4));
    const wanted = Array.from({ length: fields.uint(2) }, () => fields.uint(2));
    fields.end();
    if (Buffer.byteLength(name) > NAME_BYTES_MAX) throw new Refusal(Reply.errInvalid, 'the name is too long');
    const found = this.#find(name);
    if (found === undefined) throw new Refusal(Reply.errUnknown, 'there is no such export');
    this.#reply(option, Reply.info, [Info.export, 2], [found.sizeBytes, 8], [this.#flags(found), 2]);
    if (wanted.includes(Info.blockSize)) {
      this.#reply(option, Reply.info, [Info.blockSize, 2], [1, 4], [PREFERRED_BYTES, 4], [TRANSFER_BYTES_MAX, 4]);
    }
    if (wanted.includes(Info.name)) this.#reply(option, Reply.info, [Info.name, 2], Buffer.from(found.options.name));
    return found;
  }

  async #openSession({ session, member }: SessionAsked): Promise<void> {
    this.session = session;
    await this.#state.sessions.open(session, this.#end);
    if (member !== undefined) await this.#state.claims.enter(member.pair, member.epoch);
    this.#member = member;
  }

  #byName(data: Buffer): Negotiated | undefined {
    const found = this.#find(data.toString());
    if (found === undefined) return undefined;
    const zeroes = this.#noZeroes ? 0 : 124;
    this.#socket.write(bytesOf([found.sizeBytes, 8], [this.#flags(found), 2], Buffer.alloc(zeroes)));
    return this.#negotiated(found);
  }

  /** The first export is also the default one, whose name is empty. */
  #find(name: string): DiskExport | undefined {
    const { exports } = this.#state;
    return exports.find(({ options }) => options.name === name) ?? (name === '' ? exports[0] : undefined);
  }

  #flags(of: DiskExport): number {
    return of.flags(this.#member?.pair, this.#structured);
  }

  #negotiated(opened: DiskExport): Negotiated {
    const member = this.#member;
    return { opened, structured: this.#structured, ...(member === undefined ? {} : { member }) };
  }

  #refuse(option: number, { type, message }: Refusal): void {
    this.#reply(option, type, Buffer.from(message));
  }

  #reply(option: number, type: number, ...parts: readonly Part[]): void {
    const data = bytesOf(...parts);
    this.#socket.write(bytesOf([OPTION_REPLY_MAGIC, 8], [option, 4], [type, 4], [data.length, 4], data));
  }
}
