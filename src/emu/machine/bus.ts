/**
 * Address decode: physical addresses below RAM to device registers. 8-byte accesses become two of 4 bytes, low half
 * first. RAM is not here: engines reach it directly.
 */

import type { Bus } from '../cpu/engine.ts';
import type { Device } from '../devices/device.ts';
import type { Width } from '../isa/vocabulary.ts';
import type { Window } from './memory-map.ts';

export interface Mapping extends Window {
  readonly device: Device;
}

export class DeviceBus implements Bus {
  readonly #mappings: readonly Mapping[];
  readonly #nondet: (kind: number) => bigint;

  /** Windows must not overlap. */
  constructor(mappings: readonly Mapping[], nondet: (kind: number) => bigint) {
    this.#mappings = mappings.toSorted((a, b) => a.base - b.base);
    for (const [i, { base, bytes }] of this.#mappings.entries()) {
      const next = this.#mappings[i + 1];
      if (next !== undefined && base + bytes > next.base) throw new Error(`devices overlap at 0x${base.toString(16)}`);
    }
    this.#nondet = nondet;
  }

  has(pa: number): boolean {
    return this.#find(pa) !== undefined;
  }

  /** The address answers (`has`) and the access is naturally aligned. */
  load(pa: number, width: Width): bigint {
    if (width === 8) return this.load(pa, 4) | (this.load(pa + 4, 4) << 32n);
    const { base, device } = this.#at(pa);
    return BigInt(device.read(pa - base, width));
  }

  store(pa: number, width: Width, value: bigint): void {
    if (width === 8) {
      this.store(pa, 4, BigInt.asUintN(32, value));
      this.store(pa + 4, 4, BigInt.asUintN(32, value >> 32n));
      return;
    }
    const { base, device } = this.#at(pa);
    device.write(pa - base, width, Number(BigInt.asUintN(8 * width, value)));
  }

  nondet(kind: number): bigint {
    return this.#nondet(kind);
  }

  #find(pa: number): Mapping | undefined {
    return this.#mappings.find(({ base, bytes }) => pa >= base && pa < base + bytes);
  }
  #at(pa: number): Mapping {
    const mapping = this.#find(pa);
    if (mapping === undefined) throw new Error(`no device at 0x${pa.toString(16)}`);
    return mapping;
  }
}
