/**
 * What kind of file an image is, and which bytes of it go where: ELF, Linux Image or flat binary. It reads files' bytes
 * and writes no memory.
 */

import { UserError } from '../../lib/errors.ts';
import { isElf, readElf } from './elf.ts';

/** Bytes for guest memory; from `bytes.length` up to `memoryBytes` is zero. */
export interface Piece {
  readonly pa: bigint;
  readonly bytes: Uint8Array;
  readonly memoryBytes: bigint;
  /** For messages: 'kernel', 'firmware', 'initrd', … */
  readonly what: string;
}
export interface LoadedImage {
  readonly pieces: readonly Piece[];
  readonly entry: bigint;
}

/** Linux, Documentation/arch/riscv/boot-image-header.rst. */
const IMAGE_HEADER_BYTES = 64;
const IMAGE_SIZE_AT = 16;
const IMAGE_MAGIC2_AT = 56;
/** "RSC\x05" */
const IMAGE_MAGIC2 = 0x0543_5352;

export type Compression = 'gzip' | 'zstd' | 'xz' | 'bzip2';

/** Leading bytes of files that need unpacking first, and the tool for it. */
const COMPRESSED: readonly (readonly [magic: readonly number[], name: Compression, tool: string])[] = [
  [[0x1f, 0x8b], 'gzip', 'gunzip'],
  [[0x28, 0xb5, 0x2f, 0xfd], 'zstd', 'unzstd'],
  [[0xfd, 0x37, 0x7a, 0x58, 0x5a], 'xz', 'unxz'],
  [[0x42, 0x5a, 0x68], 'bzip2', 'bunzip2'],
];
const TEXT_SAMPLE_BYTES = 256;

/** `flatAt` is where a Linux Image or a flat binary goes, and is entered. */
export function loadImage(image: Uint8Array, what: string, flatAt: bigint): LoadedImage {
  if (isElf(image)) {
    const { segments, entry } = readElf(image, what);
    const pieces = segments.map(({ physicalAddress: pa, bytes, memoryBytes }) => ({ pa, bytes, memoryBytes, what }));
    return { pieces, entry };
  }
  refuseOthers(image, what);
  const memoryBytes = linuxImageBytes(image) ?? BigInt(image.length);
  return { pieces: [{ pa: flatAt, bytes: image, memoryBytes, what }], entry: flatAt };
}

/** Memory that a Linux Image takes, its zeroed data included; undefined for anything else. */
function linuxImageBytes(image: Uint8Array): bigint | undefined {
  if (image.length < IMAGE_HEADER_BYTES) return undefined;
  const header = new DataView(image.buffer, image.byteOffset);
  if (header.getUint32(IMAGE_MAGIC2_AT, true) !== IMAGE_MAGIC2) return undefined;
  const size = header.getBigUint64(IMAGE_SIZE_AT, true);
  return size > BigInt(image.length) ? size : BigInt(image.length);
}

const packingOf = (bytes: Uint8Array): (typeof COMPRESSED)[number] | undefined =>
  COMPRESSED.find(([magic]) => magic.every((byte, i) => bytes[i] === byte));

/** How a file is packed, by its leading bytes; undefined when it is not, as far as is known here. */
export const compressionOf = (bytes: Uint8Array): Compression | undefined => packingOf(bytes)?.[1];

function refuseOthers(image: Uint8Array, what: string): void {
  if (image.length === 0) throw new UserError('bad-image', `${what} is empty`, 'give another file');
  const packed = packingOf(image);
  if (packed !== undefined) {
    const [, name, tool] = packed;
    throw new UserError('bad-image', `${what} is compressed with ${name}`, `unpack it with ${tool} first`);
  }
  const sample = image.subarray(0, TEXT_SAMPLE_BYTES);
  if (sample.every((byte) => (byte >= 0x20 && byte < 0x7f) || (byte >= 0x09 && byte <= 0x0d))) {
    throw new UserError(
      'bad-image',
      `${what} is text, no code`,
      'give a 64-bit little-endian RISC-V executable, a Linux Image or a flat binary',
    );
  }
}
