/**
 * From an operator's options to a machine: reads the images, opens the drives, and says what the machine is made of.
 * All that can be wrong with a command line shows here, before anything runs.
 *
 * Slots of virtio devices, in this order: drives, network cards, consoles, one entropy device.
 */

import { loadImage as layOut } from '../emu/machine/boot-image.ts';
import type { MachineConfig, MachineImages, VirtioConfig } from '../emu/machine/machine.ts';
import { FIRMWARE_RESERVED_BYTES, RAM_BASE } from '../emu/machine/memory-map.ts';
import { UserError } from '../lib/errors.ts';
import { epochNs } from './clock.ts';
import { entropySource, RNG_SEED_BYTES } from './entropy.ts';
import type { GuestOptions } from './guest-options.ts';
import { closeAll, openDrives } from './guest-ports.ts';
import { rememberPlace } from './image-places.ts';
import { type Image, type ImageRole, loadImage } from './images.ts';
import { BUILT_IN_FIRMWARE } from './package-files.ts';
import type { DriveFile } from './ports/drive-file.ts';
import type { Membership } from './ports/nbd-session.ts';

/** 2026-01-01T00:00:00Z: when a guest with a wholly virtual clock is switched on. */
const VIRTUAL_EPOCH_NS = 1_767_225_600_000_000_000n;
const MTU = 1500;
const SLOTS = 8;

export interface GuestPlan {
  readonly config: MachineConfig;
  readonly images: { readonly [role in ImageRole]?: Image };
  /** Open; the ports of a live guest close them. */
  readonly drives: readonly DriveFile[];
}

/** UserError for anything that cannot be used. `member`: the guest is a pair's. `read`: of the same options. */
export async function planGuest(
  options: GuestOptions,
  member?: Membership,
  read: ReadImages = readImages(options),
): Promise<GuestPlan> {
  const { images, builtinFirmware } = read;
  const drives = await openDrives(options.drives, member);
  try {
    return { config: configOf(options, drives, builtinFirmware), images, drives };
  } catch (error) {
    await closeAll(drives);
    throw error;
  }
}

/** The bytes alone, as the machine takes them. */
export function imageBytes(images: GuestPlan['images']): MachineImages {
  return Object.fromEntries(Object.entries(images).map(([role, image]) => [role, image.bytes]));
}

export interface ReadImages {
  readonly images: GuestPlan['images'];
  readonly builtinFirmware: boolean;
}

/** UserError for an image that cannot be used. */
export function readImages(options: GuestOptions): ReadImages {
  if (options.kernel === undefined && (options.bios === undefined || options.bios === 'none')) {
    throw new UserError('no-image', 'neither kernel nor firmware given', 'give --kernel FILE');
  }
  const kernel = options.kernel === undefined ? undefined : load('kernel', options.kernel);
  const builtinFirmware = options.bios === undefined && kernel !== undefined && !liesInFirmware(kernel.bytes);
  const bios = builtinFirmware ? BUILT_IN_FIRMWARE : options.bios;
  const firmware = bios === undefined || bios === 'none' ? undefined : load('firmware', bios);
  const initrd = options.initrd === undefined ? undefined : load('initrd', options.initrd);
  const images = {
    ...(firmware === undefined ? {} : { firmware }),
    ...(kernel === undefined ? {} : { kernel }),
    ...(initrd === undefined ? {} : { initrd }),
  };
  return { images, builtinFirmware };
}

function load(role: ImageRole, path: string): Image {
  const image = loadImage(role, path);
  rememberPlace(image.sha256, path);
  return image;
}

/** A bare M-mode program is linked to where RAM begins, which is where firmware would be. */
function liesInFirmware(kernel: Uint8Array): boolean {
  const firmwareEnd = BigInt(RAM_BASE + FIRMWARE_RESERVED_BYTES);
  return layOut(kernel, 'the kernel', firmwareEnd).pieces.some((piece) => piece.pa < firmwareEnd);
}

function configOf(options: GuestOptions, drives: readonly DriveFile[], builtinFirmware: boolean): MachineConfig {
  const devices: VirtioConfig[] = [
    ...drives.map((drive, i): VirtioConfig => {
      const { mode, serial } = options.drives[i]!;
      return {
        type: 'block',
        sizeBytes: drive.sizeBytes,
        readOnly: mode === 'readonly',
        serial: serial ?? `drive${i}`,
      };
    }),
    ...options.nets.map(({ mac, mtu }, i): VirtioConfig => ({ type: 'net', mac: mac ?? macOf(i), mtu: mtu ?? MTU })),
    ...options.consoles.map((): VirtioConfig => ({ type: 'console' })),
    { type: 'entropy' },
  ];
  if (devices.length > SLOTS) {
    const what = `${devices.length} virtio devices where the board has ${SLOTS} slots (one is the entropy device's)`;
    throw new UserError('too-many-devices', what, 'leave some out');
  }
  return {
    memoryBytes: options.memoryBytes,
    harts: options.harts,
    bootArgs: options.append,
    clock: options.clock,
    epochNs: options.epochNs ?? (options.clock === 'ticks' ? VIRTUAL_EPOCH_NS : epochNs()),
    rngSeed: entropySource(options.entropy).bytes(RNG_SEED_BYTES),
    builtinFirmware,
    devices,
  };
}

function macOf(index: number): Uint8Array {
  return Uint8Array.of(0x52, 0x54, 0x00, 0x12, 0x34, 0x56 + index);
}
