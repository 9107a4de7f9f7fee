/**
 * Kernels as they are built and installed: Image.gz, vmlinuz, and EFI's own wrapping of them (zboot). What is in them
 * is the image of the machine; how it was packed is nobody's concern afterwards.
 *
 * Source: Linux, Documentation/arch/riscv/boot.rst; drivers/firmware/efi/libstub/zboot-header.S.
 */

import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { type Compression, compressionOf } from '../emu/machine/boot-image.ts';
import { UserError } from '../lib/errors.ts';
import { reasonOf } from './os-errors.ts';
import { pageMemory } from './page-memory.ts';

/** No kernel is as large; what claims to be is damaged, or meant to fill the memory. */
const MOST_BYTES = 1 << 30;

/** "MZ\0\0zimg", then where the packed image is, its length, and by what it is packed. */
const ZBOOT_MAGIC = [0x4d, 0x5a, 0x00, 0x00, 0x7a, 0x69, 0x6d, 0x67];
const ZBOOT = { payloadAt: 8, sizeAt: 12, methodAt: 24, methodBytes: 32, headerBytes: 64 };

type Unpack = (bytes: Uint8Array, options: { readonly maxOutputLength: number }) => Uint8Array;
const UNPACK: Partial<Readonly<Record<Compression, Unpack>>> = { gzip: gunzipSync, zstd: zstdDecompressSync };

/** Undefined: it is not packed, or not in a way that is known here. */
function methodOf(bytes: Uint8Array): { readonly name: Compression; readonly unpack: Unpack } | undefined {
  const name = compressionOf(bytes);
  const unpack = name && UNPACK[name];
  return unpack && { name, unpack };
}

/** The same bytes when they are not packed, or not in a way that is known here. UserError for a damaged one. */
export function unpackKernel(bytes: Uint8Array, path: string): Uint8Array {
  const packed = startsWith(bytes, ZBOOT_MAGIC) ? zbootPayload(bytes, path) : bytes;
  const method = methodOf(packed);
  if (method === undefined) return bytes;
  const { name, unpack } = method;
  try {
    const plain = unpack(packed, { maxOutputLength: MOST_BYTES });
    const image = pageMemory(plain.length);
    image.set(plain);
    return image;
  } catch (error) {
    const what = `the kernel ${path} is compressed with ${name}, and cannot be unpacked: ${reasonOf(error)}`;
    throw new UserError('bad-image', what, 'build or download it again', undefined, error);
  }
}

function zbootPayload(bytes: Uint8Array, path: string): Uint8Array {
  const header = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes.length < ZBOOT.headerBytes) throw damaged(path, 'its header is cut off');
  const at = header.getUint32(ZBOOT.payloadAt, true);
  const size = header.getUint32(ZBOOT.sizeAt, true);
  if (at + size > bytes.length) throw damaged(path, 'its packed image is cut off');
  const payload = bytes.subarray(at, at + size);
  if (methodOf(payload) !== undefined) return payload;
  const method = bytes.subarray(ZBOOT.methodAt, ZBOOT.methodAt + ZBOOT.methodBytes);
  const name = new TextDecoder().decode(method).replace(/\0.*$/s, '');
  const what = `the kernel ${path} is an EFI image packed with ${name}, which is not known here`;
  throw new UserError('bad-image', what, 'give the vmlinux or Image that it was made of');
}

const damaged = (path: string, why: string): UserError =>
  new UserError(
    'bad-image',
    `the kernel ${path} is an EFI image that is damaged: ${why}`,
    'build or download it again',
  );

const startsWith = (bytes: Uint8Array, magic: readonly number[]): boolean =>
  magic.every((byte, i) => bytes[i] === byte);
