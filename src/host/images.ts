/**
 * The files a machine starts from, known by what they contain. A recording names its images by SHA-256; where they are
 * on this host is remembered beside the recordings (image-places.ts), and an image that is no longer what it was is
 * refused by name.
 */

import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { UserError } from '../lib/errors.ts';
import type { ImageName } from '../logformat/header.ts';
import { unpackKernel } from './compressed-kernel.ts';
import { rememberedPlaces } from './image-places.ts';
import { codeOf, reasonOf } from './os-errors.ts';
import { BUILT_IN_FIRMWARE } from './package-files.ts';
import { pageMemory } from './page-memory.ts';

export type ImageRole = 'firmware' | 'kernel' | 'initrd';

export interface Image extends ImageName {
  readonly bytes: Uint8Array;
}

/** Reads an image. UserError when it cannot be read. */
export function loadImage(role: ImageRole, path: string): Image {
  return imageOf(readImage(role, path), basename(path));
}

export function imageOf(bytes: Uint8Array, name: string): Image {
  return { bytes, name, size: bytes.length, sha256: createHash('sha256').update(bytes).digest() };
}

/**
 * The image a recording names: from `path` when the operator gives one, else from where it was when it was recorded,
 * else from this package. UserError 'missing-image' or 'changed-image', with what to do.
 */
export function findImage(role: ImageRole, wanted: ImageName, path: string | undefined): Uint8Array {
  if (path !== undefined) return same(role, wanted, path, readImage(role, path));
  const builtIn = role === 'firmware' ? tryRead(role, BUILT_IN_FIRMWARE) : undefined;
  if (builtIn !== undefined && matches(wanted, builtIn)) return builtIn;
  const places = rememberedPlaces(wanted.sha256);
  let changed: UserError | undefined;
  for (const place of places) {
    const bytes = tryRead(role, place);
    if (bytes !== undefined && matches(wanted, bytes)) return bytes;
    if (bytes !== undefined) changed ??= otherThan(wanted, role, place, bytes);
  }
  if (changed !== undefined) throw changed;
  const where = places.length === 0 ? 'is not known to this user' : `is no longer at ${places.join(' nor at ')}`;
  throw new UserError(
    'missing-image',
    `the recording needs the ${role} ${wanted.name} (SHA-256 ${shortHex(wanted.sha256)}…), which ${where}`,
    `give it with ${flagOf(role)} FILE, or pack the recording where it was made`,
  );
}

function same(role: ImageRole, wanted: ImageName, path: string, bytes: Uint8Array): Uint8Array {
  if (matches(wanted, bytes)) return bytes;
  throw otherThan(wanted, role, path, bytes);
}

function otherThan(wanted: ImageName, role: ImageRole, path: string, bytes: Uint8Array): UserError {
  const found = createHash('sha256').update(bytes).digest();
  return new UserError(
    'changed-image',
    `the ${role} ${path} is not the one recorded: SHA-256 ${shortHex(found)}…, recorded ${shortHex(wanted.sha256)}…`,
    `give the original with ${flagOf(role)} FILE, or record again`,
  );
}

function matches(wanted: ImageName, bytes: Uint8Array): boolean {
  if (bytes.length !== wanted.size) return false;
  return createHash('sha256').update(bytes).digest().equals(wanted.sha256);
}

/** What the machine takes of a file: an initrd is unpacked by its kernel, a kernel here. */
function readImage(role: ImageRole, path: string): Uint8Array {
  let bytes: Uint8Array;
  try {
    if (statSync(path).isDirectory()) throw Object.assign(new Error('it is a folder'), { code: 'EISDIR' });
    bytes = readFile(path);
  } catch (error) {
    const code = codeOf(error) === 'ENOENT' ? 'missing-image' : 'unreadable-image';
    const what = `cannot read the ${role} ${path}: ${reasonOf(error)}`;
    throw new UserError(code, what, `name a file that you can read with ${flagOf(role)}`, undefined, error);
  }
  return role === 'kernel' ? unpackKernel(bytes, path) : bytes;
}

function tryRead(role: ImageRole, path: string): Uint8Array | undefined {
  try {
    return readImage(role, path);
  } catch {
    return undefined;
  }
}

function readFile(path: string): Uint8Array {
  const fd = openSync(path, 'r');
  try {
    const bytes = pageMemory(fstatSync(fd).size);
    for (let at = 0; at < bytes.length; ) {
      const count = readSync(fd, bytes, at, bytes.length - at, at);
      if (count === 0) throw new Error('it became shorter while it was read');
      at += count;
    }
    return bytes;
  } finally {
    closeSync(fd);
  }
}

const shortHex = (sha256: Uint8Array): string => Buffer.from(sha256.subarray(0, 6)).toString('hex');
const flagOf = (role: ImageRole): string => (role === 'firmware' ? '--bios' : `--${role}`);
