/**
 * The 64-bit digest of log marks and of small machine state: two XXH32 of the same bytes, seed 0 in the upper half,
 * seed 0x9747b28c in the lower. JavaScript computes it several times as fast as a hash on 64-bit integers. Not
 * cryptographic.
 */

import { xxh32Pair } from './xxh32.ts';

const SECOND_SEED = 0x9747b28c;

export function digest64(bytes: Uint8Array): bigint {
  const [high, low] = xxh32Pair(bytes, [0, SECOND_SEED]);
  return (BigInt(high) << 32n) | BigInt(low);
}
