/**
 * A recording written anew in place of another: beside it, under its name only when it is whole and on the storage, and
 * for the same eyes. The old one is as it was until then, and stays when it was changed meanwhile.
 */

import { fchmodSync, fchownSync, renameSync, statSync } from 'node:fs';
import { requireUntouched } from './being-recorded.ts';
import { stampAt } from './file-stamp.ts';
import { LogFileSink } from './log-file-sink.ts';
import type { OpenRecording } from './log-file-source.ts';

const PERMISSIONS = 0o777;
/** chown(2): as it is. */
const SAME = -1;

/** `suffix`: of the new file until it has the old one's name. What `fill` throws leaves the old file as it is. */
export async function replaceRecording<T>(
  path: string,
  { stamp }: OpenRecording,
  suffix: string,
  fill: (sink: LogFileSink) => T | Promise<T>,
): Promise<T> {
  const sink = LogFileSink.create(`${path}${suffix}`);
  let filled: T;
  try {
    filled = await fill(sink);
    keepOwner(sink.fd, path);
    sink.sync();
    requireUntouched(path, stamp, stampAt(path));
    renameSync(sink.path, path);
  } catch (error) {
    sink.discard();
    throw error;
  }
  sink.close();
  return filled;
}

/** Owner and group as far as this user may give them. */
function keepOwner(fd: number, path: string): void {
  const { uid, gid, mode } = statSync(path);
  if (!owned(fd, uid, gid)) owned(fd, SAME, gid);
  fchmodSync(fd, mode & PERMISSIONS);
}

function owned(fd: number, uid: number, gid: number): boolean {
  try {
    fchownSync(fd, uid, gid);
    return true;
  } catch {
    return false;
  }
}
