/**
 * The images of a backup while its guest is replayed: what the guest asks of them is carried out here, as the primary
 * carries it out there. Reads are not: what was read is in the log.
 *
 *     guest thread ── writes, zeroes, flushes ──> [ waits ] ── in order where order matters ──> the own images
 *
 * Invariant: once `idle` resolves everything taken is done. A request that fails is the end of this backup: its image
 * is no longer what its guest wrote.
 */

import { DiskOrder } from '../../ft/disk/disk-order.ts';
import type { Output } from '../../session/gate.ts';
import type { DriveFile } from '../ports/drive-file.ts';

/** Data that waits before the guest is stopped, and when it goes on. */
const WAITING_BYTES = { stop: 16 << 20, go: 4 << 20 };

export interface FollowerEars {
  stall(stalled: boolean): void;
  failed(device: string, error: unknown): void;
}

interface Lane {
  readonly drive: DriveFile | undefined;
  readonly order: DiskOrder;
}

export class Follower {
  readonly #ears: FollowerEars;
  readonly #lanes = new Map<string, Lane>();
  #idle: PromiseWithResolvers<void> | undefined;
  #failure: Error | undefined;
  #stalled = false;
  #drives: readonly DriveFile[] | undefined;

  constructor(ears: FollowerEars) {
    this.#ears = ears;
  }

  /** The drives are open: what waits is begun. */
  begin(drives: readonly DriveFile[]): void {
    this.#drives = drives;
    for (const [device, { order }] of this.#lanes) this.#lanes.set(device, { order, drive: this.#driveOf(device) });
    this.#beginMore();
  }

  take({ device, operation }: Output & { readonly kind: 'disk' }): void {
    if (operation.op === 'read') return;
    let lane = this.#lanes.get(device);
    if (lane === undefined) {
      lane = { drive: this.#driveOf(device), order: new DiskOrder() };
      this.#lanes.set(device, lane);
    }
    lane.order.add(operation);
    this.#beginMore();
    this.#pace();
  }

  /** Everything taken before is done. Rejects when it cannot be. */
  async idle(): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#isIdle) return;
    this.#idle ??= Promise.withResolvers<void>();
    await this.#idle.promise;
  }

  get #isIdle(): boolean {
    return [...this.#lanes.values()].every(({ order }) => order.isEmpty);
  }

  #driveOf(device: string): DriveFile | undefined {
    return this.#drives?.find((drive) => drive.device === device);
  }

  #beginMore(): void {
    for (const [device, { drive, order }] of this.#lanes) {
      if (drive === undefined || this.#failure !== undefined) continue;
      for (let entry = order.next(); entry !== undefined; entry = order.next()) {
        const begun = entry;
        drive.carryOut(begun.operation).then(
          () => {
            order.done(begun);
            this.#beginMore();
            this.#pace();
            if (!this.#isIdle) return;
            this.#idle?.resolve();
            this.#idle = undefined;
          },
          (error: unknown) => this.#fail(device, error),
        );
      }
    }
  }

  #fail(device: string, error: unknown): void {
    if (this.#failure !== undefined) return;
    this.#failure = new Error(`the image of ${device} is lost`);
    this.#idle?.reject(this.#failure);
    this.#ears.failed(device, error);
  }

  #pace(): void {
    const bytes = [...this.#lanes.values()].reduce((sum, { order }) => sum + order.bytes, 0);
    const stalled = bytes > (this.#stalled ? WAITING_BYTES.go : WAITING_BYTES.stop);
    if (stalled === this.#stalled) return;
    this.#stalled = stalled;
    this.#ears.stall(stalled);
  }
}
