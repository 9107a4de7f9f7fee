/**
 * CLINT: software interrupts, timer compare registers and the clock (RISC-V ACLINT specification 1.0, chapters MTIMER
 * and MSWI, in the SiFive CLINT layout). It keeps nothing: msip is the hart's mip.MSIP, mtimecmp is in the hart's
 * block, mtime is the machine's clock; all of them are reached through its ports, so that engines see them without
 * asking a device.
 *
 *     0x0000 msip, 4 bytes a hart     0x4000 mtimecmp, 8 bytes a hart     0xbff8 mtime
 */

import type { Device } from './device.ts';

export const CLINT_BYTES = 0x1_0000;
const MTIMECMP = 0x4000;
const MTIME = 0xbff8;

export interface ClintPorts {
  readonly harts: number;
  readonly softwareInterrupt: (hart: number) => boolean;
  readonly setSoftwareInterrupt: (hart: number, level: boolean) => void;
  readonly compare: (hart: number) => bigint;
  readonly setCompare: (hart: number, time: bigint) => void;
  readonly time: () => bigint;
  readonly setTime: (time: bigint) => void;
}

const half = (value: bigint, high: boolean): number => Number(BigInt.asUintN(32, high ? value >> 32n : value));
const withHalf = (old: bigint, high: boolean, value: number): bigint =>
  high ? (BigInt(value) << 32n) | BigInt.asUintN(32, old) : ((old >> 32n) << 32n) | BigInt(value);

export class Clint implements Device<null> {
  readonly #ports: ClintPorts;

  constructor(ports: ClintPorts) {
    this.#ports = ports;
  }

  /** Registers are 32 bits wide; an access of another width or alignment reads 0 and writes nothing. */
  read(offset: number, width: 1 | 2 | 4): number {
    if (width !== 4 || offset % 4 !== 0) return 0;
    const high = offset % 8 === 4;
    if (offset < 4 * this.#ports.harts) return this.#ports.softwareInterrupt(offset / 4) ? 1 : 0;
    const hart = this.#compareHart(offset);
    if (hart !== undefined) return half(this.#ports.compare(hart), high);
    if (offset >= MTIME && offset < MTIME + 8) return half(this.#ports.time(), high);
    return 0;
  }

  write(offset: number, width: 1 | 2 | 4, value: number): void {
    if (width !== 4 || offset % 4 !== 0) return;
    const high = offset % 8 === 4;
    const hart = this.#compareHart(offset);
    if (offset < 4 * this.#ports.harts) this.#ports.setSoftwareInterrupt(offset / 4, (value & 1) === 1);
    else if (hart !== undefined) this.#ports.setCompare(hart, withHalf(this.#ports.compare(hart), high, value));
    else if (offset >= MTIME && offset < MTIME + 8) {
      this.#ports.setTime(withHalf(this.#ports.time(), high, value));
    }
  }

  save(): null {
    return null;
  }
  restore(_state: null): void {}

  #compareHart(offset: number): number | undefined {
    const hart = Math.floor((offset - MTIMECMP) / 8);
    return hart >= 0 && hart < this.#ports.harts ? hart : undefined;
  }
}
