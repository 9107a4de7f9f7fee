/**
 * A backup's own image while its guest is replayed, after src/host/mirror/follower.ts: what the guest asks is carried
 * out here, in the order that the real DiskOrder gives.
 */

import { DiskOrder } from '../../../src/ft/disk/disk-order.ts';
import type { DiskOutput } from '../node/disk-client.ts';
import type { OwnImage } from './own-image.ts';

/** Data that waits before the guest is stopped, and when it goes on. */
const WAITING_BYTES = { stop: 1_500, go: 400 };

export class Follower {
  readonly #image: OwnImage;
  readonly #order = new DiskOrder();
  readonly #stall: (stalled: boolean) => void;
  readonly #open = new Set<number>();
  #last = -1;
  #stalled = false;
  #idle: (() => void)[] = [];

  constructor(image: OwnImage, stall: (stalled: boolean) => void) {
    this.#image = image;
    this.#stall = stall;
  }

  get isBehind(): boolean {
    return this.#open.size > 0;
  }

  /** Of those that the guest here has asked. */
  isDone(request: number): boolean {
    return request <= this.#last && !this.#open.has(request);
  }

  take({ operation, request }: DiskOutput): void {
    this.#open.add(request);
    this.#last = request;
    this.#order.add(operation, request);
    this.#beginMore();
    this.#pace();
  }

  /** Runs when every change taken before is done. */
  idle(run: () => void): void {
    if (this.#order.isSettled) run();
    else this.#idle.push(run);
  }

  #beginMore(): void {
    for (let entry = this.#order.next(); entry !== undefined; entry = this.#order.next()) {
      const begun = entry;
      this.#image.carryOut(begun.operation, () => {
        this.#order.done(begun);
        this.#open.delete(begun.request);
        this.#beginMore();
        this.#pace();
        if (this.#order.isSettled) for (const run of this.#idle.splice(0)) run();
      });
    }
  }

  #pace(): void {
    const stalled = this.#order.bytes > (this.#stalled ? WAITING_BYTES.go : WAITING_BYTES.stop);
    if (stalled === this.#stalled) return;
    this.#stalled = stalled;
    this.#stall(stalled);
  }
}
