/**
 * One process at a time writes to an image, of those that this user has on this host: a drive of a guest, the own image
 * of a pair's side, an export. A process that stands still has its image still, and one that is gone has none.
 *
 * What others (QEMU, another user, another host with the same filesystem) do with it is not seen here.
 */

import type { FileHandle } from 'node:fs/promises';
import { rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ExitCode, UserError } from '../lib/errors.ts';
import { FolderInUse, OwnedFolder } from './disk/owned-folder.ts';
import { fileKey, stampOfOpen } from './file-stamp.ts';
import { runtimeFolder } from './recordings.ts';

export class ImageLock {
  /** Undefined: there is no place for locks, and the image is taken without one. */
  readonly #folder: OwnedFolder | undefined;

  private constructor(folder: OwnedFolder | undefined) {
    this.#folder = folder;
  }

  /** On the image that is open; `path` is what the operator calls it. UserError, and it is closed, when it is taken. */
  static async take(path: string, handle: FileHandle): Promise<ImageLock> {
    const place = join(runtimeFolder(), 'images', fileKey(stampOfOpen(handle.fd)));
    try {
      return new ImageLock(await OwnedFolder.take(place, NO_FLAG));
    } catch (error) {
      if (!(error instanceof FolderInUse)) return new ImageLock(undefined);
      await handle.close();
      const who = error.process === process.pid ? 'this process' : `process ${error.process}`;
      const remedy = 'end that one first, or use a copy of the image';
      throw new UserError('image-in-use', `${who} writes to the image ${path} already`, remedy, ExitCode.usage, error);
    }
  }

  async release(): Promise<void> {
    const { path } = this.#folder ?? {};
    if (path === undefined) return;
    await this.#folder?.release();
    // Another may be taking it.
    for (const left of [join(path, 'lock'), path]) await rmdir(left).catch(() => {});
  }
}

/** No operator names these folders. */
const NO_FLAG = '';
