/**
 * Images inside a recording, so that one file replays anywhere. An image is cut into frames; each names its role and
 * the place of its bytes. Whether the bytes have the SHA-256 that the header states is for the host to check.
 *
 * Invariant: no more is kept of an image than the header says that it has, whatever frames come.
 */

import type { Tick } from '../lib/brands.ts';
import { decode, encode } from './cbor.ts';
import { asMap, bytes, small, text } from './cbor-get.ts';
import { FormatError } from './errors.ts';
import type { FrameWriter } from './frame-writer.ts';
import type { LogHeader } from './header.ts';
import type { LogReader } from './reader.ts';

const CHUNK_BYTES = 1024 * 1024;
/** More than any machine takes, all images together: a header that states more is not believed. */
const IMAGES_BYTES_MAX = 2 ** 32;

export function writeImage(writer: FrameWriter, at: Tick, role: string, image: Uint8Array): void {
  for (const payload of imagePayloads(role, image)) writer.frame('image', at, payload);
}

/** The payloads of an image's frames, in order. */
export function* imagePayloads(role: string, image: Uint8Array): Generator<Uint8Array> {
  for (let offset = 0; offset === 0 || offset < image.length; offset += CHUNK_BYTES) {
    yield encode({ role, offset, bytes: image.subarray(offset, offset + CHUNK_BYTES) });
  }
}

/** The images that are inside, by role. FormatError, with the place, when they are not those that the header names. */
export function readImages(reader: LogReader): Map<string, Uint8Array> {
  const parts = new ImageParts(reader.header);
  for (const { kind, offset } of reader.index()) {
    if (kind !== 'image') continue;
    try {
      parts.add(reader.payloadOf(reader.frameAt(offset)));
    } catch (error) {
      if (error instanceof FormatError) throw new FormatError(`${error.message}, at byte ${offset}`);
      throw error;
    }
  }
  return parts.images();
}

interface Part {
  readonly chunks: Uint8Array[];
  /** Bytes of the chunks. */
  length: number;
  /** What the header states. */
  readonly size: number;
}

/** Images as their frames come. */
export class ImageParts {
  readonly #stated: LogHeader['images'];
  readonly #parts = new Map<string, Part>();

  constructor({ images }: Pick<LogHeader, 'images'>) {
    this.#stated = images;
  }

  /** The payload of the next frame. FormatError when it does not follow the one before, or the header names no such. */
  add(payload: Uint8Array): void {
    const map = asMap(decode(payload));
    const role = text(map.role);
    const chunk = bytes(map.bytes);
    const part = this.#partOf(role);
    if (small(map.offset) !== part.length) throw new FormatError(`the ${role} image has a gap`);
    const isFirst = part.chunks.length === 0;
    if (chunk.length === 0 && !(isFirst && part.size === 0)) throw new FormatError(`a part of the ${role} is empty`);
    if (chunk.length > part.size - part.length) {
      throw new FormatError(`the ${role} image has more than the ${part.size} bytes that the header states`);
    }
    this.#parts.set(role, part);
    part.chunks.push(chunk);
    part.length += chunk.length;
  }

  /** Whether every image that the header names is here to its last byte. */
  get complete(): boolean {
    return Object.entries(this.#stated).every(([role, { size }]) => (this.#parts.get(role)?.length ?? 0) === size);
  }

  /** FormatError when one is not whole. */
  images(): Map<string, Uint8Array> {
    return new Map([...this.#parts].map(([role, part]) => [role, join(role, part)]));
  }

  #partOf(role: string): Part {
    const known = this.#parts.get(role);
    if (known !== undefined) return known;
    const stated = Object.hasOwn(this.#stated, role) ? this.#stated[role] : undefined;
    if (stated === undefined) throw new FormatError(`the header names no ${role} image`);
    const { size } = stated;
    const before = [...this.#parts.values()].reduce((sum, part) => sum + part.size, 0);
    if (before + size > IMAGES_BYTES_MAX) throw new FormatError(`no machine takes a ${role} of ${size} bytes`);
    return { chunks: [], length: 0, size };
  }
}

function join(role: string, { chunks, length, size }: Part): Uint8Array {
  if (length !== size) throw new FormatError(`the ${role} image has ${length} bytes, the header states ${size}`);
  const image = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    image.set(chunk, at);
    at += chunk.length;
  }
  return image;
}
