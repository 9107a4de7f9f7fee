/** One request to one acceptor, on a connection of its own, which ends with the deadline or the signal. */

import { SocketBytes } from '../../disk/socket-bytes.ts';
import type { Endpoint } from '../endpoint.ts';
import type { PairKey } from '../key.ts';
import { dial } from '../transport.ts';
import { type Asked, decodeTold, encodeAsked, type Told, takeBody } from './ballot-wire.ts';

/** Rejects with an Error when there is no answer, or none that can be understood. */
export async function askAcceptor(
  endpoint: Endpoint,
  key: PairKey | undefined,
  asked: Asked,
  deadlineMs: number,
  signal: AbortSignal,
): Promise<Told> {
  const socket = await dial(endpoint, key, deadlineMs);
  const end = (): void => void socket.destroy();
  signal.addEventListener('abort', end);
  try {
    socket.on('error', end);
    if (signal.aborted) throw new Error('too late');
    const input = new SocketBytes(socket);
    socket.setNoDelay(true).write(encodeAsked(asked));
    const body = await takeBody(input);
    if (body === undefined) throw new Error('the host closed the connection');
    return decodeTold(body);
  } finally {
    signal.removeEventListener('abort', end);
    end();
  }
}
