/**
 * The guest's physical addresses and interrupt numbers: those of QEMU's `virt` board.
 *
 *     0010_0000  test finisher     0200_0000  CLINT     1000_0000  UART             8000_0000  RAM
 *     0010_1000  goldfish RTC      0c00_0000  PLIC      1000_1000  virtio 0 … 7
 */

import { CLINT_BYTES } from '../devices/clint.ts';
import { RTC_BYTES } from '../devices/goldfish-rtc.ts';
import { PLIC_BYTES } from '../devices/plic.ts';
import { FINISHER_BYTES } from '../devices/test-finisher.ts';
import { VIRTIO_MMIO_BYTES } from '../devices/virtio/mmio.ts';

export { RAM_BASE } from '../cpu/memory-layout.ts';

export interface Window {
  readonly base: number;
  readonly bytes: number;
}

export const FINISHER: Window = { base: 0x0010_0000, bytes: FINISHER_BYTES };
export const RTC: Window = { base: 0x0010_1000, bytes: RTC_BYTES };
export const CLINT: Window = { base: 0x0200_0000, bytes: CLINT_BYTES };
export const PLIC: Window = { base: 0x0c00_0000, bytes: PLIC_BYTES };
export const UART: Window = { base: 0x1000_0000, bytes: 0x100 };
export const VIRTIO_SLOTS = 8;
export const virtioWindow = (slot: number): Window => ({
  base: 0x1000_1000 + slot * VIRTIO_MMIO_BYTES,
  bytes: VIRTIO_MMIO_BYTES,
});

/** PLIC sources. */
export const Irq = { virtio: (slot: number): number => 1 + slot, uart: 10, rtc: 11 } as const;

/** Units of `time` in a second. */
export const TIMEBASE_HZ = 10_000_000;
export const NS_PER_TIME_UNIT = 100n;

/** From the start of RAM: what the device tree reserves for the built-in firmware. */
export const FIRMWARE_RESERVED_BYTES = 0x8_0000;
