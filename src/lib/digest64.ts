/**
 * The 64-bit digest of log marks and of small machine state: two XXH32 of the same bytes, seed 0 in the upper half,
 * seed 0x9747b28c in the lower. JavaScript computes it several times as fast as a hash on 64-bit integers. Not
 * cryptographic.
 */

import { xxh32 } from './xxh32.ts';

const SECOND_SEED = 0x9747b28c;

export const digest64 = (bytes: Uint8Array): bigint =>
  (BigInt(xxh32(bytes)) << 32n) | BigInt(xxh32(bytes, SECOND_SEED));
