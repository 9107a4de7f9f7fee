/** What the main thread tells the guest thread of a backup, in order; a guest that is live takes orders itself. */

import type { Input } from '../../emu/machine/events.ts';
import { ExitCode, UserError } from '../../lib/errors.ts';
import { monotonicNs } from '../clock.ts';
import { RingInputs } from '../live/ring-ports.ts';
import type { SharedState } from '../live/shared-state.ts';
import type { LiveSide } from './live-side.ts';
import { decodeOrder, type Order } from './ring-messages.ts';

type DiskInput = Input & { readonly kind: 'disk' };

export class BackupOrders {
  readonly inputs: RingInputs;
  /** Set when the guest is live: orders are its own from then on. */
  live: LiveSide | undefined;
  readonly #waiting: Order[] = [];
  #receivedNs = monotonicNs();
  #draining = false;
  #goLive = false;

  constructor(shared: SharedState) {
    this.inputs = new RingInputs(shared, (message) => {
      const order = decodeOrder(message);
      if (this.live === undefined) this.#waiting.push(order);
      else this.live.order(order);
      // Inputs behind it are for the live guest.
      return order.kind === 'goLive';
    });
  }

  /** When the newest frame came. */
  get receivedNs(): bigint {
    return this.#receivedNs;
  }

  /** No more frames will come. */
  get draining(): boolean {
    return this.#draining;
  }

  /** Gives the frames that have come to `feed`, and what was read of this side's disks to `read`. */
  take(feed: (frame: Uint8Array) => void, read?: (answer: DiskInput) => void): void {
    for (let input = this.inputs.take(); input !== undefined; input = this.inputs.take()) {
      if (input.kind !== 'disk' || read === undefined)
        throw new Error(`a ${input.kind} input at a backup that is not live`);
      read(input);
    }
    for (const order of this.#waiting.splice(0)) {
      if (order.kind === 'feed') {
        this.#receivedNs = order.receivedNs;
        feed(order.bytes);
      } else if (order.kind === 'drain') this.#draining = true;
      else if (order.kind === 'goLive') this.#goLive = true;
      else throw new Error(`the order ${order.kind} at a backup that is not live`);
    }
  }

  /**
   * Waits for the word to go live; false when it is to stop instead. A guest that has been told both lives before it
   * stops: what it said as a live one may have been seen.
   */
  untilLive(): boolean {
    for (;;) {
      const { stopAsked } = this.inputs;
      const refuse = (): never => {
        throw new Error('a frame for a backup that is drained');
      };
      this.take(refuse, () => {});
      if (this.#goLive) return true;
      if (stopAsked) return false;
      this.inputs.wait(undefined);
    }
  }
}

/** The end of a backup that has nothing to take over. */
export function neverBegun(): UserError {
  const what = 'the primary was lost before the machine that it runs was here';
  return new UserError('never-begun', what, 'start the pair again', ExitCode.lost);
}
