/**
 * virtio-console with a single port (Virtual I/O Device specification 1.2, section 5.3): a receive and a transmit
 * queue, and the emergency write register for output before a driver has set up queues.
 *
 * It holds no terminal. Bytes from the host that find no buffer wait in `waiting` until the driver adds one.
 */

import type { Output } from '../../machine/events.ts';
import type { VirtioFunction, VirtioLink } from './function.ts';
import { gather, scatter, slice, totalLength } from './segments.ts';

const EMERGENCY_WRITE = 1n << 2n;
const EMERGENCY_WRITE_AT = 8;
const QUEUE_SIZE = 64;
const RECEIVE = 0;
const TRANSMIT = 1;
const WAITING_BYTES_MAX = 65536;
/** Bytes of one transmit request that are sent in one output. */
const CHUNK_BYTES = 65536;

export type ConsoleState = {
  readonly waiting: Uint8Array;
};

export interface ConsolePorts {
  readonly name: string;
  readonly emit: (output: Output) => void;
}

export class VirtioConsole implements VirtioFunction<ConsoleState> {
  readonly deviceId = 3;
  readonly features = EMERGENCY_WRITE;
  readonly queueSizes = [QUEUE_SIZE, QUEUE_SIZE];
  readonly config: Uint8Array;
  readonly #link: VirtioLink;
  readonly #ports: ConsolePorts;
  #waiting = new Uint8Array(0);

  constructor(link: VirtioLink, ports: ConsolePorts) {
    this.#link = link;
    this.#ports = ports;
    const config = new DataView(new ArrayBuffer(12));
    config.setUint32(4, 1, true); // max_nr_ports
    this.config = new Uint8Array(config.buffer);
  }

  /** Host bytes that `receive` takes now. */
  get room(): number {
    return WAITING_BYTES_MAX - this.#waiting.length;
  }

  /** Bytes typed at the other end. At most `room` of them. */
  receive(bytes: Uint8Array): void {
    if (bytes.length > this.room) throw new RangeError(`${this.#ports.name}: ${bytes.length} bytes do not fit`);
    const all = new Uint8Array(this.#waiting.length + bytes.length);
    all.set(this.#waiting);
    all.set(bytes, this.#waiting.length);
    this.#waiting = all;
    this.#link.attempt(RECEIVE, () => this.#deliver());
  }

  writeConfig(offset: number, _width: 1 | 2 | 4, value: number): void {
    if (offset === EMERGENCY_WRITE_AT) this.#send(Uint8Array.of(value & 0xff));
  }

  notify(queue: number): void {
    if (queue === RECEIVE) this.#deliver();
    else if (queue === TRANSMIT) this.#transmit();
  }

  abandon(): void {}
  save(): ConsoleState {
    return { waiting: this.#waiting };
  }
  restore({ waiting }: ConsoleState): void {
    this.#waiting = waiting.slice();
  }

  #deliver(): void {
    const done: { head: number; length: number }[] = [];
    while (this.#waiting.length > 0) {
      const chain = this.#link.queues[RECEIVE]!.pop();
      if (chain === undefined) break;
      const length = scatter(this.#link.memory, chain.writable, this.#waiting);
      this.#waiting = this.#waiting.slice(length);
      done.push({ head: chain.head, length });
    }
    this.#link.complete(RECEIVE, done);
  }

  #transmit(): void {
    const queue = this.#link.queues[TRANSMIT]!;
    const done: { head: number; length: number }[] = [];
    try {
      for (let chain = queue.pop(); chain !== undefined; chain = queue.pop()) {
        const total = totalLength(chain.readable);
        for (let at = 0; at < total; at += CHUNK_BYTES) {
          const part = slice(chain.readable, at, Math.min(CHUNK_BYTES, total - at));
          this.#send(gather(this.#link.memory, part));
        }
        done.push({ head: chain.head, length: 0 });
      }
    } finally {
      this.#link.complete(TRANSMIT, done);
    }
  }

  #send(bytes: Uint8Array): void {
    this.#ports.emit({ kind: 'console', device: this.#ports.name, bytes });
  }
}
