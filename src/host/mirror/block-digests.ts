/** Digests of blocks, by which two images are compared without sending them. */

import { hash } from 'node:crypto';
import { BLOCK_BYTES, blocksOf } from '../../ft/disk/block-map.ts';
import { DIGEST_BYTES } from '../../ft/disk/mirror-message.ts';

const ZEROES = new Uint8Array(BLOCK_BYTES);
/** Most of an empty disk; looking is cheaper than hashing. */
const ZERO_DIGEST = hash('sha256', ZEROES, 'buffer');

/** SHA-256 of each block of `bytes`, one behind the other. */
export function digestsOf(bytes: Uint8Array): Uint8Array {
  const digests = new Uint8Array(Math.ceil(bytes.length / BLOCK_BYTES) * DIGEST_BYTES);
  let to = 0;
  for (const { at, length } of blocksOf({ offset: 0, length: bytes.length })) {
    const block = bytes.subarray(at, at + length);
    const known = length === BLOCK_BYTES && isZero(block);
    digests.set(known ? ZERO_DIGEST : hash('sha256', block, 'buffer'), to);
    to += DIGEST_BYTES;
  }
  return digests;
}

export function isZero(bytes: Uint8Array): boolean {
  for (let at = 0; at < bytes.length; at += BLOCK_BYTES) {
    const part = bytes.subarray(at, at + BLOCK_BYTES);
    if (Buffer.compare(part, ZEROES.subarray(0, part.length)) !== 0) return false;
  }
  return true;
}
