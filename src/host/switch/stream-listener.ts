/**
 * `--listen`: any number of stream clients (guests, QEMU, other switches), each a port of its own for as long as it is
 * connected. Who comes over TCP has shown the key before, where there is one.
 */

import { createServer, type Server, type Socket } from 'node:net';
import { strangerNotice } from '../ft/strangers.ts';
import { FrameLink } from '../ports/frame-link.ts';
import { listenAt, stopListening } from '../ports/listen-at.ts';
import { addressText, type StreamAddress } from '../ports/stream-address.ts';
import { pskServer } from '../psk-tls.ts';
import type { Attachment, Connector, SwitchPort } from './switch-port.ts';

const CLIENTS_MAX = 1024;

export class StreamListener implements Connector {
  readonly #address: StreamAddress;
  readonly #server: Server;
  readonly #links = new Set<FrameLink>();
  #admit: (socket: Socket) => void = (socket) => socket.destroy();
  #refused: (from: string) => void = () => {};
  #clients = 0;

  /** `psk`: what a client over TCP must hold too. */
  constructor(address: StreamAddress, psk?: Uint8Array) {
    this.#address = address;
    const connected = (socket: Socket): void => this.#admit(socket);
    const isOpen = psk === undefined || address.kind === 'unix';
    this.#server = isOpen ? createServer(connected) : pskServer(psk, connected, (from) => this.#refused(from));
    this.#server.maxConnections = CLIENTS_MAX;
  }

  async open(plug: (port: SwitchPort) => Attachment, notice: (text: string) => void): Promise<void> {
    const name = addressText(await listenAt(this.#server, this.#address));
    this.#admit = (socket) => this.#plugIn(socket, name, plug);
    this.#refused = strangerNotice(notice);
    this.#server.on('drop', () => notice(`${name}: a client was turned away, there are ${CLIENTS_MAX} already`));
    notice(`listens at ${name}`);
  }

  async close(): Promise<void> {
    const links = [...this.#links];
    this.#links.clear();
    await Promise.all([stopListening(this.#server), ...links.map((link) => link.close())]);
  }

  #plugIn(socket: Socket, name: string, plug: (port: SwitchPort) => Attachment): void {
    const link = new FrameLink(socket, {
      frame: (frame) => attachment.receive(frame),
      ended: () => {
        this.#links.delete(link);
        attachment.detach();
      },
    });
    const attachment = plug({ name: `${name}#${++this.#clients}`, send: (frame) => link.send(frame) });
    this.#links.add(link);
  }
}
