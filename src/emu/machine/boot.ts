/**
 * What is in memory and registers when the machine leaves reset: firmware, kernel, initrd, device tree.
 *
 *     8000_0000        8020_0000                                            end of RAM
 *     +----------------+-----------------------+     +---------+-----------------------+
 *     | firmware       | kernel (Image, flat)  |  …  | initrd  | device tree | fw info |
 *     +----------------+-----------------------+     +---------+-----------------------+
 *
 * ELF images go to their physical addresses instead. A hart begins in M-mode at the firmware, or at the kernel when
 * there is no firmware, with a0 = hart id, a1 = device tree and, for a firmware, a2 = struct fw_dynamic_info (OpenSBI
 * documentation, "Firmware with Dynamic Information"). The same plan is carried out again at each reset.
 */

import { UserError } from '../../lib/errors.ts';
import { type LoadedImage, loadImage, type Piece } from './boot-image.ts';
import { deviceTree } from './device-tree.ts';
import type { MachineConfig, MachineImages } from './machine.ts';
import { FIRMWARE_RESERVED_BYTES, RAM_BASE } from './memory-map.ts';

/** Where S-mode software is put after a firmware: 2 MiB into RAM. */
const KERNEL_AT = BigInt(RAM_BASE) + 0x20_0000n;
/** The tree has room to grow in place: firmware adds nodes to it. */
const TREE_BYTES = 0x1_0000n;
const INFO_BYTES = 0x1000n;
const ALIGNMENT = 0x1000n;

export interface BootPlan {
  readonly pieces: readonly Piece[];
  /** Where each hart begins, and its a1 and a2. */
  readonly entry: bigint;
  readonly deviceTree: bigint;
  readonly firmwareInfo: bigint;
}

/** Throws UserError for images that cannot be used or do not fit. */
export function planBoot(config: MachineConfig, images: MachineImages): BootPlan {
  const { firmware, kernel, initrd } = images;
  const ramEnd = BigInt(RAM_BASE) + BigInt(config.memoryBytes);
  const loadedFirmware = firmware && loadImage(firmware, 'firmware', BigInt(RAM_BASE));
  const loadedKernel = kernel && loadImage(kernel, 'kernel', loadedFirmware ? KERNEL_AT : BigInt(RAM_BASE));
  const first = loadedFirmware ?? loadedKernel;
  if (first === undefined) throw new UserError('no-image', 'neither kernel nor firmware given', 'give --kernel FILE');

  const infoAt = ramEnd - INFO_BYTES;
  const treeAt = infoAt - TREE_BYTES;
  const initrdAt = alignDown(treeAt - BigInt(initrd?.length ?? 0));
  const tree = deviceTree({
    memoryBytes: config.memoryBytes,
    harts: config.harts,
    bootArgs: config.bootArgs,
    rngSeed: config.rngSeed,
    initrd: initrd && { start: Number(initrdAt), end: Number(initrdAt) + initrd.length },
    reserved: config.builtinFirmware ? { base: RAM_BASE, bytes: FIRMWARE_RESERVED_BYTES } : undefined,
  });
  if (BigInt(tree.length) > TREE_BYTES) {
    throw new UserError(
      'boot-args-too-long',
      `the device tree comes to ${tree.length} bytes`,
      'give a shorter --append',
    );
  }
  const pieces: Piece[] = [
    ...(loadedFirmware?.pieces ?? []),
    ...(loadedKernel?.pieces ?? []),
    ...(initrd === undefined ? [] : [whole('initrd', initrdAt, initrd)]),
    { what: 'device tree', pa: treeAt, bytes: tree, memoryBytes: TREE_BYTES },
    ...(loadedFirmware ? [whole('firmware info', infoAt, firmwareInfo(loadedKernel))] : []),
  ];
  check(pieces, ramEnd, config.memoryBytes);
  return { pieces, entry: first.entry, deviceTree: treeAt, firmwareInfo: loadedFirmware ? infoAt : 0n };
}

const whole = (what: string, pa: bigint, bytes: Uint8Array): Piece => ({
  what,
  pa,
  bytes,
  memoryBytes: BigInt(bytes.length),
});
const alignDown = (pa: bigint): bigint => (pa < 0n ? 0n : pa - (pa % ALIGNMENT));

/** struct fw_dynamic_info, version 2. */
function firmwareInfo(kernel: LoadedImage | undefined): Uint8Array {
  const MAGIC = 0x4942_534fn;
  const NEXT_MODE_S = 1n;
  const fields = [MAGIC, 2n, kernel?.entry ?? 0n, kernel ? NEXT_MODE_S : 0n, 0n, 0n];
  const view = new DataView(new ArrayBuffer(8 * fields.length));
  for (const [i, field] of fields.entries()) view.setBigUint64(8 * i, field, true);
  return new Uint8Array(view.buffer);
}

function check(pieces: readonly Piece[], ramEnd: bigint, memoryBytes: number): void {
  const ram = `RAM of ${memoryBytes / 2 ** 20} MiB`;
  for (const { what, pa, memoryBytes: bytes } of pieces) {
    if (pa < BigInt(RAM_BASE)) {
      throw new UserError('image-placement', `${what} belongs at 0x${pa.toString(16)}, where no RAM is`, linkHint);
    }
    if (pa + bytes > ramEnd) {
      const need = `${what} of ${bytes} bytes at 0x${pa.toString(16)} does not fit into ${ram}`;
      throw new UserError('image-too-large', need, 'give more --memory');
    }
  }
  const sorted = pieces.toSorted((a, b) => (a.pa < b.pa ? -1 : 1));
  for (const [i, piece] of sorted.entries()) {
    const next = sorted[i + 1];
    if (next === undefined || next.what === piece.what || piece.pa + piece.memoryBytes <= next.pa) continue;
    const names = `${piece.what} and ${next.what} overlap at 0x${next.pa.toString(16)} in ${ram}`;
    throw new UserError('image-overlap', names, `give more --memory, or other images; ${overlapHint}`);
  }
}
const linkHint = `link it for 0x${RAM_BASE.toString(16)} or above`;
const overlapHint = 'a program that runs in M-mode by itself needs --bios none';
