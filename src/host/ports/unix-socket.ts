/**
 * What is at a path of this machine at which a process wants to listen. A socket stays in its folder when its process
 * is killed: it then refuses connections, and does so for good, for nobody can listen on it again.
 */

import { lstat } from 'node:fs/promises';
import { connect } from 'node:net';
import { UserError } from '../../lib/errors.ts';
import { codeOf } from '../os-errors.ts';

/** Longest path that the system takes for a socket. */
export const PATH_BYTES_MAX = 107;

/** 'nobody' only when the system says so: somebody who is stopped, or has too much to do, listens. */
export type Listens = 'somebody' | 'nobody' | 'gone';

/** `path` is a socket, or nothing is there. */
export function whoListens(path: string): Promise<Listens> {
  return new Promise((done) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      done('somebody');
    });
    socket.once('error', (error) => done(REFUSALS[codeOf(error) ?? ''] ?? 'somebody'));
  });
}

const REFUSALS: Readonly<Record<string, Listens>> = { ECONNREFUSED: 'nobody', ENOENT: 'gone' };

/** False: nothing is there. UserError for anything but a socket, which is somebody's and not to be removed. */
export async function isSocketThere(path: string): Promise<boolean> {
  try {
    const stats = await lstat(path);
    if (stats.isSocket()) return true;
    const kind = stats.isFile()
      ? 'file'
      : stats.isDirectory()
        ? 'folder'
        : stats.isSymbolicLink()
          ? 'link'
          : 'special file';
    throw new UserError('bad-listen', `a ${kind} is at ${path}, no socket`, 'give another path, or move it away');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw error;
  }
}
