/**
 * virtio-blk (Virtual I/O Device specification 1.2, section 5.2), up to 128 requests in flight.
 *
 * It holds no disk. A request is taken at the notification's tick; its write data is copied out then and kept until the
 * completion, so that the request can be given out again by another host. Read data waits outside and reaches guest
 * memory at the completion's tick, with the status byte, the used ring and the interrupt: DMA happens at logged ticks
 * only.
 *
 * Requests that race, on the disk or in guest memory, are given out one after the other, in the order of the ring: a
 * request leaves when no earlier one that it races with is incomplete. What is outside at one time is therefore free of
 * races, and giving it out twice does no harm.
 */

import type { DiskOperation, Output } from '../../machine/events.ts';
import {
  type BlockGeometry,
  type BlockOperation,
  BlockStatus,
  type ParsedRequest,
  parseRequest,
  raceInMemory,
  raceOnDisk,
  SECTOR_BYTES,
  SEGMENT_BYTES_MAX,
  SEGMENTS_MAX,
  SERIAL_BYTES,
} from './block-request.ts';
import type { VirtioFunction, VirtioLink } from './function.ts';
import { scatter } from './segments.ts';

const BlockFeature = {
  sizeMax: 1,
  segMax: 2,
  readOnly: 5,
  blkSize: 6,
  flush: 9,
  discard: 13,
  writeZeroes: 14,
} as const;
const QUEUE_SIZE = 256;
export const IN_FLIGHT_MAX = 128;
/**
 * No more requests are taken when those in flight have come to this many bytes of data: the host holds them all. One
 * request is always taken.
 */
const IN_FLIGHT_BYTES_MAX = 8 * 1024 * 1024;
const bit = (n: number): bigint => 1n << BigInt(n);

export type BlockRequest = {
  readonly id: number;
  readonly head: number;
  /** Guest address of the status byte. */
  readonly status: bigint;
  readonly operation: BlockOperation;
  /** Given out; otherwise it waits for an earlier one. */
  readonly issued: boolean;
  /** The driver has forgotten it: its completion changes nothing. */
  readonly abandoned: boolean;
};

export type BlockState = {
  readonly nextId: number;
  /** In the order in which they were taken. */
  readonly requests: readonly BlockRequest[];
  /** Requests that had to wait for one that they raced with on the disk, and in guest memory. */
  readonly racesOnDisk: number;
  readonly racesInMemory: number;
};

export interface BlockPorts {
  readonly name: string;
  readonly emit: (output: Output) => void;
}

export class VirtioBlock implements VirtioFunction<BlockState> {
  readonly deviceId = 2;
  readonly features: bigint;
  readonly queueSizes = [QUEUE_SIZE];
  readonly config: Uint8Array;
  readonly #link: VirtioLink;
  readonly #ports: BlockPorts;
  readonly #geometry: BlockGeometry;
  readonly #serial: Uint8Array;
  #s: BlockState = { nextId: 0, requests: [], racesOnDisk: 0, racesInMemory: 0 };

  constructor(link: VirtioLink, ports: BlockPorts, geometry: BlockGeometry, serial: string) {
    this.#link = link;
    this.#ports = ports;
    this.#geometry = geometry;
    this.#serial = new Uint8Array(SERIAL_BYTES);
    this.#serial.set(new TextEncoder().encode(serial).subarray(0, SERIAL_BYTES));
    this.features = featuresOf(geometry);
    this.config = configSpace(geometry);
  }

  /** What is outside: given out and not completed. */
  get pending(): readonly Output[] {
    return this.#s.requests.filter(({ issued }) => issued).map((request) => this.#output(request));
  }

  notify(): void {
    const queue = this.#link.queues[0]!;
    const answers: { head: number; length: number }[] = [];
    // Faults part of the way give back what was done until then, in the same interrupt.
    try {
      while (this.#hasRoom) {
        const chain = queue.pop();
        if (chain === undefined) break;
        const request = parseRequest(this.#link.memory, chain, this.#geometry, this.#serial);
        if (request.kind === 'operation') this.#take(request);
        else answers.push({ head: request.head, length: this.#answer(request) });
      }
    } finally {
      this.#link.complete(0, answers);
    }
  }

  /** The disk has done request `id`. `data` is what was read, of exactly the length asked for when `status` is ok. */
  completed(id: number, status: number, data: Uint8Array): void {
    const request = this.#s.requests.find((candidate) => candidate.id === id && candidate.issued);
    if (request === undefined) throw new RangeError(`${this.#ports.name}: no disk request ${id} is pending`);
    const { operation } = request;
    const isRead = operation.op === 'read' && status === BlockStatus.ok;
    if (data.length !== (isRead ? operation.length : 0)) {
      throw new RangeError(`${this.#ports.name}: disk request ${id} completed with ${data.length} bytes`);
    }
    this.#set({ requests: this.#s.requests.filter((other) => other !== request) });
    if (!request.abandoned) {
      this.#link.attempt(0, () => {
        const length = scatter(this.#link.memory, operation.memory, data) + 1;
        this.#link.memory.write(request.status, Uint8Array.of(status));
        this.#link.complete(0, [{ head: request.head, length }]);
      });
    }
    this.#issueFree();
    this.#link.attempt(0, () => this.notify());
  }

  abandon(): void {
    const outside = this.#s.requests.filter(({ issued }) => issued);
    this.#set({ requests: outside.map((request) => ({ ...request, abandoned: true })) });
  }

  save(): BlockState {
    return this.#s;
  }
  restore(state: BlockState): void {
    this.#s = state;
  }

  get #hasRoom(): boolean {
    const { requests } = this.#s;
    const bytes = requests.reduce((sum, { operation }) => sum + dataLength(operation), 0);
    return requests.length < IN_FLIGHT_MAX && bytes < IN_FLIGHT_BYTES_MAX;
  }

  #set(change: Partial<BlockState>): void {
    this.#s = { ...this.#s, ...change };
  }

  #answer({ code, data, memory, status }: ParsedRequest & { readonly kind: 'answer' }): number {
    const length = scatter(this.#link.memory, memory, data) + 1;
    this.#link.memory.write(status, Uint8Array.of(code));
    return length;
  }

  #take({ head, status, operation }: ParsedRequest & { readonly kind: 'operation' }): void {
    const { nextId: id, requests, racesOnDisk, racesInMemory } = this.#s;
    const onDisk = requests.some((earlier) => raceOnDisk(earlier.operation, operation));
    const inMemory = requests.some((earlier) => !earlier.abandoned && raceInMemory(earlier.operation, operation));
    const request = { id, head, status, operation, issued: !onDisk && !inMemory, abandoned: false };
    this.#set({
      nextId: id + 1,
      requests: [...requests, request],
      racesOnDisk: racesOnDisk + Number(onDisk),
      racesInMemory: racesInMemory + Number(inMemory),
    });
    if (request.issued) this.#ports.emit(this.#output(request));
  }

  /** Gives out the waiting requests that race with no earlier incomplete one any more. */
  #issueFree(): void {
    for (const [i, request] of this.#s.requests.entries()) {
      if (request.issued) continue;
      const { operation } = request;
      const blocked = this.#s.requests
        .slice(0, i)
        .some((e) => raceOnDisk(e.operation, operation) || (!e.abandoned && raceInMemory(e.operation, operation)));
      if (blocked) continue;
      this.#set({
        requests: this.#s.requests.map((other) => (other === request ? { ...other, issued: true } : other)),
      });
      this.#ports.emit(this.#output(request));
    }
  }

  #output({ id, operation }: BlockRequest): Output {
    return { kind: 'disk', device: this.#ports.name, request: id, operation: diskOperation(operation) };
  }
}

function diskOperation({ op, offset, length, unmap, data }: BlockOperation): DiskOperation {
  switch (op) {
    case 'read':
      return { op, offset, length };
    case 'write':
      return { op, offset, data };
    case 'flush':
      return { op };
    default:
      return { op, offset, length, unmap };
  }
}

const dataLength = ({ op, length }: BlockOperation): number => (op === 'read' || op === 'write' ? length : 0);

function featuresOf({ readOnly }: BlockGeometry): bigint {
  const limits = bit(BlockFeature.sizeMax) | bit(BlockFeature.segMax);
  const always = limits | bit(BlockFeature.blkSize) | bit(BlockFeature.flush);
  return always | (readOnly ? bit(BlockFeature.readOnly) : bit(BlockFeature.discard) | bit(BlockFeature.writeZeroes));
}

/** struct virtio_blk_config, section 5.2.4. */
function configSpace({ sizeBytes }: BlockGeometry): Uint8Array {
  const sectors = sizeBytes / SECTOR_BYTES;
  const config = new DataView(new ArrayBuffer(60));
  config.setBigUint64(0, BigInt(sectors), true);
  config.setUint32(8, SEGMENT_BYTES_MAX, true); // size_max
  config.setUint32(12, SEGMENTS_MAX, true); // seg_max
  config.setUint32(20, SECTOR_BYTES, true); // blk_size
  config.setUint32(36, 0x3f_ffff, true); // max_discard_sectors
  config.setUint32(40, 1, true); // max_discard_seg
  config.setUint32(44, 1, true); // discard_sector_alignment
  config.setUint32(48, 0x3f_ffff, true); // max_write_zeroes_sectors
  config.setUint32(52, 1, true); // max_write_zeroes_seg
  config.setUint8(56, 1); // write_zeroes_may_unmap
  return new Uint8Array(config.buffer);
}
