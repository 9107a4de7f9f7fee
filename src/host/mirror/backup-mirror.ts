/**
 * The disks of a backup, from their first block to the takeover. Its own images are made equal to those of the side
 * that lives, then kept so by what the replayed guest writes; where the log has no data of reads, it is read here.
 *
 *     begin ── accept: compare and write ──> whole ── take ... ──> settled: the guest may live on them
 */

import type { Socket } from 'node:net';
import { ExitCode, UserError } from '../../lib/errors.ts';
import type { Output } from '../../session/gate.ts';
import { reasonOf } from '../os-errors.ts';
import type { DriveFile } from '../ports/drive-file.ts';
import { DiskReader, type ReadCounts } from './disk-reader.ts';
import { Follower } from './follower.ts';
import { MirrorStream } from './mirror-stream.ts';
import { MirrorTarget, type TargetDrive, type TargetFacts } from './mirror-target.ts';
import type { ImageUser } from './own-image.ts';

/** A backup gives up when a read has not succeeded for so long. */
const READ_PATIENCE_MS = 30_000;

export interface BackupMirrorEars {
  /** Whom this backup follows, as far as it is known. */
  facts(): TargetFacts;
  stall(stalled: boolean): void;
  /** What was read for the replayed guest. */
  read(device: string, request: number, data: Uint8Array): void;
  notice(text: string): void;
  /** The guest is followed: nobody has to live here. */
  follows(): boolean;
  /** This backup is none any more. */
  failed(error: UserError): void;
}

export class BackupMirror {
  readonly #ears: BackupMirrorEars;
  readonly #reader: DiskReader;
  readonly #follower: Follower;
  readonly #drives = Promise.withResolvers<readonly TargetDrive[]>();
  #own: readonly TargetDrive[] = [];
  #stream: MirrorStream | undefined;
  #target: MirrorTarget | undefined;
  #whole = false;
  #toldOfReads = false;
  /** Since when a read has given other bytes than the primary's, by device and request. */
  readonly #differs = new Map<string, number>();

  constructor(ears: BackupMirrorEars) {
    this.#ears = ears;
    this.#drives.promise.catch(() => {});
    this.#reader = new DiskReader({
      read: (device, request, data) => ears.read(device, request, data),
      again: (device, error) => this.#readAgain(device, error),
      late: (device, ms) => this.#readLate(device, ms),
    });
    this.#follower = new Follower(this.#reader, {
      stall: (stalled) => ears.stall(stalled),
      failed: (device, error) => {
        const what = `the image of ${device} on this side cannot be written: ${reasonOf(error)}`;
        const remedy = 'look after its storage, and start the backup again';
        ears.failed(new UserError('image-lost', what, remedy, ExitCode.lost, error));
      },
    });
  }

  /** The drives are open. */
  begin(drives: readonly DriveFile[]): void {
    this.#own = drives.flatMap(({ device, image }) => (image === undefined ? [] : [{ device, image }]));
    this.#drives.resolve(this.#own);
    this.#follower.begin(drives);
  }

  /** Somebody comes to make the images equal: the last to come does it. */
  accept(socket: Socket): void {
    const stream = new MirrorStream(socket, {
      message: (message) => target.take(message),
      closed: () => void target.stop(),
    });
    const target = new MirrorTarget({
      facts: () => this.#ears.facts(),
      drives: this.#drives.promise,
      send: (message) => stream.send(message),
      completed: () => {
        this.#whole = true;
      },
      close: (reason) => stream.close(reason),
    });
    const before = this.#target;
    this.#stream?.close('another has come');
    this.#stream = stream;
    this.#target = target;
    void Promise.resolve(before?.stop()).then(() => socket.resume());
  }

  /** Of the replayed guest. */
  get reads(): ReadCounts {
    return this.#reader.counts;
  }

  /** What the replayed guest asks of a disk that is followed or read here. */
  take(output: Output): void {
    if (output.kind === 'disk') this.#follower.take(output);
  }

  /** What was read is not what the primary read. */
  async again(output: Output & { readonly kind: 'disk' }): Promise<void> {
    const { device, request } = output;
    const key = `${device} ${request}`;
    const sinceMs = this.#differs.get(key) ?? performance.now();
    this.#differs.set(key, sinceMs);
    this.#readLate(device, performance.now() - sinceMs);
    await this.#reader.pause(device, new Error('what was read differs from what the primary read'));
    this.#follower.take(output);
  }

  /** The guest is to live here, and asks again. */
  dropReads(): void {
    this.#follower.dropReads();
  }

  /** The images hold what the guest has written. UserError when they are not whole: nobody may live on them. */
  async settled(): Promise<void> {
    if (this.#own.length > 0 && !this.#whole) {
      const what = 'the images on this side are not whole: the guest cannot go on here';
      throw new UserError('incomplete-image', what, 'start the pair again on the other host', ExitCode.lost);
    }
    await this.#follower.idle();
  }

  /** The guest that was followed is off, and the images are what it left. */
  async ended(user: ImageUser): Promise<void> {
    if (!this.#whole) return;
    try {
      await this.#follower.idle();
    } catch {
      // It stays one that followed, and is behind.
      return;
    }
    for (const { image } of this.#own) {
      await image.flush();
      await image.mark('ended', user);
    }
  }

  /** Nothing is written any more when this resolves. */
  async close(): Promise<void> {
    this.#reader.drop();
    this.#drives.reject(new Error('the drives were never opened'));
    this.#stream?.close('this side ends');
    await this.#target?.stop();
  }

  #readAgain(device: string, error: unknown): void {
    if (this.#toldOfReads) return;
    this.#toldOfReads = true;
    this.#ears.notice(`drive ${device}: a read fails on this side, and is done again: ${reasonOf(error)}`);
  }

  /** A backup that cannot read is none: its primary would stand still for it in the end. */
  #readLate(device: string, ms: number): void {
    if (ms < READ_PATIENCE_MS || !this.#ears.follows()) return;
    this.#reader.drop();
    const what = `what the guest reads of ${device} cannot be read on this side for ${Math.floor(ms / 1000)} s`;
    const remedy = 'see that this host has the disk as the primary has it, and start the backup again';
    this.#ears.failed(new UserError('reads-lost', what, remedy, ExitCode.lost));
  }
}
