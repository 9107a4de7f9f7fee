/** Guest memory for device tests: a plain array at the address where RAM begins. */
import { type GuestMemory, GuestMemoryFault } from '../../../src/emu/devices/device.ts';

export const BASE = 0x8000_0000n;

export class FakeMemory implements GuestMemory {
  readonly bytes: Uint8Array;

  constructor(length = 0x10_0000) {
    this.bytes = new Uint8Array(length);
  }

  read(pa: bigint, length: number): Uint8Array {
    const at = this.#offset(pa, length);
    return this.bytes.slice(at, at + length);
  }

  write(pa: bigint, bytes: Uint8Array): void {
    this.bytes.set(bytes, this.#offset(pa, bytes.length));
  }

  #offset(pa: bigint, length: number): number {
    const at = pa - BASE;
    if (at < 0n || at + BigInt(length) > BigInt(this.bytes.length)) throw new GuestMemoryFault(`0x${pa.toString(16)}`);
    return Number(at);
  }
}
