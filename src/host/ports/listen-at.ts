/**
 * Listening on the operator's address. A socket left behind by a process that was killed is taken over; one where
 * somebody answers is not, and what is no socket is never touched.
 *
 * It is no lock (`disk/owned-folder.ts` is one): the name in the folder is all that is taken over, and between asking
 * who listens there and removing the name another process may have taken it over first. So the name is moved aside and
 * asked again: who listens gets it back. Only when a third process begins to listen just then has one of the two no
 * name any more.
 */

import { randomBytes } from 'node:crypto';
import { link, rename, rm } from 'node:fs/promises';
import type { Server } from 'node:net';
import { ExitCode, UserError } from '../../lib/errors.ts';
import { codeOf, reasonOf } from '../os-errors.ts';
import { addressText, type StreamAddress } from './stream-address.ts';
import { isSocketThere, PATH_BYTES_MAX, whoListens } from './unix-socket.ts';

/** Gives the address in full: a port 0 has become the one that was free. UserError when it cannot be had. */
export async function listenAt(server: Server, address: StreamAddress): Promise<StreamAddress> {
  try {
    if (address.kind === 'unix') await listenUnix(server, address.path);
    else await listening(server, { host: address.host, port: address.port });
  } catch (error) {
    if (error instanceof UserError) throw error;
    const reason = codeOf(error) === 'EADDRINUSE' ? 'another process listens there' : reasonOf(error);
    const what = `cannot listen at ${addressText(address)}: ${reason}`;
    throw new UserError('bad-listen', what, 'give another address', ExitCode.usage, error);
  }
  const bound = server.address();
  if (address.kind === 'unix' || bound === null || typeof bound === 'string') return address;
  return { ...address, port: bound.port };
}

/** Waits until the socket is free and the path is gone. Connections are the caller's. */
export async function stopListening(server: Server): Promise<void> {
  if (server.listening) await new Promise<void>((done) => server.close(() => done()));
}

export function listening(server: Server, where: { path: string } | { host: string; port: number }): Promise<void> {
  return new Promise((done, failed) => {
    server.once('error', failed);
    server.listen(where, () => {
      server.removeListener('error', failed);
      done();
    });
  });
}

async function listenUnix(server: Server, path: string): Promise<void> {
  if (Buffer.byteLength(path) > PATH_BYTES_MAX) {
    throw new UserError('bad-listen', `the path ${path} is too long for a socket`, 'choose a shorter one');
  }
  for (;;) {
    try {
      return await listening(server, { path });
    } catch (error) {
      if (codeOf(error) !== 'EADDRINUSE') throw error;
      if (!(await isSocketThere(path))) continue;
      if ((await whoListens(path)) === 'somebody' || !(await takeAway(path))) throw error;
    }
  }
}

/** Of a socket on which nobody listened. False: it is another one by now, and somebody listens. */
async function takeAway(path: string): Promise<boolean> {
  const aside = `${path}.${randomBytes(4).toString('hex')}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return true;
    throw error;
  }
  try {
    // One whose path is too long now cannot be asked.
    const isFree = Buffer.byteLength(aside) > PATH_BYTES_MAX || (await whoListens(aside)) !== 'somebody';
    if (!isFree) await link(aside, path);
    return isFree;
  } finally {
    await rm(aside, { force: true });
  }
}
