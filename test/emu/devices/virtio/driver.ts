/** A guest's virtio driver for tests: rings in fake memory, registers by the transport. */

import type { VirtioFunction, VirtioLink } from '../../../../src/emu/devices/virtio/function.ts';
import { Register, Status, VirtioMmio } from '../../../../src/emu/devices/virtio/mmio.ts';
import { BASE, FakeMemory } from '../fake-memory.ts';

export interface Buffer {
  readonly pa: bigint;
  readonly length: number;
  readonly write?: boolean;
}
const QUEUE_BYTES = 0x4000;
const INDIRECT = 4;
const NEXT = 1;
const WRITE = 2;

export class TestDriver<F extends VirtioFunction> {
  readonly memory = new FakeMemory();
  readonly device: VirtioMmio<F>;
  interrupt = false;
  readonly size: number;
  #avail: number[] = [];
  #seenUsed: number[] = [];
  #nextDescriptor: number[] = [];

  constructor(make: (link: VirtioLink) => F, size = 16) {
    this.size = size;
    const interrupt = (level: boolean) => {
      this.interrupt = level;
    };
    this.device = new VirtioMmio<F>(this.memory, interrupt, make);
  }

  read(register: number): number {
    return this.device.read(register, 4);
  }
  write(register: number, value: number): void {
    this.device.write(register, 4, value);
  }

  /** From reset to DRIVER_OK with these features. */
  start(features: bigint): this {
    this.write(Register.status, 0);
    this.write(Register.status, Status.acknowledge | Status.driver);
    for (const select of [0, 1]) {
      this.write(Register.driverFeaturesSel, select);
      this.write(Register.driverFeatures, Number((features >> BigInt(32 * select)) & 0xffff_ffffn));
    }
    this.write(Register.status, Status.acknowledge | Status.driver | Status.featuresOk);
    for (const queue of this.device.function.queueSizes.keys()) this.setUpQueue(queue);
    this.write(Register.status, this.read(Register.status) | Status.driverOk);
    return this;
  }

  setUpQueue(queue: number): void {
    const { descriptors, avail, used } = this.areas(queue);
    this.memory.write(descriptors, new Uint8Array(QUEUE_BYTES));
    this.#avail[queue] = 0;
    this.#seenUsed[queue] = 0;
    this.#nextDescriptor[queue] = 0;
    this.write(Register.queueSel, queue);
    this.write(Register.queueNum, Math.min(this.size, this.read(Register.queueNumMax)));
    this.write(Register.queueDescLow, Number(descriptors));
    this.write(Register.queueDriverLow, Number(avail));
    this.write(Register.queueDeviceLow, Number(used));
    this.write(Register.queueReady, 1);
  }

  areas(queue: number) {
    const descriptors = BASE + BigInt(queue * QUEUE_BYTES);
    return { descriptors, avail: descriptors + 0x1000n, used: descriptors + 0x2000n, indirect: descriptors + 0x3000n };
  }

  /** Puts a chain of buffers into the ring; gives its head. */
  add(queue: number, buffers: readonly Buffer[], { indirect = false } = {}): number {
    const { descriptors, indirect: tables } = this.areas(queue);
    const first = this.#nextDescriptor[queue]!;
    const flagsOf = (buffer: Buffer, i: number) => (buffer.write ? WRITE : 0) | (i + 1 < buffers.length ? NEXT : 0);
    if (indirect) {
      const table = tables + BigInt(first * 64);
      for (const [i, buffer] of buffers.entries()) {
        this.descriptor(table, i, buffer.pa, buffer.length, flagsOf(buffer, i), i + 1);
      }
      this.descriptor(descriptors, first, table, 16 * buffers.length, INDIRECT, 0);
    } else {
      for (const [i, buffer] of buffers.entries()) {
        const at = (first + i) % this.size;
        this.descriptor(descriptors, at, buffer.pa, buffer.length, flagsOf(buffer, i), (at + 1) % this.size);
      }
    }
    this.#nextDescriptor[queue] = (first + (indirect ? 1 : buffers.length)) % this.size;
    this.offer(queue, first);
    return first;
  }

  descriptor(table: bigint, index: number, pa: bigint, length: number, flags: number, next: number): void {
    const view = new DataView(new ArrayBuffer(16));
    view.setBigUint64(0, pa, true);
    view.setUint32(8, length, true);
    view.setUint16(12, flags, true);
    view.setUint16(14, next, true);
    this.memory.write(table + BigInt(16 * index), new Uint8Array(view.buffer));
  }

  /** Makes a head available without describing it. */
  offer(queue: number, head: number): void {
    const { avail } = this.areas(queue);
    const index = this.#avail[queue]!;
    this.setU16(avail + 4n + 2n * BigInt(index % this.size), head);
    this.#avail[queue] = (index + 1) & 0xffff;
    this.setU16(avail + 2n, this.#avail[queue]!);
  }

  notify(queue: number): void {
    this.write(Register.queueNotify, queue);
  }

  /** What came back since the last call. */
  used(queue: number): { id: number; length: number }[] {
    const { used } = this.areas(queue);
    const done: { id: number; length: number }[] = [];
    for (
      ;
      this.#seenUsed[queue] !== this.u16(used + 2n);
      this.#seenUsed[queue] = (this.#seenUsed[queue]! + 1) & 0xffff
    ) {
      const entry = used + 4n + 8n * BigInt(this.#seenUsed[queue]! % this.size);
      done.push({ id: this.u16(entry), length: this.u16(entry + 4n) | (this.u16(entry + 6n) << 16) });
    }
    return done;
  }

  acknowledge(): number {
    const status = this.read(Register.interruptStatus);
    this.write(Register.interruptAck, status);
    return status;
  }

  u16(pa: bigint): number {
    const [low, high] = this.memory.read(pa, 2);
    return low! | (high! << 8);
  }
  setU16(pa: bigint, value: number): void {
    this.memory.write(pa, Uint8Array.of(value & 0xff, value >> 8));
  }
}
