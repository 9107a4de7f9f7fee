/**
 * The eight virtio-mmio slots as the configuration fills them, and the inputs that go to them by name.
 */

import type { GuestMemory, InterruptLine } from '../devices/device.ts';
import { VirtioBlock } from '../devices/virtio/block.ts';
import { VirtioConsole } from '../devices/virtio/console.ts';
import { EmptySlot } from '../devices/virtio/empty-slot.ts';
import { VirtioEntropy } from '../devices/virtio/entropy.ts';
import type { VirtioFunction, VirtioLink } from '../devices/virtio/function.ts';
import { VirtioMmio } from '../devices/virtio/mmio.ts';
import { VirtioNet } from '../devices/virtio/net.ts';
import type { Output } from './events.ts';
import type { VirtioConfig } from './machine.ts';
import { VIRTIO_SLOTS } from './memory-map.ts';

export type Slot = VirtioMmio<VirtioBlock | VirtioConsole | VirtioEntropy | VirtioNet | EmptySlot>;
type SlotFunction = Slot['function'];

export const slotName = (slot: number): string => `virtio${slot}`;

/** One transport for each slot, in slot order. */
export function makeSlots(
  devices: readonly VirtioConfig[],
  memory: GuestMemory,
  interrupt: (slot: number) => InterruptLine,
  emit: (output: Output) => void,
): readonly Slot[] {
  return Array.from({ length: VIRTIO_SLOTS }, (_, slot) => {
    const config = devices[slot];
    const ports = { name: slotName(slot), emit };
    const make = (link: VirtioLink): SlotFunction =>
      config === undefined ? new EmptySlot() : build(config, link, ports);
    return new VirtioMmio<SlotFunction>(memory, interrupt(slot), make);
  });
}

function build(config: VirtioConfig, link: VirtioLink, ports: { name: string; emit: (output: Output) => void }) {
  switch (config.type) {
    case 'block':
      return new VirtioBlock(link, ports, config, config.serial);
    case 'net':
      return new VirtioNet(link, ports, config.mac, config.mtu);
    case 'console':
      return new VirtioConsole(link, ports);
    case 'entropy':
      return new VirtioEntropy(link, ports);
  }
}

/** The function in a named slot, if it is of this class; anything else is a mistake of the caller. */
export function functionAt<F extends VirtioFunction>(
  slots: readonly Slot[],
  name: string,
  kind: abstract new (...args: never[]) => F,
): F {
  const found = slots.find((_, slot) => slotName(slot) === name)?.function;
  if (!(found instanceof kind)) throw new RangeError(`no ${kind.name} at ${name}`);
  return found;
}

export const pendingOf = (slots: readonly Slot[]): readonly Output[] =>
  slots.flatMap(({ function: f }) => (f instanceof VirtioBlock || f instanceof VirtioEntropy ? f.pending : []));
