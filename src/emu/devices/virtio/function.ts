/**
 * Between the virtio-mmio transport and what a device does (block, net, console, entropy): each side's view of the
 * other.
 */

import type { GuestMemory, Plain } from '../device.ts';
import type { Virtqueue } from './virtqueue.ts';

/** Feature bits that the transport offers with every device (specification 1.2, section 6). */
export const Feature = { indirect: 1n << 28n, eventIndex: 1n << 29n, version1: 1n << 32n } as const;

/** What the transport does for its function. */
export interface VirtioLink {
  readonly memory: GuestMemory;
  readonly queues: readonly Virtqueue[];
  /** Features negotiated. */
  readonly features: () => bigint;
  /** DRIVER_OK is set and no reset is needed: requests may be taken and given back. */
  readonly live: () => boolean;
  /** Gives requests back on a queue and interrupts the driver if it wants that. */
  readonly complete: (queue: number, done: readonly { readonly head: number; readonly length: number }[]) => void;
  /**
   * Runs work that reads what the driver wrote outside of `notify`: a broken ring makes the device need a reset.
   * Does nothing unless the device is live and the queue is ready.
   */
  readonly attempt: (queue: number, work: () => void) => void;
}

/** A device behind the transport. It never sees a register of the transport. */
export interface VirtioFunction<State extends Plain = Plain> {
  readonly deviceId: number;
  /** Features of its own that it offers. */
  readonly features: bigint;
  /** Largest size of each queue. */
  readonly queueSizes: readonly number[];
  /** The device configuration space; a function of the machine's configuration, so its generation never changes. */
  readonly config: Uint8Array;
  writeConfig?(offset: number, width: 1 | 2 | 4, value: number): void;
  /** The driver put requests on a queue. May throw RingError or GuestMemoryFault. */
  notify(queue: number): void;
  /**
   * The driver reset the device, or broke it. Requests not given out are forgotten; of those given out the completions
   * are awaited and then dropped.
   */
  abandon(): void;
  save(): State;
  restore(state: State): void;
}
