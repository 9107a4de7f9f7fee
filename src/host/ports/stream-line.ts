/**
 * A stream connection that is kept: dialled, and dialled again with back-off when it is lost, for as long as it is not
 * closed. While it is down frames are lost, as with a cable pulled.
 */

import type { Socket } from 'node:net';
import { pskDial } from '../psk-tls.ts';
import { FrameLink } from './frame-link.ts';
import { connectTo, type StreamAddress } from './stream-address.ts';

const RETRY_MS = { first: 50, most: 2000 } as const;
/** A host that does not even refuse is given up after this long. */
const DIAL_MS = 5000;

export interface LineEvents {
  /** Nobody else writes to the frame's bytes. */
  frame(frame: Uint8Array): void;
  /** Frames pass, again or for the first time. */
  up(): void;
  /** The connection is lost; with `reconnect` it is being dialled again. */
  down(reason: string): void;
  /** Somebody is there, with whom TLS does not come about. */
  refused?(): void;
}

export interface LineOptions {
  /** True when left out. */
  readonly reconnect?: boolean;
  /** What the peer, over TCP, must hold too; it is dialled in plaintext when left out. */
  readonly psk?: Uint8Array | undefined;
}

export class StreamLine {
  readonly #address: StreamAddress;
  readonly #events: LineEvents;
  readonly #reconnect: boolean;
  readonly #psk: Uint8Array | undefined;
  #link: FrameLink | undefined;
  #dialling: Socket | undefined;
  #timer: NodeJS.Timeout | undefined;
  #retryMs: number = RETRY_MS.first;
  #closed = false;

  constructor(address: StreamAddress, events: LineEvents, { reconnect = true, psk }: LineOptions = {}) {
    this.#address = address;
    this.#events = events;
    this.#reconnect = reconnect;
    this.#psk = psk;
  }

  get isUp(): boolean {
    return this.#link !== undefined;
  }

  /** Connects, once; rejects with the system's error when nobody answers, and does not dial again then. */
  async dial(): Promise<void> {
    const address = this.#address;
    const isKeyed = this.#psk !== undefined && address.kind === 'tcp';
    const socket = isKeyed ? pskDial(address, this.#psk) : connectTo(address);
    this.#dialling = socket;
    let reached = false;
    await new Promise<void>((done, failed) => {
      const fail = (error: Error): void => {
        if (this.#dialling !== socket) return;
        this.#dialling = undefined;
        if (isKeyed && reached && !this.#closed) this.#events.refused?.();
        failed(error);
      };
      const late = (): void => void socket.destroy(new Error('nobody answers'));
      const closed = (): void => fail(new Error('closed'));
      socket.setTimeout(DIAL_MS, late).once('error', fail).once('close', closed);
      socket.once('connect', () => {
        reached = true;
      });
      socket.once(isKeyed ? 'secureConnect' : 'connect', () => {
        this.#dialling = undefined;
        socket.setTimeout(0);
        socket.off('timeout', late).off('error', fail).off('close', closed);
        done();
      });
    });
    this.#take(socket);
  }

  /** Connects as soon as the peer is there. Failed attempts are not told. */
  keepDialling(): void {
    if (this.#closed) return;
    this.dial().catch(() => {
      if (this.#closed) return;
      this.#timer = setTimeout(() => this.keepDialling(), this.#retryMs);
      this.#retryMs = Math.min(2 * this.#retryMs, RETRY_MS.most);
    });
  }

  /** False: the frame is lost. */
  send(frame: Uint8Array): boolean {
    return this.#link?.send(frame) ?? false;
  }

  /** Reads no more from the present connection until `resume`. */
  pause(): void {
    this.#link?.pause();
  }

  resume(): void {
    this.#link?.resume();
  }

  /** Safe to call twice, and before `dial`. No event comes after it. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#dialling?.destroy();
    const link = this.#link;
    this.#link = undefined;
    await link?.close();
  }

  #take(socket: Socket): void {
    if (this.#closed) {
      socket.on('error', () => {});
      socket.destroy();
      return;
    }
    this.#retryMs = RETRY_MS.first;
    this.#link = new FrameLink(socket, {
      frame: (frame) => this.#events.frame(frame),
      ended: (reason) => this.#lost(reason),
    });
    this.#events.up();
  }

  #lost(reason: string): void {
    this.#link = undefined;
    if (this.#closed) return;
    this.#events.down(reason);
    if (this.#reconnect) this.#timer = setTimeout(() => this.keepDialling(), this.#retryMs);
  }
}
