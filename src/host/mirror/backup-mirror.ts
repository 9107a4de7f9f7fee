/**
 * The own images of a backup, from their first block to the takeover: made equal to those of the side that lives, then
 * kept so by what the replayed guest writes.
 *
 *     begin ── accept: compare and write ──> whole ── take ... ──> settled: the guest may live on them
 */

import type { Socket } from 'node:net';
import { ExitCode, UserError } from '../../lib/errors.ts';
import type { Output } from '../../session/gate.ts';
import { reasonOf } from '../os-errors.ts';
import type { DriveFile } from '../ports/drive-file.ts';
import { Follower } from './follower.ts';
import { MirrorStream } from './mirror-stream.ts';
import { MirrorTarget, type TargetDrive, type TargetFacts } from './mirror-target.ts';
import type { ImageUser } from './own-image.ts';

export interface BackupMirrorEars {
  /** Whom this backup follows, as far as it is known. */
  facts(): TargetFacts;
  stall(stalled: boolean): void;
  /** This backup is none any more. */
  failed(error: UserError): void;
}

export class BackupMirror {
  readonly #ears: BackupMirrorEars;
  readonly #follower: Follower;
  readonly #drives = Promise.withResolvers<readonly TargetDrive[]>();
  #own: readonly TargetDrive[] = [];
  #stream: MirrorStream | undefined;
  #target: MirrorTarget | undefined;
  #whole = false;

  constructor(ears: BackupMirrorEars) {
    this.#ears = ears;
    this.#drives.promise.catch(() => {});
    this.#follower = new Follower({
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

  /** What the replayed guest asks of an own image. */
  take(output: Output): void {
    if (output.kind === 'disk') this.#follower.take(output);
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
    this.#drives.reject(new Error('the drives were never opened'));
    this.#stream?.close('this side ends');
    await this.#target?.stop();
  }
}
