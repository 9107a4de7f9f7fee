/**
 * The images of a machine that runs. They are needed again at a reset of the guest, as they were when it was switched
 * on, and until then they would only take memory: large ones lie in a nameless file, which both threads can read.
 */

import { closeSync, readSync, writeSync } from 'node:fs';
import type { MachineImages } from '../emu/machine/machine.ts';
import type { ImageRole } from './images.ts';
import { namelessFile } from './nameless-file.ts';
import { giveBack, pageMemory } from './page-memory.ts';

/** Images from this size on are put into the file. */
const LARGE_BYTES = 1 << 20;

/** Plain data, for the other thread; whoever made it closes `fd`. */
export interface KeptImages {
  readonly fd: number | undefined;
  /** The bytes, or where in the file they are. */
  readonly images: { readonly [role in ImageRole]?: Uint8Array | Place };
}

interface Place {
  readonly offset: number;
  readonly size: number;
}

/** Puts large images away and gives their memory back. Without room for temporary files they stay in memory. */
export function keepImages(images: MachineImages): KeptImages {
  const kept: { [role in ImageRole]?: Uint8Array | Place } = { ...images };
  const large = (Object.entries(images) as [ImageRole, Uint8Array][]).filter(([, { length }]) => length >= LARGE_BYTES);
  if (large.length === 0) return { fd: undefined, images: kept };
  let fd: number | undefined;
  try {
    fd = namelessFile();
    let offset = 0;
    for (const [role, bytes] of large) {
      for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at, bytes.length - at, offset + at);
      kept[role] = { offset, size: bytes.length };
      offset += bytes.length;
    }
  } catch {
    if (fd !== undefined) closeSync(fd);
    return { fd: undefined, images };
  }
  for (const [, bytes] of large) giveBack(bytes);
  return { fd, images: kept };
}

export function closeImages({ fd }: KeptImages): void {
  if (fd !== undefined) closeSync(fd);
}

export class ImageReader {
  /** Those in the file are read whenever they are asked for. */
  readonly images: MachineImages;
  readonly #fd: number | undefined;
  #given: Uint8Array[] = [];

  constructor({ fd, images }: KeptImages) {
    this.#fd = fd;
    this.images = {};
    for (const [role, image] of Object.entries(images)) {
      const get = (): Uint8Array => (image instanceof Uint8Array ? image : this.#read(image));
      Object.defineProperty(this.images, role, { enumerable: true, get });
    }
  }

  /** What was read is not used any more. */
  giveBack(): void {
    for (const bytes of this.#given) giveBack(bytes);
    this.#given = [];
  }

  #read({ offset, size }: Place): Uint8Array {
    const bytes = pageMemory(size);
    for (let at = 0; at < size; ) {
      const count = readSync(this.#fd!, bytes, at, size - at, offset + at);
      if (count === 0) throw new Error(`an image was kept with ${size} bytes, and has ${at}`);
      at += count;
    }
    this.#given.push(bytes);
    return bytes;
  }
}
