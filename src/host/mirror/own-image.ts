/**
 * The image that one side of a pair has for itself, as a store of blocks. While another image is made equal to it, it
 * takes down which blocks change, and can be held still for a moment.
 *
 * Invariant: a block that was changed after it was taken out of `changes` is in there again, once the change is done.
 */

import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { BlockMap } from '../../ft/disk/block-map.ts';
import { ExitCode, UserError } from '../../lib/errors.ts';
import { fileKey, stampOfOpen } from '../file-stamp.ts';
import { ImageLock } from '../image-lock.ts';
import { reasonOf } from '../os-errors.ts';
import { type BlockStore, RawStore, SECTOR_BYTES } from '../ports/block-store.ts';
import { type ImageMark, type ImageState, writeMark } from './image-mark.ts';

/** Who uses an image: a node of a pair, in an epoch. */
export type ImageUser = Omit<ImageMark, 'state'>;

export class OwnImage implements BlockStore {
  readonly path: string;
  readonly sizeBytes: number;
  /** The same for two paths of one file, on one host. */
  readonly file: string;
  readonly #store: RawStore;
  readonly #lock: ImageLock | undefined;
  /** Blocks that have changed; taken down while there is one. */
  changes: BlockMap | undefined;
  #changing = 0;
  #still: PromiseWithResolvers<void> | undefined;
  #calm: PromiseWithResolvers<void> | undefined;

  private constructor(path: string, handle: FileHandle, lock: ImageLock | undefined) {
    const stamp = stampOfOpen(handle.fd);
    this.path = path;
    this.sizeBytes = Number(stamp.size);
    this.file = fileKey(stamp);
    this.#store = new RawStore(handle);
    this.#lock = lock;
  }

  /** With `sizeBytes` it is made when it is not there, and must have that size. UserError when it cannot be had. */
  static async open(path: string, sizeBytes?: number): Promise<OwnImage> {
    const handle = await openImage(path, sizeBytes !== undefined);
    try {
      const facts = await handle.stat();
      if (!facts.isFile()) throw bad(path, 'is not a regular file', 'name a raw disk image');
      if (facts.size === 0 && sizeBytes !== undefined) await handle.truncate(sizeBytes);
      const { size } = await handle.stat();
      if (size === 0 || size % SECTOR_BYTES !== 0) {
        const remedy = `give it a size with: truncate -s %${SECTOR_BYTES} or -s 1G`;
        throw bad(path, `has ${size} bytes, which is not a whole number of sectors`, remedy);
      }
      if (sizeBytes !== undefined && size !== sizeBytes) {
        throw bad(path, `has ${size} bytes where the guest's drive has ${sizeBytes}`, 'name another, or remove it');
      }
      return await OwnImage.over(path, handle);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** On an image that is open, which it closes. UserError when somebody writes to it, unless it `isShared`. */
  static async over(path: string, handle: FileHandle, isShared = false): Promise<OwnImage> {
    return new OwnImage(path, handle, isShared ? undefined : await ImageLock.take(path, handle));
  }

  /** On the storage when this resolves. */
  async mark(state: ImageState, user: ImageUser): Promise<void> {
    await writeMark(this.path, { ...user, state });
  }

  /** From now on changes wait, until `release`; resolves when those under way are done. Reads and flushes go on. */
  async hold(): Promise<void> {
    this.#still ??= Promise.withResolvers<void>();
    if (this.#changing === 0) return;
    this.#calm ??= Promise.withResolvers<void>();
    await this.#calm.promise;
  }

  release(): void {
    this.#still?.resolve();
    this.#still = undefined;
  }

  read(offset: number, into: Uint8Array): Promise<void> {
    return this.#store.read(offset, into);
  }

  write(offset: number, data: Uint8Array): Promise<void> {
    return this.#change(offset, data.length, () => this.#store.write(offset, data));
  }

  zero(offset: number, length: number): Promise<void> {
    return this.#change(offset, length, () => this.#store.zero(offset, length));
  }

  flush(): Promise<void> {
    return this.#store.flush();
  }

  async close(): Promise<void> {
    await this.#store.close();
    await this.#lock?.release();
  }

  async #change(offset: number, length: number, change: () => Promise<void>): Promise<void> {
    while (this.#still !== undefined) await this.#still.promise;
    this.#changing++;
    try {
      await change();
    } finally {
      this.changes?.mark(offset, length);
      this.#changing--;
      if (this.#changing === 0) {
        this.#calm?.resolve();
        this.#calm = undefined;
      }
    }
  }
}

async function openImage(path: string, create: boolean): Promise<FileHandle> {
  try {
    return await open(path, constants.O_RDWR | (create ? constants.O_CREAT : 0), 0o600);
  } catch (error) {
    const what = `cannot open the drive ${path}: ${reasonOf(error)}`;
    throw new UserError('bad-drive', what, 'name an image that you may write', ExitCode.usage, error);
  }
}

const bad = (path: string, what: string, remedy: string): UserError =>
  new UserError('bad-drive', `the drive ${path} ${what}`, remedy);
