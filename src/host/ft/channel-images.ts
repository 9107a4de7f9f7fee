/**
 * What a backup's machine starts from, as it comes over the channel inside the log.
 */

import { createHash } from 'node:crypto';
import type { MachineImages } from '../../emu/machine/machine.ts';
import { FormatError } from '../../logformat/errors.ts';
import { decodeFrame, unpack } from '../../logformat/frame.ts';
import type { LogHeader } from '../../logformat/header.ts';
import { ImageParts } from '../../logformat/image.ts';
import { zstd } from '../zstd.ts';

export class ChannelImages {
  readonly #parts = new ImageParts();
  #done = false;

  /** A whole frame of the log; any but those of images pass by. */
  add(bytes: Uint8Array): void {
    if (this.#done) return;
    const frame = decodeFrame(bytes);
    if (frame.kind === 'image') this.#parts.add(unpack(frame, zstd));
  }

  /** Whether every image that the header names is here. */
  complete(header: LogHeader): boolean {
    return this.#parts.complete(header);
  }

  /** All of them, once. FormatError when one is not what the header says. */
  checked(header: LogHeader): MachineImages {
    this.#done = true;
    const images = this.#parts.images(header);
    for (const [role, bytes] of images) {
      const { sha256 } = header.images[role]!;
      if (!createHash('sha256').update(bytes).digest().equals(sha256)) {
        throw new FormatError(`the ${role} is not the one that the header names`);
      }
    }
    return Object.fromEntries(images);
  }
}
