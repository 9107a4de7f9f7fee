/**
 * SiFive test finisher, as on QEMU's `virt` board: one register whose write ends or resets the machine. It is also the
 * `syscon` that the device tree's poweroff and reboot nodes name.
 *
 *     0x5555 pass (power off, exit code 0)    0x3333 | code << 16 fail    0x7777 reset
 */

import type { Device } from './device.ts';

export const FINISHER_BYTES = 0x1000;
export const FINISHER_PASS = 0x5555;
const FINISHER_FAIL = 0x3333;
export const FINISHER_RESET = 0x7777;

export interface FinisherPorts {
  /** The machine stops for good after this step. */
  readonly finish: (code: number) => void;
  /** The machine is reset after this step. */
  readonly reset: () => void;
}

export class TestFinisher implements Device<null> {
  readonly #ports: FinisherPorts;

  constructor(ports: FinisherPorts) {
    this.#ports = ports;
  }

  read(): number {
    return 0;
  }

  /** Writes of 2 or 4 bytes at offset 0; anything else is ignored. */
  write(offset: number, width: 1 | 2 | 4, value: number): void {
    if (offset !== 0 || width === 1) return;
    const status = value & 0xffff;
    if (status === FINISHER_PASS) this.#ports.finish(0);
    else if (status === FINISHER_FAIL) this.#ports.finish(value >>> 16);
    else if (status === FINISHER_RESET) this.#ports.reset();
  }

  save(): null {
    return null;
  }
  restore(_state: null): void {}
}
