/**
 * What the operating system refused, in words an operator reads in one line.
 */

import { existsSync } from 'node:fs';
import { dirname } from 'node:path';

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  ECONNREFUSED: 'nobody listens there',
  EEXIST: 'it exists already',
  EFBIG: 'the file system does not take files that large',
  EIO: 'input/output error of the storage',
  EISDIR: 'it is a folder',
  EDQUOT: 'the disk quota is used up',
  ENOENT: 'no such file',
  ENOSPC: 'no space left on the disk',
  ENOTDIR: 'a part of the path is not a folder',
  EPERM: 'not permitted',
  EROFS: 'the file system is read-only',
};

/** TLS with a key that both sides hold fails like this when they do not; the code's beginning differs by release. */
const WRONG_KEY = /^ERR_SSL_.*ALERT_(BAD_RECORD_MAC|DECRYPT_ERROR|UNKNOWN_PSK_IDENTITY)$/;

/** The system's code of an error ('ENOENT'), or undefined when it is no error of the system. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** Node says that permission is denied when a socket's folder is not there, too. */
function isWithoutFolder(error: unknown): boolean {
  if (!(error instanceof Error) || !('syscall' in error) || error.syscall !== 'listen') return false;
  const path = 'address' in error ? error.address : undefined;
  return codeOf(error) === 'EACCES' && typeof path === 'string' && !existsSync(dirname(path));
}

/** A clause without a final stop. */
export function reasonOf(error: unknown): string {
  const code = codeOf(error);
  if (isWithoutFolder(error)) return 'its folder does not exist';
  if (code !== undefined && REASONS[code] !== undefined) return REASONS[code];
  if (code !== undefined && WRONG_KEY.test(code)) return 'the other side does not hold the same key';
  return error instanceof Error ? error.message : String(error);
}
