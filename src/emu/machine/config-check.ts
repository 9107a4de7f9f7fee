/**
 * Whether a machine can be of this configuration: what the devices take for granted is checked here, before any of them
 * is made. What images it gets is boot.ts's matter.
 */

import { UserError } from '../../lib/errors.ts';
import { MAX_RAM_BYTES, PAGE_BYTES } from '../cpu/memory-layout.ts';
import { SECTOR_BYTES } from '../devices/virtio/block-request.ts';
import { MAC_BYTES, MTU_MAX, MTU_MIN } from '../devices/virtio/net.ts';
import type { MachineConfig, VirtioConfig } from './machine.ts';
import { VIRTIO_SLOTS } from './memory-map.ts';

/** Throws UserError. */
export function checkConfig(config: MachineConfig): void {
  const fault = configFault(config);
  if (fault !== undefined) throw fault;
}

/** Why there is no such machine; undefined when there is one. */
export function configFault({ memoryBytes, harts, devices }: MachineConfig): UserError | undefined {
  if (memoryBytes < PAGE_BYTES || memoryBytes % PAGE_BYTES !== 0 || memoryBytes > MAX_RAM_BYTES) {
    const most = `a multiple of 4 KiB up to ${MAX_RAM_BYTES / 2 ** 20}M`;
    return new UserError('bad-memory', `RAM of ${memoryBytes} bytes is not possible`, `give --memory ${most}`);
  }
  if (harts !== 1) return new UserError('bad-harts', `${harts} harts are not possible`, 'give --harts 1');
  if (devices.length > VIRTIO_SLOTS) {
    const many = `${devices.length} virtio devices do not fit into ${VIRTIO_SLOTS} slots`;
    return new UserError('too-many-devices', many, 'give fewer --drive, --net and other devices');
  }
  return devices.map(deviceFault).find((fault) => fault !== undefined);
}

function deviceFault(device: VirtioConfig): UserError | undefined {
  if (device.type === 'block' && device.sizeBytes % SECTOR_BYTES !== 0) {
    const remedy = `give --drive a whole number of sectors of ${SECTOR_BYTES} bytes`;
    return new UserError('bad-drive', `a drive of ${device.sizeBytes} bytes is not possible`, remedy);
  }
  if (device.type !== 'net') return undefined;
  const { mac, mtu } = device;
  if (mac.length !== MAC_BYTES) {
    const what = `a network card with an address of ${mac.length} bytes is not possible`;
    return new UserError('bad-net', what, `give --net a MAC address of ${MAC_BYTES} bytes`);
  }
  if (mtu >= MTU_MIN && mtu <= MTU_MAX) return undefined;
  const remedy = `give --net an MTU from ${MTU_MIN} to ${MTU_MAX}`;
  return new UserError('bad-net', `a network card with an MTU of ${mtu} is not possible`, remedy);
}
