/**
 * A socket in the file system that is listened on. One that a killed process has left behind is taken over; one that
 * somebody listens on is not, which makes such a socket a lock that is gone with its process.
 */

import { rm } from 'node:fs/promises';
import { connect, type Server } from 'node:net';
import { UserError } from '../../lib/errors.ts';
import { codeOf, reasonOf } from '../os-errors.ts';

/** Longest path that the system takes for a socket. */
const PATH_BYTES_MAX = 107;

/** UserError when somebody listens there, or nobody can. */
export async function listenUnix(server: Server, path: string): Promise<void> {
  if (Buffer.byteLength(path) > PATH_BYTES_MAX) {
    throw new UserError('bad-listen', `the path ${path} is too long for a socket`, 'choose a shorter one');
  }
  try {
    await listening(server, { path });
  } catch (error) {
    if (codeOf(error) !== 'EADDRINUSE') throw refused(path, error);
    if (await answers(path)) {
      throw new UserError('in-use', `another process listens on ${path}`, 'stop it first, or choose another path');
    }
    await rm(path, { force: true });
    await listening(server, { path }).catch((again: unknown) => {
      throw refused(path, again);
    });
  }
}

export function listening(server: Server, where: { path: string } | { host: string; port: number }): Promise<void> {
  return new Promise((done, failed) => {
    server.once('error', failed);
    server.listen(where, () => {
      server.off('error', failed);
      done();
    });
  });
}

function answers(path: string): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect(path);
    socket.once('connect', () => done(true)).once('error', (error) => done(codeOf(error) !== 'ECONNREFUSED'));
    socket.once('connect', () => socket.destroy());
  });
}

function refused(path: string, error: unknown): UserError {
  const what = `cannot listen on ${path}: ${reasonOf(error)}`;
  return new UserError('bad-listen', what, 'choose a path in a folder that you may write', undefined, error);
}
