/**
 * Guest physical addresses, for looking only. RAM is read; devices are not, since a register read may change them.
 */

import { RAM_BASE } from '../../emu/cpu/memory-layout.ts';
import type { Board } from '../../emu/machine/board.ts';
import { CLINT, FINISHER, PLIC, RTC, UART, VIRTIO_SLOTS, virtioWindow } from '../../emu/machine/memory-map.ts';

const virtio = Array.from({ length: VIRTIO_SLOTS }, (_, slot) => virtioWindow(slot));
const windows = [FINISHER, RTC, CLINT, PLIC, UART, ...virtio];

export const isDevice = (pa: number): boolean => windows.some(({ base, bytes }) => pa >= base && pa < base + bytes);

/** A copy of `length` bytes from `pa`, as far as they are RAM: empty when the first one is not. */
export function readPhysical(board: Board, pa: bigint, length: number): Uint8Array<ArrayBuffer> {
  const at = pa - BigInt(RAM_BASE);
  const size = board.ram.bytes.length;
  if (at < 0n || at >= BigInt(size)) return new Uint8Array(0);
  const copy = new Uint8Array(Math.min(length, size - Number(at)));
  copy.set(board.ram.bytes.subarray(Number(at), Number(at) + copy.length));
  return copy;
}
