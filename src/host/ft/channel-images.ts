/**
 * What a backup's machine starts from, as it comes over the channel inside the log.
 */

import { createHash } from 'node:crypto';
import type { MachineImages } from '../../emu/machine/machine.ts';
import { FormatError } from '../../logformat/errors.ts';
import { decodeFrame, unpack } from '../../logformat/frame.ts';
import { decodeHeader, type LogHeader } from '../../logformat/header.ts';
import { ImageParts } from '../../logformat/image.ts';
import { zstd } from '../zstd.ts';

export class ChannelImages {
  #parts: ImageParts | undefined;
  #done = false;

  /** A whole frame of the log, the header before all; any but header and images pass by. FormatError as ImageParts. */
  add(bytes: Uint8Array): void {
    if (this.#done) return;
    const frame = decodeFrame(bytes);
    if (frame.kind === 'header') this.#parts = new ImageParts(decodeHeader(bytes, zstd));
    if (frame.kind !== 'image') return;
    if (this.#parts === undefined) throw new FormatError('an image comes before the header');
    this.#parts.add(unpack(frame, zstd));
  }

  /** Whether every image that the header names is here. */
  get complete(): boolean {
    return this.#parts?.complete === true;
  }

  /** All of them, once; `header`: the one that came. FormatError when one is not what it says. */
  checked({ images: stated }: LogHeader): MachineImages {
    this.#done = true;
    const images = this.#parts?.images() ?? new Map<string, Uint8Array>();
    this.#parts = undefined;
    for (const [role, bytes] of images) {
      const { sha256 } = stated[role]!;
      if (!createHash('sha256').update(bytes).digest().equals(sha256)) {
        throw new FormatError(`the ${role} is not the one that the header names`);
      }
    }
    return Object.fromEntries(images);
  }
}
