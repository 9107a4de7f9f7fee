/**
 * Images inside a recording, so that one file replays anywhere. An image is cut into frames; each names its role and
 * the place of its bytes. Whether the bytes have the SHA-256 that the header states is for the host to check.
 */

import type { Tick } from '../lib/brands.ts';
import { decode, encode } from './cbor.ts';
import { asMap, bytes, small, text } from './cbor-get.ts';
import { FormatError } from './errors.ts';
import type { LogReader } from './reader.ts';
import type { FrameWriter } from './writer.ts';

const CHUNK_BYTES = 1024 * 1024;

export function writeImage(writer: FrameWriter, at: Tick, role: string, image: Uint8Array): void {
  for (let offset = 0; offset === 0 || offset < image.length; offset += CHUNK_BYTES) {
    writer.frame('image', at, encode({ role, offset, bytes: image.subarray(offset, offset + CHUNK_BYTES) }));
  }
}

/** The images that are inside, by role. FormatError when one has not the size that the header states. */
export function readImages(reader: LogReader): Map<string, Uint8Array> {
  const chunks = new Map<string, Uint8Array[]>();
  for (const entry of reader.index()) {
    if (entry.kind !== 'image') continue;
    const map = asMap(decode(reader.payloadOf(reader.frameAt(entry.offset))));
    const role = text(map.role);
    const list = chunks.get(role) ?? [];
    if (small(map.offset) !== length(list)) throw new FormatError(`the ${role} image has a gap`);
    chunks.set(role, [...list, bytes(map.bytes)]);
  }
  return new Map([...chunks].map(([role, list]) => [role, join(list, role, reader.header.images[role]?.size)]));
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
