/**
 * Where the blocks of a drive are: a raw file as it is, or a store that is never written under a private overlay.
 * The overlay is a sparse temporary file without a name, so that it is gone with the process however that ends; a
 * bitmap tells which sectors it holds. Ranges are whole sectors inside the drive; calls on ranges that overlap do not
 * run at the same time.
 */

import { randomBytes } from 'node:crypto';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const SECTOR_BYTES = 512;
const ZEROES = new Uint8Array(1 << 20);

export interface BlockStore {
  read(offset: number, into: Uint8Array): Promise<void>;
  write(offset: number, data: Uint8Array): Promise<void>;
  zero(offset: number, length: number): Promise<void>;
  /** Everything written before is on the storage when this resolves. */
  flush(): Promise<void>;
  /** The drive is about to be closed: what the storage does not answer soon is given up. */
  ending?(): void;
  close(): Promise<void>;
}

/** Of what is not done here because the guest goes on elsewhere, with the drive: nothing of it is lost. */
export class DriveElsewhere extends Error {
  constructor() {
    super('another node of the pair has the drive');
  }
}

export class RawStore implements BlockStore {
  readonly #file: FileHandle;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  async read(offset: number, into: Uint8Array): Promise<void> {
    for (let at = 0; at < into.length; ) {
      const { bytesRead } = await this.#file.read(into, at, into.length - at, offset + at);
      if (bytesRead === 0) throw new Error('the file ends before the drive does');
      at += bytesRead;
    }
  }

  async write(offset: number, data: Uint8Array): Promise<void> {
    for (let at = 0; at < data.length; ) {
      const { bytesWritten } = await this.#file.write(data, at, data.length - at, offset + at);
      at += bytesWritten;
    }
  }

  async zero(offset: number, length: number): Promise<void> {
    for (let at = 0; at < length; at += ZEROES.length) {
      await this.write(offset + at, ZEROES.subarray(0, Math.min(ZEROES.length, length - at)));
    }
  }

  async flush(): Promise<void> {
    await this.#file.datasync();
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}

/** Private copy-on-write. `flush` has nothing to do: the changes end with the process. */
export class OverlayStore implements BlockStore {
  readonly #base: BlockStore;
  /** A set bit: the sector is in the overlay. */
  readonly #held: Uint8Array;
  #overlay: Promise<RawStore> | undefined;

  constructor(base: BlockStore, sizeBytes: number) {
    this.#base = base;
    this.#held = new Uint8Array(Math.ceil(sizeBytes / SECTOR_BYTES / 8));
  }

  async read(offset: number, into: Uint8Array): Promise<void> {
    for (let at = 0; at < into.length; ) {
      const held = this.#holds(offset + at);
      let end = at + SECTOR_BYTES;
      while (end < into.length && this.#holds(offset + end) === held) end += SECTOR_BYTES;
      const store = held ? await this.#opened() : this.#base;
      await store.read(offset + at, into.subarray(at, end));
      at = end;
    }
  }

  async write(offset: number, data: Uint8Array): Promise<void> {
    await (await this.#opened()).write(offset, data);
    this.#hold(offset, data.length);
  }

  async zero(offset: number, length: number): Promise<void> {
    await (await this.#opened()).zero(offset, length);
    this.#hold(offset, length);
  }

  async flush(): Promise<void> {}

  ending(): void {
    this.#base.ending?.();
  }

  async close(): Promise<void> {
    await this.#base.close();
    if (this.#overlay !== undefined) await (await this.#overlay).close();
  }

  #holds(offset: number): boolean {
    const sector = offset / SECTOR_BYTES;
    return (this.#held[Math.floor(sector / 8)]! & (1 << (sector % 8))) !== 0;
  }

  #hold(offset: number, length: number): void {
    for (let sector = offset / SECTOR_BYTES; sector < (offset + length) / SECTOR_BYTES; sector++) {
      this.#held[Math.floor(sector / 8)]! |= 1 << (sector % 8);
    }
  }

  #opened(): Promise<RawStore> {
    this.#overlay ??= namelessFile().then((file) => new RawStore(file));
    return this.#overlay;
  }
}

async function namelessFile(): Promise<FileHandle> {
  const path = join(tmpdir(), `lockstep-${randomBytes(8).toString('hex')}.cow`);
  const file = await open(path, 'wx+', 0o600);
  await unlink(path);
  return file;
}
