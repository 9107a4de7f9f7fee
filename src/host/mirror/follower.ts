/**
 * The images of a backup while its guest is replayed: what the guest asks of them is carried out here, as the primary
 * carries it out there; reads, of these and of shared disks, when what was read is not in the log.
 *
 *     guest thread ── writes, zeroes, flushes ──> [ waits ] ── in order where order matters ──> the own images
 *                  ── reads ────────────────────> [       ] ──────────────────────────────────> any disk
 *
 * Invariant: once `idle` resolves every change taken is done. A change that fails is the end of this backup: its image
 * is no longer what its guest wrote. A read is done until it succeeds.
 */

import { DiskOrder, type Entry } from '../../ft/disk/disk-order.ts';
import type { Output } from '../../session/gate.ts';
import type { DriveFile } from '../ports/drive-file.ts';
import type { DiskReader } from './disk-reader.ts';

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
  readonly #reader: DiskReader;
  readonly #lanes = new Map<string, Lane>();
  #idle: PromiseWithResolvers<void> | undefined;
  #failure: Error | undefined;
  #stalled = false;
  #drives: readonly DriveFile[] | undefined;

  constructor(reader: DiskReader, ears: FollowerEars) {
    this.#reader = reader;
    this.#ears = ears;
  }

  /** The drives are open: what waits is begun. */
  begin(drives: readonly DriveFile[]): void {
    this.#drives = drives;
    for (const [device, { order }] of this.#lanes) this.#lanes.set(device, { order, drive: this.#driveOf(device) });
    this.#beginMore();
  }

  take({ device, request, operation }: Output & { readonly kind: 'disk' }): void {
    let lane = this.#lanes.get(device);
    if (lane === undefined) {
      lane = { drive: this.#driveOf(device), order: new DiskOrder() };
      this.#lanes.set(device, lane);
    }
    lane.order.add(operation, request);
    this.#beginMore();
    this.#pace();
  }

  /** The guest is to live here: it asks again for what it has not been given. */
  dropReads(): void {
    for (const { order } of this.#lanes.values()) order.dropReads();
    this.#reader.drop();
    this.#beginMore();
  }

  /** Every change taken before is done. Rejects when one cannot be. */
  async idle(): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#isIdle) return;
    this.#idle ??= Promise.withResolvers<void>();
    await this.#idle.promise;
  }

  get #isIdle(): boolean {
    return [...this.#lanes.values()].every(({ order }) => order.isSettled);
  }

  #driveOf(device: string): DriveFile | undefined {
    return this.#drives?.find((drive) => drive.device === device);
  }

  #beginMore(): void {
    for (const [device, { drive, order }] of this.#lanes) {
      if (drive === undefined || this.#failure !== undefined) continue;
      for (let entry = order.next(); entry !== undefined; entry = order.next()) {
        const begun = entry;
        this.#carryOut(drive, begun).then(
          () => this.#done(order, begun),
          (error: unknown) => this.#fail(device, error),
        );
      }
    }
  }

  async #carryOut(drive: DriveFile, { operation, request }: Entry): Promise<void> {
    if (operation.op === 'read') await this.#reader.read(drive, request, operation);
    else await drive.carryOut(operation);
  }

  #done(order: DiskOrder, entry: Entry): void {
    order.done(entry);
    this.#beginMore();
    this.#pace();
    if (!this.#isIdle) return;
    this.#idle?.resolve();
    this.#idle = undefined;
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
