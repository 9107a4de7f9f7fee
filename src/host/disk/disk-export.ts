/**
 * One image that the block server gives out. Its file is opened once for all connections, so that what one of them has
 * written every other reads, and a flush of one covers the writes of all (NBD_FLAG_CAN_MULTI_CONN).
 *
 * Invariant: once the storage has failed to sync, no flush succeeds any more until the server is started again; the
 * system may have dropped the pages that it could not write.
 */

import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { UserError } from '../../lib/errors.ts';
import { ImageLock } from '../image-lock.ts';
import { reasonOf } from '../os-errors.ts';
import { RawStore } from '../ports/block-store.ts';
import { Flag } from './nbd.ts';

export interface ExportOptions {
  readonly name: string;
  readonly path: string;
  readonly readonly: boolean;
  /** Only nodes of this pair may write; left out: everybody may. */
  readonly pair?: string;
}

export class DiskExport {
  readonly options: ExportOptions;
  readonly sizeBytes: number;
  /** The storage has failed, and the operator was told. */
  troubled = false;
  readonly #store: RawStore;
  readonly #lock: ImageLock | undefined;
  #broken: unknown;

  private constructor(options: ExportOptions, sizeBytes: number, store: RawStore, lock: ImageLock | undefined) {
    this.options = options;
    this.sizeBytes = sizeBytes;
    this.#store = store;
    this.#lock = lock;
  }

  /** UserError when the image cannot be given out. */
  static async open(options: ExportOptions): Promise<DiskExport> {
    const { path, readonly } = options;
    try {
      const file = await open(path, readonly ? constants.O_RDONLY : constants.O_RDWR);
      const stat = await file.stat();
      if (stat.isFile() && stat.size > 0) {
        const lock = readonly ? undefined : await ImageLock.take(path, file);
        return new DiskExport(options, stat.size, new RawStore(file), lock);
      }
      await file.close();
    } catch (error) {
      if (error instanceof UserError) throw error;
      const remedy = readonly ? 'name a raw disk image' : 'name an image that you may write, or add ,readonly';
      throw new UserError('bad-export', `cannot open the image ${path}: ${reasonOf(error)}`, remedy, undefined, error);
    }
    const what = `the image ${path} is empty, or not a regular file`;
    throw new UserError('bad-export', what, 'make one with: truncate -s 1G FILE');
  }

  /** Whether a connection of `pair` (undefined: of none) may write at all. */
  writable(pair: string | undefined): boolean {
    const { readonly, pair: owner } = this.options;
    return !readonly && (owner === undefined || owner === pair);
  }

  /** Transmission flags for such a connection. */
  flags(pair: string | undefined, structured: boolean): number {
    const may = this.writable(pair) ? Flag.trim | Flag.writeZeroes : Flag.readOnly;
    const df = structured ? Flag.df : 0;
    return Flag.hasFlags | Flag.flush | Flag.fua | Flag.multiConn | df | may;
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    const data = Buffer.allocUnsafe(length);
    await this.#store.read(offset, data);
    return data;
  }

  /** `through`: the bytes are on the storage when this resolves (FUA). */
  async write(offset: number, data: Uint8Array, through: boolean): Promise<void> {
    await this.#store.write(offset, data);
    if (through) await this.flush();
  }

  async zero(offset: number, length: number, through: boolean): Promise<void> {
    await this.#store.zero(offset, length);
    if (through) await this.flush();
  }

  /** Whatever was written before, on any connection, is on the storage when this resolves. */
  async flush(): Promise<void> {
    if (this.#broken !== undefined) throw this.#broken;
    if (this.options.readonly) return;
    try {
      await this.#store.flush();
    } catch (error) {
      this.#broken = error;
      throw error;
    }
    if (this.#broken !== undefined) throw this.#broken;
  }

  async close(): Promise<void> {
    await this.flush().catch(() => {});
    await this.#store.close();
    await this.#lock?.release();
  }
}
