/**
 * What sits in a virtio-mmio slot that has no device: device id 0, no queues, no features of its own; drivers go on to
 * the next slot (specification 1.2, section 4.2.2, "DeviceID").
 */

import type { VirtioFunction } from './function.ts';

export class EmptySlot implements VirtioFunction<null> {
  readonly deviceId = 0;
  readonly features = 0n;
  readonly queueSizes: readonly number[] = [];
  readonly config = new Uint8Array(0);

  notify(): void {}
  abandon(): void {}
  save(): null {
    return null;
  }
  restore(_state: null): void {}
}
