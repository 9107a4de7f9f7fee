/**
 * Split virtqueue, device side (Virtual I/O Device specification 1.2, section 2.7), with indirect descriptors and event
 * indices. It believes nothing that the driver wrote: a ring that breaks the rules throws RingError (or
 * GuestMemoryFault), on which the transport asks for a reset; every walk is bounded by the queue size or the table
 * length.
 *
 *     descriptor {addr u64, len u32, flags u16, next u16}
 *     driver area (avail) {flags u16, idx u16, ring u16[size], used_event u16}
 *     device area (used)  {flags u16, idx u16, ring {id u32, len u32}[size], avail_event u16}
 */

import type { GuestMemory } from '../device.ts';

export class RingError extends Error {
  override name = 'RingError';
}

const DESCRIPTOR_BYTES = 16;
const NEXT = 1;
const WRITE = 2;
const INDIRECT = 4;
const AVAIL_NO_INTERRUPT = 1;
const USED_NO_NOTIFY = 1;

/** A piece of guest memory. */
export type Segment = { readonly pa: bigint; readonly length: number };

/** One request of the driver: what the device may read, and what it may write, in order. */
export interface Chain {
  readonly head: number;
  readonly readable: readonly Segment[];
  readonly writable: readonly Segment[];
}

export type QueueState = {
  readonly size: number;
  readonly ready: boolean;
  readonly descriptorArea: bigint;
  readonly driverArea: bigint;
  readonly deviceArea: bigint;
  /** Free-running 16-bit indices: next avail entry to take, next used entry to write. */
  readonly nextAvail: number;
  readonly nextUsed: number;
  /** nextUsed when the driver was last considered for an interrupt; -1 before the first time. */
  readonly consideredUsed: number;
};

export const resetQueue = (): QueueState => ({
  size: 0,
  ready: false,
  descriptorArea: 0n,
  driverArea: 0n,
  deviceArea: 0n,
  nextAvail: 0,
  nextUsed: 0,
  consideredUsed: -1,
});

interface Descriptor {
  readonly pa: bigint;
  readonly length: number;
  readonly flags: number;
  readonly next: number;
}

export class Virtqueue {
  readonly #memory: GuestMemory;
  /** VIRTIO_F_EVENT_IDX was negotiated. */
  readonly #eventIndex: () => boolean;
  #s: QueueState = resetQueue();

  constructor(memory: GuestMemory, eventIndex: () => boolean) {
    this.#memory = memory;
    this.#eventIndex = eventIndex;
  }

  get state(): QueueState {
    return this.#s;
  }
  set(change: Partial<QueueState>): void {
    this.#s = { ...this.#s, ...change };
  }

  /** Begins at index 0. `size` must be a power of two. */
  start(): void {
    const { size } = this.#s;
    if (size === 0 || (size & (size - 1)) !== 0) throw new RingError(`queue of ${size} entries`);
    this.set({ ready: true, nextAvail: 0, nextUsed: 0, consideredUsed: -1 });
  }

  /** The next request of the driver. When there is none, asks to be notified of the next one. */
  pop(): Chain | undefined {
    const { size, driverArea, nextAvail } = this.#s;
    const available = (this.#u16(driverArea + 2n) - nextAvail) & 0xffff;
    if (available > size) throw new RingError(`${available} requests in a queue of ${size}`);
    if (available === 0) {
      if (this.#eventIndex()) this.#setU16(this.#availEventAt, nextAvail);
      return undefined;
    }
    const head = this.#u16(driverArea + 4n + 2n * BigInt(nextAvail % size));
    const chain = this.#walk(head);
    this.set({ nextAvail: (nextAvail + 1) & 0xffff });
    return chain;
  }

  /** Requests of the driver that `pop` would give; undefined where the queue is not ready or its index is wrong. */
  get waiting(): number | undefined {
    const { ready, size, driverArea, nextAvail } = this.#s;
    if (!ready) return undefined;
    const available = (this.#u16(driverArea + 2n) - nextAvail) & 0xffff;
    return available > size ? undefined : available;
  }

  /** Puts back the last `count` popped requests. */
  unpop(count: number): void {
    this.set({ nextAvail: (this.#s.nextAvail - count) & 0xffff });
  }

  /** Tells the driver that new requests are found without being notified. */
  declineNotifications(): void {
    if (this.#eventIndex()) this.#setU16(this.#availEventAt, (this.#s.nextAvail - 1) & 0xffff);
    else this.#setU16(this.#s.deviceArea, USED_NO_NOTIFY);
  }

  /** Gives requests back, all visible at once; `length` bytes were written to the request's writable part. */
  push(done: readonly { readonly head: number; readonly length: number }[]): void {
    const { size, deviceArea, nextUsed } = this.#s;
    for (const [i, { head, length }] of done.entries()) {
      const entry = new DataView(new ArrayBuffer(8));
      entry.setUint32(0, head, true);
      entry.setUint32(4, length, true);
      const slot = ((nextUsed + i) & 0xffff) % size;
      this.#memory.write(deviceArea + 4n + 8n * BigInt(slot), new Uint8Array(entry.buffer));
    }
    const used = (nextUsed + done.length) & 0xffff;
    this.set({ nextUsed: used });
    this.#setU16(deviceArea + 2n, used);
  }

  /** Whether the driver wants an interrupt for what was pushed since the last call (section 2.7.7). */
  wantsInterrupt(): boolean {
    const { size, driverArea, nextUsed, consideredUsed } = this.#s;
    if (!this.#eventIndex()) return (this.#u16(driverArea) & AVAIL_NO_INTERRUPT) === 0;
    this.set({ consideredUsed: nextUsed });
    if (consideredUsed < 0) return true;
    const usedEvent = this.#u16(driverArea + 4n + 2n * BigInt(size));
    return ((nextUsed - usedEvent - 1) & 0xffff) < ((nextUsed - consideredUsed) & 0xffff);
  }

  get #availEventAt(): bigint {
    return this.#s.deviceArea + 4n + 8n * BigInt(this.#s.size);
  }

  #walk(head: number): Chain {
    const { size, descriptorArea } = this.#s;
    if (head >= size) throw new RingError(`descriptor ${head} in a queue of ${size}`);
    const first = this.#descriptor(descriptorArea, head);
    if (first.flags & INDIRECT) {
      if (first.flags & NEXT) throw new RingError('indirect descriptor with a successor');
      return this.#collect(head, this.#indirectTable(first), first.length / DESCRIPTOR_BYTES, 0);
    }
    return this.#collect(head, descriptorArea, size, head);
  }

  #indirectTable({ pa, length }: Descriptor): bigint {
    const entries = length / DESCRIPTOR_BYTES;
    if (!Number.isInteger(entries) || entries < 1 || entries > 0x1_0000) {
      throw new RingError(`indirect table of ${length} bytes`);
    }
    return pa;
  }

  #collect(head: number, table: bigint, entries: number, first: number): Chain {
    const readable: Segment[] = [];
    const writable: Segment[] = [];
    let index = first;
    for (let count = 0; count < entries; count++) {
      const { pa, length, flags, next } = this.#descriptor(table, index);
      if (flags & INDIRECT) throw new RingError('nested indirect descriptor');
      if (flags & WRITE) writable.push({ pa, length });
      else if (writable.length > 0) throw new RingError('readable descriptor after a writable one');
      else readable.push({ pa, length });
      if (!(flags & NEXT)) return { head, readable, writable };
      if (next >= entries) throw new RingError(`descriptor ${next} in a table of ${entries}`);
      index = next;
    }
    throw new RingError('descriptor chain without an end');
  }

  #descriptor(table: bigint, index: number): Descriptor {
    const bytes = this.#memory.read(table + BigInt(DESCRIPTOR_BYTES * index), DESCRIPTOR_BYTES);
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    return {
      pa: view.getBigUint64(0, true),
      length: view.getUint32(8, true),
      flags: view.getUint16(12, true),
      next: view.getUint16(14, true),
    };
  }

  #u16(pa: bigint): number {
    const bytes = this.#memory.read(pa, 2);
    return bytes[0]! | (bytes[1]! << 8);
  }
  #setU16(pa: bigint, value: number): void {
    this.#memory.write(pa, Uint8Array.of(value & 0xff, value >> 8));
  }
}
