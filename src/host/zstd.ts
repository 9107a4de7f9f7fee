/**
 * The log's compression, from node:zlib. Level 3: recording must not wait for it.
 */

import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { Codec } from '../logformat/frame.ts';

export const zstd: Codec = {
  compress: (bytes) => zstdCompressSync(bytes, { params: { [constants.ZSTD_c_compressionLevel]: 3 } }),
  // A frame of pages unpacks to a quarter of a megabyte: in one piece it is not copied together.
  decompress: (bytes, maxBytes) =>
    new Uint8Array(zstdDecompressSync(bytes, { maxOutputLength: maxBytes, chunkSize: 270_000 })),
};
