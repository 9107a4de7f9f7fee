/**
 * The log's compression, from node:zlib. Level 3: recording must not wait for it.
 */

import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { Codec } from '../logformat/frame.ts';

/** A frame of pages unpacks to a quarter of a megabyte: in one piece it is not copied together. */
const PAGES_CHUNK_BYTES = 270_000;
/** Frames of events are small, and many: memory for pages would take longer to get than they to unpack. */
const SMALL_BYTES = 4096;
const SMALL_CHUNK_BYTES = 16_384;

export const zstd: Codec = {
  compress: (bytes) => zstdCompressSync(bytes, { params: { [constants.ZSTD_c_compressionLevel]: 3 } }),
  decompress: (bytes, maxBytes) => {
    const chunkSize = bytes.length <= SMALL_BYTES ? SMALL_CHUNK_BYTES : PAGES_CHUNK_BYTES;
    return new Uint8Array(zstdDecompressSync(bytes, { maxOutputLength: maxBytes, chunkSize }));
  },
};
