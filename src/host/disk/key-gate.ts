/**
 * The way into a block server that has a key: no option but STARTTLS is carried out before the client has shown the key
 * in TLS, and what follows, the haggling about exports, is a connection's as without one (server-handshake.ts). Nobody
 * stays here for long. Spec: proto.md, "TLS support", mode FORCEDTLS.
 */

import type { Socket } from 'node:net';
import { strangerNotice } from '../ft/strangers.ts';
import { pskAccept } from '../psk-tls.ts';
import { bytesOf } from './byte-parts.ts';
import { greet } from './greeting.ts';
import { OPTION_MAGIC, OPTION_REPLY_MAGIC, Option, Reply } from './nbd.ts';
import { SocketBytes } from './socket-bytes.ts';

/** Takes over a connection; `greeted` is what the client answered to the greeting (`Handshake`). */
export type Admit = (socket: Socket, greeted: number) => void;

/** Who has not begun TLS by then wants something else. */
const BEGIN_MS = 10_000;
/** The oldest gives way to who comes when there are more. */
const KNOCKING_MAX = 256;
const OPTION_BYTES_MAX = 64 << 10;
/** More refusals than this nobody needs to hear. */
const OPTIONS_MAX = 32;
const NEEDS_KEY = 'this server wants its key to be shown, in TLS';

export class KeyGate {
  readonly #psk: Uint8Array;
  readonly #admit: Admit;
  readonly #refused: (from: string) => void;
  readonly #knocking = new Set<Socket>();
  #closed = false;

  /** `admit` is given those who have shown the key. */
  constructor(psk: Uint8Array, admit: Admit, notice: (text: string) => void) {
    this.#psk = psk;
    this.#admit = admit;
    this.#refused = strangerNotice(notice);
  }

  /** A new connection, of which nothing is left soon when its client has not the key. */
  async knock(socket: Socket): Promise<void> {
    const [oldest] = this.#knocking;
    if (oldest !== undefined && this.#knocking.size >= KNOCKING_MAX) {
      this.#knocking.delete(oldest);
      oldest.destroy();
    }
    this.#knocking.add(socket);
    const timer = setTimeout(() => socket.destroy(), BEGIN_MS);
    socket.once('close', () => {
      this.#knocking.delete(socket);
      clearTimeout(timer);
    });
    const from = socket.remoteAddress ?? 'somebody';
    const input = new SocketBytes(socket);
    const flags = await greet(socket, input);
    const asked = flags !== undefined && (await untilStartTls(socket, input));
    // What came before TLS and would be taken as said within it is an attack.
    if (!asked || !input.release()) {
      socket.destroySoon();
      return;
    }
    clearTimeout(timer);
    reply(socket, Option.startTls, Reply.ack);
    const secured = await pskAccept(socket, this.#psk);
    this.#knocking.delete(socket);
    if (this.#closed) secured?.destroy();
    else if (secured === undefined) this.#refused(from);
    else this.#admit(secured, flags);
  }

  close(): void {
    this.#closed = true;
    for (const socket of this.#knocking) socket.destroy();
  }
}

async function untilStartTls(socket: Socket, input: SocketBytes): Promise<boolean> {
  for (let options = 0; options < OPTIONS_MAX; options++) {
    const header = await input.take(16);
    if (header === undefined || header.readBigUInt64BE() !== OPTION_MAGIC) return false;
    const option = header.readUInt32BE(8);
    const length = header.readUInt32BE(12);
    if (option === Option.startTls && length === 0) return true;
    if (option === Option.exportName || length > OPTION_BYTES_MAX || !(await input.skip(length))) return false;
    if (option === Option.abort) {
      reply(socket, option, Reply.ack);
      return false;
    }
    if (option === Option.startTls) reply(socket, option, Reply.errInvalid, 'the option has no data');
    else reply(socket, option, Reply.errTlsRequired, NEEDS_KEY);
  }
  return false;
}

function reply(socket: Socket, option: number, type: number, message = ''): void {
  const data = Buffer.from(message);
  socket.write(bytesOf([OPTION_REPLY_MAGIC, 8], [option, 4], [type, 4], [data.length, 4], data));
}
