/**
 * virtio-entropy (Virtual I/O Device specification 1.2, section 5.4). It draws no randomness: each request goes out,
 * and the bytes come back as an input, at a logged tick.
 */

import type { Output } from '../../machine/events.ts';
import type { VirtioFunction, VirtioLink } from './function.ts';
import { scatter, slice, totalLength } from './segments.ts';
import type { Segment } from './virtqueue.ts';

const QUEUE_SIZE = 8;
/** The device may give less than the buffer holds. */
const REQUEST_BYTES_MAX = 4096;

export type EntropyRequest = {
  readonly id: number;
  readonly head: number;
  readonly length: number;
  readonly memory: readonly Segment[];
  /** The driver has forgotten it: its completion changes nothing. */
  readonly abandoned: boolean;
};

export type EntropyState = {
  readonly nextId: number;
  readonly requests: readonly EntropyRequest[];
};

export interface EntropyPorts {
  readonly name: string;
  readonly emit: (output: Output) => void;
}

export class VirtioEntropy implements VirtioFunction<EntropyState> {
  readonly deviceId = 4;
  readonly features = 0n;
  readonly queueSizes = [QUEUE_SIZE];
  readonly config = new Uint8Array(0);
  readonly #link: VirtioLink;
  readonly #ports: EntropyPorts;
  #s: EntropyState = { nextId: 0, requests: [] };

  constructor(link: VirtioLink, ports: EntropyPorts) {
    this.#link = link;
    this.#ports = ports;
  }

  /** What is outside: asked for and not answered. */
  get pending(): readonly Output[] {
    return this.#s.requests.map((request) => this.#output(request));
  }

  notify(): void {
    const queue = this.#link.queues[0]!;
    // A forgotten request takes a place until its answer comes, so that what is outside is bounded.
    while (this.#s.requests.length < QUEUE_SIZE) {
      const chain = queue.pop();
      if (chain === undefined) break;
      const length = Math.min(totalLength(chain.writable), REQUEST_BYTES_MAX);
      if (length === 0) {
        this.#link.complete(0, [{ head: chain.head, length: 0 }]);
        continue;
      }
      const memory = slice(chain.writable, 0, length);
      const request = { id: this.#s.nextId, head: chain.head, length, memory, abandoned: false };
      this.#s = { nextId: request.id + 1, requests: [...this.#s.requests, request] };
      this.#ports.emit(this.#output(request));
    }
  }

  /** The answer to request `id`: 1 to as many bytes as it asked for. */
  completed(id: number, bytes: Uint8Array): void {
    const request = this.#s.requests.find((candidate) => candidate.id === id);
    if (request === undefined) throw new RangeError(`${this.#ports.name}: no entropy request ${id} is pending`);
    if (bytes.length === 0 || bytes.length > request.length) {
      throw new RangeError(`${this.#ports.name}: entropy request ${id} answered with ${bytes.length} bytes`);
    }
    this.#s = { ...this.#s, requests: this.#s.requests.filter((other) => other !== request) };
    if (!request.abandoned) {
      this.#link.attempt(0, () => {
        const length = scatter(this.#link.memory, request.memory, bytes);
        this.#link.complete(0, [{ head: request.head, length }]);
      });
    }
    this.#link.attempt(0, () => this.notify());
  }

  abandon(): void {
    this.#s = { ...this.#s, requests: this.#s.requests.map((request) => ({ ...request, abandoned: true })) };
  }

  save(): EntropyState {
    return this.#s;
  }
  restore(state: EntropyState): void {
    this.#s = state;
  }

  #output({ id, length }: EntropyRequest): Output {
    return { kind: 'entropy', device: this.#ports.name, request: id, length };
  }
}
