/**
 * Listening on the operator's address. A path left behind by a process that was killed is taken over; one where
 * somebody answers is not.
 */

import { rmSync } from 'node:fs';
import { connect, type Server } from 'node:net';
import { ExitCode, UserError } from '../../lib/errors.ts';
import { codeOf, reasonOf } from '../os-errors.ts';
import { addressText, type StreamAddress } from '../ports/stream-address.ts';

/** Gives the address in full: a port 0 has become the one that was free. UserError when it cannot be had. */
export async function listenAt(server: Server, address: StreamAddress): Promise<StreamAddress> {
  try {
    await listening(server, address).catch(async (error) => {
      if (address.kind !== 'unix' || codeOf(error) !== 'EADDRINUSE' || (await answers(address.path))) throw error;
      rmSync(address.path);
      await listening(server, address);
    });
  } catch (error) {
    const reason = codeOf(error) === 'EADDRINUSE' ? 'another process listens there' : reasonOf(error);
    const what = `cannot listen at ${addressText(address)}: ${reason}`;
    throw new UserError('bad-address', what, 'give another address', ExitCode.usage, error);
  }
  const bound = server.address();
  if (address.kind === 'unix' || bound === null || typeof bound === 'string') return address;
  return { ...address, port: bound.port };
}

/** Waits until the socket is free and the path is gone. Connections are the caller's. */
export async function stopListening(server: Server): Promise<void> {
  if (server.listening) await new Promise<void>((done) => server.close(() => done()));
}

function listening(server: Server, address: StreamAddress): Promise<void> {
  return new Promise((done, failed) => {
    server.once('error', failed);
    const settled = (): void => {
      server.removeListener('error', failed);
      done();
    };
    if (address.kind === 'unix') server.listen(address.path, settled);
    else server.listen(address.port, address.host, settled);
  });
}

function answers(path: string): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      done(true);
    });
    socket.once('error', (error) => done(codeOf(error) !== 'ECONNREFUSED'));
  });
}
