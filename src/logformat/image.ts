/**
 * Images inside a recording, so that one file replays anywhere. An image is cut into frames; each names its role and
 * the place of its bytes. Whether the bytes have the SHA-256 that the header states is for the host to check.
 */

import type { Tick } from '../lib/brands.ts';
import { decode, encode } from './cbor.ts';
import { asMap, bytes, small, text } from './cbor-get.ts';
import { FormatError } from './errors.ts';
import type { FrameWriter } from './frame-writer.ts';
import type { LogHeader } from './header.ts';
import type { LogReader } from './reader.ts';

const CHUNK_BYTES = 1024 * 1024;

export function writeImage(writer: FrameWriter, at: Tick, role: string, image: Uint8Array): void {
  for (const payload of imagePayloads(role, image)) writer.frame('image', at, payload);
}

/** The payloads of an image's frames, in order. */
export function* imagePayloads(role: string, image: Uint8Array): Generator<Uint8Array> {
  for (let offset = 0; offset === 0 || offset < image.length; offset += CHUNK_BYTES) {
    yield encode({ role, offset, bytes: image.subarray(offset, offset + CHUNK_BYTES) });
  }
}

/** The images that are inside, by role. FormatError when one has not the size that the header states. */
export function readImages(reader: LogReader): Map<string, Uint8Array> {
  const parts = new ImageParts();
  for (const entry of reader.index()) {
    if (entry.kind === 'image') parts.add(reader.payloadOf(reader.frameAt(entry.offset)));
  }
  return parts.images(reader.header);
}

/** Images as their frames come. */
export class ImageParts {
  readonly #chunks = new Map<string, Uint8Array[]>();

  /** The payload of the next frame. FormatError when it does not follow the one before. */
  add(payload: Uint8Array): void {
    const map = asMap(decode(payload));
    const role = text(map.role);
    const list = this.#chunks.get(role) ?? [];
    if (small(map.offset) !== length(list)) throw new FormatError(`the ${role} image has a gap`);
    list.push(bytes(map.bytes));
    this.#chunks.set(role, list);
  }

  /** Whether every image that the header names is here to its last byte. */
  complete({ images }: LogHeader): boolean {
    return Object.entries(images).every(([role, { size }]) => length(this.#chunks.get(role) ?? []) === size);
  }

  /** FormatError when one has not the size that the header states. */
  images({ images }: LogHeader): Map<string, Uint8Array> {
    return new Map([...this.#chunks].map(([role, list]) => [role, join(list, role, images[role]?.size)]));
  }
}

function join(list: readonly Uint8Array[], role: string, size: number | undefined): Uint8Array {
  if (length(list) !== size)
    throw new FormatError(`the ${role} image has ${length(list)} bytes, the header states ${size}`);
  const image = new Uint8Array(size);
  let at = 0;
  for (const chunk of list) {
    image.set(chunk, at);
    at += chunk.length;
  }
  return image;
}

const length = (list: readonly Uint8Array[]): number => list.reduce((sum, chunk) => sum + chunk.length, 0);
