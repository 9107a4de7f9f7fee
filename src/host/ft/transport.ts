/**
 * Connections of the channel: plain TCP on loopback, TLS with the pair's key everywhere else (and wherever a key is
 * given). Only who holds the key can connect.
 */

import { createServer, connect as dialPlain, type Socket } from 'node:net';
import { ExitCode, UserError } from '../../lib/errors.ts';
import { codeOf, reasonOf } from '../os-errors.ts';
import { pskDial, pskServer } from '../psk-tls.ts';
import { type Endpoint, endpointText } from './endpoint.ts';
import type { PairKey } from './key.ts';

/** A record of TLS that opens a connection: handshake, version 3.1 whatever is offered, less than 256 bytes. */
const CLIENT_HELLO = [22, 3, 1, 0];

export interface Listener {
  /** With the port that was taken. */
  readonly endpoint: Endpoint;
  close(): void;
}

/** `refused` is told of who could not prove to have the key. UserError when the address cannot be had. */
export function listen(
  endpoint: Endpoint,
  key: PairKey | undefined,
  connected: (socket: Socket) => void,
  refused: (from: string) => void,
): Promise<Listener> {
  const server = key === undefined ? createServer(connected) : pskServer(key.channel, connected, refused);
  return new Promise((done, failed) => {
    server.once('error', (error) => {
      const what = `cannot listen at ${endpointText(endpoint)}: ${reasonOf(error)}`;
      failed(new UserError('bad-listen', what, 'name an address of this host and a free port', ExitCode.usage, error));
    });
    server.listen(endpoint.port, endpoint.host, () => {
      server.removeAllListeners('error');
      // A connection that could not be accepted is the dialler's to try again.
      server.on('error', () => {});
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : endpoint.port;
      done({ endpoint: { ...endpoint, port }, close: () => void server.close() });
    });
  });
}

/** Resolves once connected, and over TLS once both sides have shown to hold the key; rejects after `timeoutMs`. */
export function dial(endpoint: Endpoint, key: PairKey | undefined, timeoutMs: number): Promise<Socket> {
  const { host, port } = endpoint;
  return new Promise((done, failed) => {
    const socket = key === undefined ? dialPlain(port, host) : pskDial(endpoint, key.channel);
    const timer = setTimeout(() => socket.destroy(new Error('no answer')), timeoutMs);
    const fail = (error: Error): void => {
      clearTimeout(timer);
      failed(key === undefined ? error : keyedFault(error));
    };
    const closed = (): void => fail(new Error('the other side closed the connection'));
    socket.once('error', fail);
    socket.once('close', closed);
    socket.once(key === undefined ? 'connect' : 'secureConnect', () => {
      clearTimeout(timer);
      socket.off('error', fail);
      socket.off('close', closed);
      done(socket);
    });
  });
}

/** A listener without a key takes the beginning of TLS for nonsense, and closes. */
function keyedFault(error: Error): Error {
  if (codeOf(error) !== 'ECONNRESET') return error;
  return new Error('it closes the connection when it is asked for the key, and may have been started without --key');
}

/**
 * Whether a connection that a listener without a key has taken begins as that of who has one. `first`: four bytes or
 * more. A message of 66,326 bytes would begin alike; those that open a connection have some hundreds.
 */
export function asksForKey(first: Uint8Array): boolean {
  return CLIENT_HELLO.every((byte, at) => first[at] === byte);
}

/** Why nobody who holds the key can be spoken to there; or nothing. */
export async function listenerFault(
  endpoint: Endpoint,
  key: PairKey | undefined,
  timeoutMs: number,
): Promise<string | undefined> {
  try {
    (await dial(endpoint, key, timeoutMs)).destroy();
    return undefined;
  } catch (error) {
    return reasonOf(error);
  }
}
