/**
 * A network card's other end: a stream socket in the framing of QEMU's `-netdev stream`, which `passt` and QEMU speak.
 * Each frame is a 32-bit length in network byte order, then an Ethernet frame without a virtio header. The socket is
 * connected once; when the peer closes it the guest's packets go nowhere, as with a cable pulled.
 */

import { connect, type Socket } from 'node:net';
import type { Output } from '../../emu/machine/events.ts';
import { ExitCode, UserError } from '../../lib/errors.ts';
import { reasonOf } from '../os-errors.ts';
import { FrameSplitter } from './frame-splitter.ts';
import type { HostPort, Inbox } from './port.ts';

/** A peer, as `--net stream:` names it. */
export type StreamAddress =
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number };

/** More unsent than this and frames are dropped, as a card with a full queue drops them. */
const UNSENT_BYTES_MAX = 4 << 20;

export class NetStream implements HostPort {
  readonly device: string;
  readonly #address: StreamAddress;
  readonly #splitter = new FrameSplitter();
  #inbox: Inbox | undefined;
  #socket: Socket | undefined;
  #closing = false;

  constructor(device: string, address: StreamAddress) {
    this.device = device;
    this.#address = address;
  }

  async open(inbox: Inbox): Promise<void> {
    this.#inbox = inbox;
    const socket = await this.#connect();
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (chunk) => this.#received(socket, chunk));
    socket.on('error', (error) => this.#lost(reasonOf(error)));
    socket.on('close', () => this.#lost('the peer closed the connection'));
  }

  take(output: Output): undefined {
    const socket = this.#socket;
    if (output.kind !== 'packet' || socket === undefined || socket.writableLength > UNSENT_BYTES_MAX) return;
    const { frame } = output;
    const message = new Uint8Array(4 + frame.length);
    new DataView(message.buffer).setUint32(0, frame.length);
    message.set(frame, 4);
    socket.write(message);
  }

  async close(): Promise<void> {
    this.#closing = true;
    const socket = this.#socket;
    this.#socket = undefined;
    if (socket === undefined) return;
    await new Promise<void>((done) => {
      socket.once('close', () => done());
      const timer = setTimeout(() => socket.destroy(), 1000);
      timer.unref();
      socket.end(() => socket.destroy());
    });
  }

  #connect(): Promise<Socket> {
    const at = this.#address;
    const socket = at.kind === 'unix' ? connect(at.path) : connect(at.port, at.host);
    return new Promise((done, failed) => {
      socket.once('connect', () => {
        socket.removeAllListeners('error');
        done(socket);
      });
      socket.once('error', (error) => {
        const what = `cannot connect ${this.device} to ${addressText(at)}: ${reasonOf(error)}`;
        failed(new UserError('net-peer', what, 'start the peer first (passt, for instance)', ExitCode.lost, error));
      });
    });
  }

  #received(socket: Socket, chunk: Uint8Array): void {
    const inbox = this.#inbox;
    if (inbox === undefined || this.#closing) return;
    try {
      for (const frame of this.#splitter.push(chunk)) inbox.deliver({ kind: 'packet', device: this.device, frame });
    } catch (error) {
      this.#lost(reasonOf(error));
      socket.destroy();
      return;
    }
    if (!inbox.congested) return;
    socket.pause();
    void inbox.cleared().then(() => socket.resume());
  }

  #lost(reason: string): void {
    if (this.#closing || this.#socket === undefined) return;
    this.#socket = undefined;
    this.#inbox?.notice(`${this.device} lost ${addressText(this.#address)}: ${reason}; its packets go nowhere now`);
  }
}

export function addressText(address: StreamAddress): string {
  return address.kind === 'unix' ? `unix:${address.path}` : `tcp:${address.host}:${address.port}`;
}
