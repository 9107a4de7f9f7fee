/** The simulator's images are small, and so is all that is measured by them. */

import { DIGEST_BYTES } from '../../../src/ft/disk/mirror-message.ts';
import type { MirrorLimits } from '../../../src/ft/disk/mirror-source.ts';
import { SECTOR_BYTES } from '../guest/program.ts';

export const LIMITS: MirrorLimits = {
  block: SECTOR_BYTES,
  range: 4 * SECTOR_BYTES,
  unwritten: 6 * SECTOR_BYTES,
  asked: 2,
  near: 2 * SECTOR_BYTES,
};

/** A block has no more bytes than a digest: it is its own. */
export const digestsOf = (bytes: Uint8Array): Uint8Array => {
  if (DIGEST_BYTES !== LIMITS.block) throw new Error('a block is not of the length of a digest');
  return bytes.slice();
};

export const isZero = (bytes: Uint8Array): boolean => bytes.every((byte) => byte === 0);
