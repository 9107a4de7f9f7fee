/**
 * virtio over MMIO, version 2 (Virtual I/O Device specification 1.2, section 4.2.2): one register block that carries
 * any VirtioFunction. Legacy (version 1) registers are not there. A driver that negotiates no VIRTIO_F_VERSION_1 is
 * accepted, as QEMU does, because small kernels leave out the high half of the features.
 *
 * Life of a device: reset (0) -> ACKNOWLEDGE -> DRIVER -> FEATURES_OK -> DRIVER_OK; a ring that breaks the rules sets
 * DEVICE_NEEDS_RESET, from then on nothing is taken or given back until the driver writes 0.
 */

import { type Device, type GuestMemory, GuestMemoryFault, type InterruptLine, type Plain } from '../device.ts';
import { Feature, type VirtioFunction, type VirtioLink } from './function.ts';
import { type QueueState, RingError, resetQueue, Virtqueue } from './virtqueue.ts';

export const VIRTIO_MMIO_BYTES = 0x1000;
export const Register = {
  magicValue: 0x000,
  version: 0x004,
  deviceId: 0x008,
  vendorId: 0x00c,
  deviceFeatures: 0x010,
  deviceFeaturesSel: 0x014,
  driverFeatures: 0x020,
  driverFeaturesSel: 0x024,
  queueSel: 0x030,
  queueNumMax: 0x034,
  queueNum: 0x038,
  queueReady: 0x044,
  queueNotify: 0x050,
  interruptStatus: 0x060,
  interruptAck: 0x064,
  status: 0x070,
  queueDescLow: 0x080,
  queueDescHigh: 0x084,
  queueDriverLow: 0x090,
  queueDriverHigh: 0x094,
  queueDeviceLow: 0x0a0,
  queueDeviceHigh: 0x0a4,
  shmLenLow: 0x0b0,
  shmLenHigh: 0x0b4,
  shmBaseLow: 0x0b8,
  shmBaseHigh: 0x0bc,
  configGeneration: 0x0fc,
  config: 0x100,
} as const;
const MAGIC = 0x7472_6976;
const VERSION = 2;
/** "QEMU": drivers of small kernels look for it. */
const VENDOR = 0x554d_4551;
export const Status = { acknowledge: 1, driver: 2, driverOk: 4, featuresOk: 8, needsReset: 64, failed: 128 } as const;
export const Interrupt = { used: 1, config: 2 } as const;
const OFFERED_ALWAYS = Feature.indirect | Feature.eventIndex | Feature.version1;

export type VirtioMmioState = {
  readonly status: number;
  readonly deviceFeaturesSel: number;
  readonly driverFeaturesSel: number;
  readonly driverFeatures: bigint;
  readonly queueSel: number;
  readonly interruptStatus: number;
  readonly queues: readonly QueueState[];
  readonly function: Plain;
};

const resetRegisters = () => ({
  status: 0,
  deviceFeaturesSel: 0,
  driverFeaturesSel: 0,
  driverFeatures: 0n,
  queueSel: 0,
  interruptStatus: 0,
});

export class VirtioMmio<F extends VirtioFunction = VirtioFunction> implements Device<VirtioMmioState> {
  readonly function: F;
  readonly #interrupt: InterruptLine;
  readonly #queues: readonly Virtqueue[];
  #r = resetRegisters();

  /** `make` must not use the link's queues before the constructor is done. */
  constructor(memory: GuestMemory, interrupt: InterruptLine, make: (link: VirtioLink) => F) {
    this.#interrupt = interrupt;
    const queues: Virtqueue[] = [];
    this.function = make({
      memory,
      queues,
      features: () => this.#r.driverFeatures,
      live: () => this.#live,
      complete: (queue, done) => this.#complete(queue, done),
      attempt: (queue, work) => {
        if (this.#live && this.#queues[queue]!.state.ready) this.#attempt(work);
      },
    });
    const eventIndex = (): boolean => (this.#r.driverFeatures & Feature.eventIndex) !== 0n;
    for (const _ of this.function.queueSizes) queues.push(new Virtqueue(memory, eventIndex));
    this.#queues = queues;
  }

  reset(): void {
    this.#r = resetRegisters();
    for (const queue of this.#queues) queue.set(resetQueue());
    this.function.abandon();
    this.#interrupt(false);
  }

  read(offset: number, width: 1 | 2 | 4): number {
    if (offset >= Register.config) return littleEndian(this.function.config, offset - Register.config, width);
    return width === 4 ? this.#readRegister(offset) : 0;
  }

  write(offset: number, width: 1 | 2 | 4, value: number): void {
    if (offset >= Register.config) this.function.writeConfig?.(offset - Register.config, width, value);
    else if (width === 4) this.#writeRegister(offset, value);
  }

  save(): VirtioMmioState {
    return { ...this.#r, queues: this.#queues.map((queue) => queue.state), function: this.function.save() };
  }
  restore(state: VirtioMmioState): void {
    const { queues, function: inner, ...registers } = state;
    this.#r = registers;
    for (const [i, queue] of this.#queues.entries()) queue.set(queues[i]!);
    this.function.restore(inner);
  }

  get #live(): boolean {
    return (this.#r.status & (Status.driverOk | Status.needsReset | Status.failed)) === Status.driverOk;
  }
  get #offered(): bigint {
    return this.function.features | OFFERED_ALWAYS;
  }
  get #queue(): Virtqueue | undefined {
    return this.#queues[this.#r.queueSel];
  }

  #readRegister(offset: number): number {
    switch (offset) {
      case Register.magicValue:
        return MAGIC;
      case Register.version:
        return VERSION;
      case Register.deviceId:
        return this.function.deviceId;
      case Register.vendorId:
        return VENDOR;
      case Register.deviceFeatures:
        return featureWord(this.#offered, this.#r.deviceFeaturesSel);
      case Register.queueNumMax:
        return this.function.queueSizes[this.#r.queueSel] ?? 0;
      case Register.queueReady:
        return Number(this.#queue?.state.ready ?? false);
      case Register.interruptStatus:
        return this.#r.interruptStatus;
      case Register.status:
        return this.#r.status;
      case Register.shmLenLow:
      case Register.shmLenHigh:
      case Register.shmBaseLow:
      case Register.shmBaseHigh:
        // No shared memory regions: length and base read as all ones (section 4.2.2).
        return 0xffff_ffff;
      default:
        return 0;
    }
  }

  #writeRegister(offset: number, value: number): void {
    switch (offset) {
      case Register.deviceFeaturesSel:
        this.#r.deviceFeaturesSel = value;
        break;
      case Register.driverFeaturesSel:
        this.#r.driverFeaturesSel = value;
        break;
      case Register.driverFeatures:
        this.#acceptFeatures(value);
        break;
      case Register.queueSel:
        this.#r.queueSel = value;
        break;
      case Register.queueReady:
        this.#setReady((value & 1) === 1);
        break;
      case Register.queueNotify:
        if (this.#live && this.#queues[value]?.state.ready) this.#attempt(() => this.function.notify(value));
        break;
      case Register.interruptAck:
        this.#setInterrupt(this.#r.interruptStatus & ~value);
        break;
      case Register.status:
        this.#setStatus(value & 0xff);
        break;
      default:
        this.#setUpQueue(offset, value);
    }
  }

  /** Where the rings are; ignored once the queue is ready. */
  #setUpQueue(offset: number, value: number): void {
    const queue = this.#queue;
    if (queue === undefined || queue.state.ready) return;
    const { descriptorArea, driverArea, deviceArea } = queue.state;
    switch (offset) {
      case Register.queueNum:
        queue.set({ size: value <= this.function.queueSizes[this.#r.queueSel]! ? value : 0 });
        break;
      case Register.queueDescLow:
        queue.set({ descriptorArea: withLow(descriptorArea, value) });
        break;
      case Register.queueDescHigh:
        queue.set({ descriptorArea: withHigh(descriptorArea, value) });
        break;
      case Register.queueDriverLow:
        queue.set({ driverArea: withLow(driverArea, value) });
        break;
      case Register.queueDriverHigh:
        queue.set({ driverArea: withHigh(driverArea, value) });
        break;
      case Register.queueDeviceLow:
        queue.set({ deviceArea: withLow(deviceArea, value) });
        break;
      case Register.queueDeviceHigh:
        queue.set({ deviceArea: withHigh(deviceArea, value) });
        break;
    }
  }

  #setReady(ready: boolean): void {
    const queue = this.#queue;
    if (queue === undefined || queue.state.ready === ready) return;
    if (ready) this.#attempt(() => queue.start());
    else {
      queue.set({ ready: false });
      this.function.abandon();
    }
  }

  #acceptFeatures(value: number): void {
    const { status, driverFeaturesSel, driverFeatures } = this.#r;
    if (status & Status.featuresOk || driverFeaturesSel > 1) return;
    const shift = driverFeaturesSel === 1 ? 32n : 0n;
    this.#r.driverFeatures = (driverFeatures & ~(0xffff_ffffn << shift)) | (BigInt(value) << shift);
  }

  /** Bits are only added; FEATURES_OK does not stick when the driver wants what was not offered. */
  #setStatus(value: number): void {
    if (value === 0) {
      this.reset();
      return;
    }
    const acceptable = (this.#r.driverFeatures & ~this.#offered) === 0n;
    this.#r.status |= value & ~(acceptable ? Status.needsReset : Status.needsReset | Status.featuresOk);
  }

  #attempt(work: () => void): void {
    try {
      work();
    } catch (error) {
      if (!(error instanceof RingError || error instanceof GuestMemoryFault)) throw error;
      const wasRunning = (this.#r.status & Status.driverOk) !== 0;
      this.#r.status |= Status.needsReset;
      this.function.abandon();
      if (wasRunning) this.#setInterrupt(this.#r.interruptStatus | Interrupt.config);
    }
  }

  #complete(index: number, done: readonly { readonly head: number; readonly length: number }[]): void {
    const queue = this.#queues[index]!;
    if (done.length === 0) return;
    queue.push(done);
    if (queue.wantsInterrupt()) this.#setInterrupt(this.#r.interruptStatus | Interrupt.used);
  }

  #setInterrupt(status: number): void {
    this.#r.interruptStatus = status;
    this.#interrupt(status !== 0);
  }
}

const featureWord = (features: bigint, select: number): number =>
  select > 1 ? 0 : Number((features >> (select === 1 ? 32n : 0n)) & 0xffff_ffffn);
const withLow = (old: bigint, value: number): bigint => ((old >> 32n) << 32n) | BigInt(value);
const withHigh = (old: bigint, value: number): bigint => (BigInt(value) << 32n) | BigInt.asUintN(32, old);

/** Little-endian number in `bytes`; 0 beyond its end. */
function littleEndian(bytes: Uint8Array, at: number, width: number): number {
  let value = 0;
  for (let i = width - 1; i >= 0; i--) value = value * 256 + (bytes[at + i] ?? 0);
  return value;
}
