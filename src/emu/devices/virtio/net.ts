/**
 * virtio-net (Virtual I/O Device specification 1.2, section 5.1): one receive and one transmit queue, mergeable receive
 * buffers, MAC, MTU and link status. No checksum or segmentation offload is offered, so a frame is what is on the wire.
 *
 * It holds no socket: frames leave by ports and arrive by `receive`, at a logged tick. A frame that finds no room in
 * the driver's buffers is dropped whole, as a network card does, and counted.
 */

import type { Output } from '../../machine/events.ts';
import { GuestMemoryFault } from '../device.ts';
import { Feature, type VirtioFunction, type VirtioLink } from './function.ts';
import { gather, scatter, slice, totalLength } from './segments.ts';
import { type Chain, RingError } from './virtqueue.ts';

const NetFeature = { mtu: 1n << 3n, mac: 1n << 5n, mergeableBuffers: 1n << 15n, status: 1n << 16n } as const;
export const MAC_BYTES = 6;
export const MTU_MIN = 68;
export const MTU_MAX = 65535;
const QUEUE_SIZE = 256;
const RECEIVE = 0;
const TRANSMIT = 1;
/** Header with num_buffers; without it when neither VERSION_1 nor mergeable buffers were negotiated. */
const HEADER_BYTES = 12;
const LEGACY_HEADER_BYTES = 10;
const NUM_BUFFERS_AT = 10;
/** Ethernet header and one VLAN tag on top of the MTU. */
const FRAME_OVERHEAD_BYTES = 18;
const FRAME_BYTES_MIN = 14;

export type NetState = {
  /** Frames dropped because they were too long, too short, or no buffer was there. */
  readonly droppedReceived: number;
  readonly droppedSent: number;
};

export interface NetPorts {
  readonly name: string;
  readonly emit: (output: Output) => void;
}

export class VirtioNet implements VirtioFunction<NetState> {
  readonly deviceId = 1;
  readonly features = NetFeature.mtu | NetFeature.mac | NetFeature.mergeableBuffers | NetFeature.status;
  readonly queueSizes = [QUEUE_SIZE, QUEUE_SIZE];
  readonly config: Uint8Array;
  readonly #link: VirtioLink;
  readonly #ports: NetPorts;
  readonly #frameBytesMax: number;
  #s: NetState = { droppedReceived: 0, droppedSent: 0 };

  /** `mac` is MAC_BYTES long, `mtu` from MTU_MIN to MTU_MAX. */
  constructor(link: VirtioLink, ports: NetPorts, mac: Uint8Array, mtu: number) {
    if (mac.length !== MAC_BYTES || mtu < MTU_MIN || mtu > MTU_MAX)
      throw new RangeError(`mac of ${mac.length} bytes, mtu ${mtu}`);
    this.#link = link;
    this.#ports = ports;
    this.#frameBytesMax = mtu + FRAME_OVERHEAD_BYTES;
    const config = new DataView(new ArrayBuffer(12));
    new Uint8Array(config.buffer).set(mac);
    config.setUint16(6, 1, true); // status: link up
    config.setUint16(8, 1, true); // max_virtqueue_pairs
    config.setUint16(10, mtu, true);
    this.config = new Uint8Array(config.buffer);
  }

  notify(queue: number): void {
    if (queue === TRANSMIT) this.#transmit();
    else this.#link.queues[RECEIVE]!.declineNotifications();
  }

  /** A frame from the network. */
  receive(frame: Uint8Array): void {
    let taken = false;
    if (frame.length <= this.#frameBytesMax) {
      this.#link.attempt(RECEIVE, () => {
        taken = this.#fill(frame);
      });
    }
    if (!taken) this.#s = { ...this.#s, droppedReceived: this.#s.droppedReceived + 1 };
  }

  /** Buffers for frames; undefined where no driver waits for frames, and they are lost. */
  get room(): number | undefined {
    try {
      return this.#link.queues[RECEIVE]!.waiting;
    } catch (error) {
      // A ring that is not in RAM: the next frame will tell the driver.
      if (error instanceof GuestMemoryFault) return undefined;
      throw error;
    }
  }

  abandon(): void {}
  save(): NetState {
    return this.#s;
  }
  restore(state: NetState): void {
    this.#s = state;
  }

  get #headerBytes(): number {
    const withCount = Feature.version1 | NetFeature.mergeableBuffers;
    return this.#link.features() & withCount ? HEADER_BYTES : LEGACY_HEADER_BYTES;
  }

  #transmit(): void {
    const queue = this.#link.queues[TRANSMIT]!;
    const done: { head: number; length: number }[] = [];
    try {
      for (let chain = queue.pop(); chain !== undefined; chain = queue.pop()) {
        this.#send(chain);
        done.push({ head: chain.head, length: 0 });
      }
    } finally {
      this.#link.complete(TRANSMIT, done);
    }
  }

  #send({ readable }: Chain): void {
    const length = totalLength(readable) - this.#headerBytes;
    if (length < 0) throw new RingError(`transmit buffer of ${totalLength(readable)} bytes`);
    if (length < FRAME_BYTES_MIN || length > this.#frameBytesMax) {
      this.#s = { ...this.#s, droppedSent: this.#s.droppedSent + 1 };
      return;
    }
    const frame = gather(this.#link.memory, slice(readable, this.#headerBytes));
    const more = (this.#link.queues[TRANSMIT]!.waiting ?? 0) > 0;
    this.#ports.emit({ kind: 'packet', device: this.#ports.name, frame, ...(more ? { more } : {}) });
  }

  /** Puts header and frame into the driver's buffers; false, and nothing taken, when they do not hold it. */
  #fill(frame: Uint8Array): boolean {
    const queue = this.#link.queues[RECEIVE]!;
    const mergeable = (this.#link.features() & NetFeature.mergeableBuffers) !== 0n;
    const packet = new Uint8Array(this.#headerBytes + frame.length);
    packet.set(frame, this.#headerBytes);
    const chains: Chain[] = [];
    for (let room = 0; room < packet.length; ) {
      const chain = mergeable || chains.length === 0 ? queue.pop() : undefined;
      if (chain === undefined) {
        queue.unpop(chains.length);
        return false;
      }
      chains.push(chain);
      room += totalLength(chain.writable);
    }
    if (this.#headerBytes === HEADER_BYTES) packet[NUM_BUFFERS_AT] = chains.length & 0xff;
    if (this.#headerBytes === HEADER_BYTES) packet[NUM_BUFFERS_AT + 1] = chains.length >> 8;
    let at = 0;
    const done = chains.map(({ head, writable }) => {
      const length = scatter(this.#link.memory, writable, packet.subarray(at));
      at += length;
      return { head, length };
    });
    this.#link.complete(RECEIVE, done);
    queue.declineNotifications();
    return true;
  }
}
