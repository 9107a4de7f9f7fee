/**
 * Whether a machine can be of this configuration. What images it gets is boot.ts's matter.
 */

import { UserError } from '../../lib/errors.ts';
import { MAX_RAM_BYTES, PAGE_BYTES } from '../cpu/memory-layout.ts';
import type { MachineConfig } from './machine.ts';
import { VIRTIO_SLOTS } from './memory-map.ts';

/** Throws UserError. */
export function checkConfig({ memoryBytes, harts, devices }: MachineConfig): void {
  if (memoryBytes < PAGE_BYTES || memoryBytes % PAGE_BYTES !== 0 || memoryBytes > MAX_RAM_BYTES) {
    const most = `a multiple of 4 KiB up to ${MAX_RAM_BYTES / 2 ** 20}M`;
    throw new UserError('bad-memory', `RAM of ${memoryBytes} bytes is not possible`, `give --memory ${most}`);
  }
  if (harts !== 1) throw new UserError('bad-harts', `${harts} harts are not possible`, 'give --harts 1');
  if (devices.length > VIRTIO_SLOTS) {
    const many = `${devices.length} virtio devices do not fit into ${VIRTIO_SLOTS} slots`;
    throw new UserError('too-many-devices', many, 'give fewer --drive, --net and other devices');
  }
}
