/**
 * One request to the block server: how it is read, what the server takes, and the error that stands for a failure.
 * Spec: proto.md, "Request message" and "Error values".
 */

import { codeOf } from '../os-errors.ts';
import { Command, CommandFlag, NbdErrno, TRANSFER_BYTES_MAX } from './nbd.ts';
import type { Negotiated } from './server-handshake.ts';

export interface Request {
  readonly flags: number;
  readonly type: number;
  readonly handle: bigint;
  readonly offset: number;
  readonly length: number;
  /** Of a write that is not too long. */
  readonly data?: Buffer;
}

/** A request that is answered with an error; nothing was done. */
export class Refused extends Error {
  readonly errno: number;
  constructor(errno: number, message: string) {
    super(message);
    this.errno = errno;
  }
}

/** From a request's header, whose magic is right. */
export function requestOf(header: Buffer): Request {
  return {
    flags: header.readUInt16BE(4),
    type: header.readUInt16BE(6),
    handle: header.readBigUInt64BE(8),
    // Beyond 2^53 it loses its lowest digits, and is beyond the end of any export all the same.
    offset: Number(header.readBigUInt64BE(16)),
    length: header.readUInt32BE(24),
  };
}

/** Memory that it takes until it is answered. */
export const movedBytes = ({ type, length }: Request): number =>
  (type === Command.read && length <= TRANSFER_BYTES_MAX) || type === Command.write ? length : 0;

/** Throws Refused for a request that the export cannot take. */
export function check({ opened, structured }: Negotiated, { flags, type, offset, length }: Request): void {
  const allowed =
    CommandFlag.fua |
    (type === Command.writeZeroes ? CommandFlag.noHole : 0) |
    (type === Command.read && structured ? CommandFlag.df : 0);
  const known: readonly number[] = [Command.read, Command.write, Command.flush, Command.trim, Command.writeZeroes];
  if (!known.includes(type)) throw new Refused(NbdErrno.EINVAL, 'this server does not know the command');
  if ((flags & ~allowed) !== 0) throw new Refused(NbdErrno.EINVAL, 'a flag does not go with the command');
  if (type === Command.flush) return;
  if (length === 0 && type === Command.read) throw new Refused(NbdErrno.EINVAL, 'nothing is to be read');
  if ((type === Command.read || type === Command.write) && length > TRANSFER_BYTES_MAX) {
    throw new Refused(NbdErrno.EINVAL, `more than ${TRANSFER_BYTES_MAX} bytes at once`);
  }
  if (offset + length > opened.sizeBytes) {
    const errno = type === Command.write || type === Command.writeZeroes ? NbdErrno.ENOSPC : NbdErrno.EINVAL;
    throw new Refused(errno, 'it is beyond the end of the export');
  }
}

/** The NBD error that stands for a failure. */
export function errnoOf(error: unknown): number {
  if (error instanceof Refused) return error.errno;
  const code = codeOf(error);
  return code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG' ? NbdErrno.ENOSPC : NbdErrno.EIO;
}
