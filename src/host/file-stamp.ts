/** Which file it is, and as of which write: whether a path still means what was read there. */

import { type BigIntStats, fstatSync, statSync } from 'node:fs';

export type FileStamp = Pick<BigIntStats, 'dev' | 'ino' | 'size' | 'mtimeNs' | 'nlink'>;

export const stampOfOpen = (fd: number): FileStamp => fstatSync(fd, { bigint: true });

/** Undefined where there is nothing, or nothing that this user may see. */
export function stampAt(path: string): FileStamp | undefined {
  try {
    return statSync(path, { bigint: true });
  } catch {
    return undefined;
  }
}

/** The same for the same file as long as it is there. */
export const fileKey = ({ dev, ino }: FileStamp): string => `${dev}:${ino}`;

/** The same file, whatever is in it. */
export const isSameFile = (a: FileStamp | undefined, b: FileStamp | undefined): boolean =>
  a !== undefined && b !== undefined && fileKey(a) === fileKey(b);

/** The same file, and nobody has written to it between. */
export const isUntouched = (a: FileStamp | undefined, b: FileStamp | undefined): boolean =>
  isSameFile(a, b) && a?.size === b?.size && a?.mtimeNs === b?.mtimeNs;
