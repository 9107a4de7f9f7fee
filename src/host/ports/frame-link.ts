/**
 * Ethernet frames over one connected stream socket, in the framing of QEMU's `-netdev stream`: each is a 32-bit length
 * in network byte order, then the frame without a virtio header. A link never waits: what a slow peer does not take is
 * lost, as on a cable, and memory is bounded.
 */

import type { Socket } from 'node:net';
import { reasonOf } from '../os-errors.ts';
import { FrameSplitter } from './frame-splitter.ts';

/** More unsent than this and frames are lost, as a card with a full queue loses them. */
export const UNSENT_BYTES_MAX = 4 << 20;
/** A TCP peer that answers nothing any more is noticed about this long after, and ten seconds more. */
const KEEP_ALIVE_MS = 10_000;
/** What is unsent when a link is closed has this long to leave. */
const CLOSE_MS = 1000;

export interface LinkEvents {
  /** Nobody else writes to the frame's bytes. */
  frame(frame: Uint8Array): void;
  /** Once, unless `close` came first: the link is of no use any more. */
  ended(reason: string): void;
}

export class FrameLink {
  readonly #socket: Socket;
  readonly #events: LinkEvents;
  readonly #splitter = new FrameSplitter();
  #over = false;
  #corked = false;

  /** Takes over a connected socket. */
  constructor(socket: Socket, events: LinkEvents) {
    this.#socket = socket;
    this.#events = events;
    socket.setNoDelay(true);
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    socket.on('data', (chunk) => this.#received(chunk));
    socket.on('error', (error) => this.#end(reasonOf(error)));
    socket.on('end', () => this.#end('the peer closed the connection'));
    socket.on('close', () => this.#end('the peer closed the connection'));
  }

  /** False: the frame is lost, for too much waits already or the link has ended. `frame` is copied. */
  send(frame: Uint8Array): boolean {
    const socket = this.#socket;
    if (this.#over || socket.writableLength > UNSENT_BYTES_MAX) return false;
    const message = new Uint8Array(4 + frame.length);
    new DataView(message.buffer).setUint32(0, frame.length);
    message.set(frame, 4);
    this.#cork();
    socket.write(message);
    return true;
  }

  /** Reads no more until `resume`: the peer's frames wait on its side. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Lets go of the socket, after what was sent where the peer takes it in time. Safe to call twice. */
  async close(): Promise<void> {
    this.#over = true;
    const socket = this.#socket;
    if (socket.closed) return;
    await new Promise<void>((done) => {
      socket.once('close', () => done());
      const timer = setTimeout(() => socket.destroy(), CLOSE_MS);
      timer.unref();
      socket.end(() => socket.destroy());
    });
  }

  /** Frames of one turn of the event loop leave together. */
  #cork(): void {
    if (this.#corked) return;
    this.#corked = true;
    this.#socket.cork();
    process.nextTick(() => {
      this.#corked = false;
      this.#socket.uncork();
    });
  }

  #received(chunk: Uint8Array): void {
    if (this.#over) return;
    try {
      for (const frame of this.#splitter.push(chunk)) this.#events.frame(frame);
    } catch (error) {
      this.#end(reasonOf(error));
    }
  }

  #end(reason: string): void {
    if (this.#over) return;
    this.#over = true;
    this.#socket.destroy();
    this.#events.ended(reason);
  }
}
