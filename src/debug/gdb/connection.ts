/**
 * The line to one debugger: its bytes in, ours out, and nothing else of the world. Packets are answered one after the
 * other; while the guest runs only the interrupt byte counts, and what else comes waits. gdb manual, appendix "Remote
 * Protocol".
 *
 *     receive ──> PacketReader ──> queue ──> Protocol ──> encodePacket ──> send
 *                      └── interrupt ──> pace of the running operation
 *
 * Invariant: every packet gets one answer; whatever comes in, the next sound packet is answered rightly.
 */

import type { Tick } from '../../lib/brands.ts';
import type { Progress } from '../timeline/pace.ts';
import { type Incoming, PacketReader } from './packet-reader.ts';
import { encodePacket } from './packet-writer.ts';
import { type Answer, Protocol } from './protocol.ts';
import type { DebugTarget } from './target.ts';

export interface ConnectionPorts {
  send(bytes: Uint8Array): void;
  /**
   * Called during long operations: lets other things happen, and may show how far the work is. True every second or so:
   * gdb is to hear something, lest it believes us dead.
   */
  breathe(progress: Progress): Promise<boolean>;
  /** A long operation is over. */
  rested(): void;
  /** Goes on live from a moment of the recording; what to tell gdb's user. */
  live(at: Tick): Promise<string>;
  /** Something that gdb does not show its user. */
  notice(text: string): void;
  /** gdb was started by us: its user sees our notices, and it looks again after `monitor` by itself. */
  readonly ownGdb: boolean;
  /** Path of the file that gdb may take symbols from; ASCII. */
  readonly execFile?: string;
}

/** Packets that wait; gdb itself never has more than one. */
const QUEUE_MAX = 4096;
const ACK = Uint8Array.of(0x2b);
const NACK = Uint8Array.of(0x2d);
const utf8 = new TextDecoder();

export class Connection {
  readonly #ports: ConnectionPorts;
  readonly #protocol: Protocol;
  readonly #reader = new PacketReader();
  readonly #queue: Uint8Array[] = [];
  #busy = false;
  #working: Promise<void> = Promise.resolve();
  /** Last packet sent, for when gdb asks for it again. */
  #sent: Uint8Array | undefined;
  /** gdb has interrupted what is running or waits to run. */
  #interrupted = false;
  /** The guest runs, or goes back. */
  #running = false;
  /**
   * gdb interrupted a run that ended by itself at that moment. Where gdb finds that the stop does not count (its
   * condition is false) it goes on at once, and believes that it has interrupted that: short runs would never end.
   */
  #late = false;

  constructor(target: DebugTarget, ports: ConnectionPorts) {
    this.#ports = ports;
    this.#protocol = new Protocol(target, {
      ...ports,
      print: (body) => this.#send(body),
      pause: async (progress) => {
        const quietLong = await ports.breathe(progress);
        // gdb skips what stands between packets, and begins to count the seconds anew.
        if (quietLong) ports.send(ACK);
        if (!this.#interrupted) return true;
        this.#running = false;
        return false;
      },
      running: () => {
        const late = this.#late;
        this.#late = false;
        this.#running = !late;
        return late;
      },
      rested: () => {
        if (this.#running && this.#interrupted) this.#late = true;
        this.#running = false;
        this.#interrupted = false;
        ports.rested();
      },
    });
  }

  /** Defined once gdb has taken its leave; nothing is answered after that. */
  get left(): Protocol['left'] {
    return this.#protocol.left;
  }

  /** Bytes from gdb. Resolves when all that they complete is answered; rejects on a defect of ours alone. */
  receive(bytes: Uint8Array): Promise<void> {
    for (const incoming of this.#reader.push(bytes)) this.#take(incoming);
    if (!this.#busy) {
      this.#busy = true;
      this.#working = this.#work();
    }
    return this.#working;
  }

  /** What is running is given up, as when gdb sends the interrupt byte. */
  interrupt(): void {
    this.#take({ kind: 'interrupt' });
  }

  /** gdb has gone without a word: what is running is given up. Resolves when nothing runs any more. */
  async abandon(): Promise<void> {
    this.#interrupted = true;
    this.#queue.length = 0;
    await this.#working;
  }

  #take(incoming: Incoming): void {
    const { acks } = this.#protocol;
    switch (incoming.kind) {
      case 'packet':
        if (acks) this.#ports.send(ACK);
        if (this.#queue.length < QUEUE_MAX) this.#queue.push(incoming.body);
        break;
      case 'damaged':
        if (acks) this.#ports.send(NACK);
        break;
      case 'nack':
        if (acks && this.#sent !== undefined) this.#ports.send(this.#sent);
        break;
      case 'interrupt':
        // With nothing to interrupt it is late: the stop that it wanted has been told.
        if (this.#busy || this.#queue.length > 0) this.#interrupted = true;
        break;
      case 'ack':
        break;
    }
  }

  /** Not busy any more as soon as the queue is found empty, so that nothing is left lying in it. */
  async #work(): Promise<void> {
    try {
      for (let body = this.#queue.shift(); body !== undefined; body = this.#queue.shift()) {
        if (this.left !== undefined) break;
        const answer = await this.#protocol.answer(utf8.decode(body));
        if (answer !== undefined) this.#send(answer);
      }
    } finally {
      this.#interrupted = false;
      this.#busy = false;
    }
  }

  #send(body: Exclude<Answer, undefined>): void {
    this.#sent = encodePacket(body);
    this.#ports.send(this.#sent);
  }
}
