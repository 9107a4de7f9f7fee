/**
 * Where a side of the channel is: `tcp:HOST:PORT`. Heartbeats go over UDP to the same port number.
 */

import { UserError } from '../../lib/errors.ts';
import { hostPortText, isLoopback } from '../ports/stream-address.ts';
import type { PairKey } from './key.ts';

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** `flag` is named when the text is not understood. Port 0 is any free one, for a listener. */
export function parseEndpoint(flag: string, text: string): Endpoint {
  const match = /^tcp:(?:\[([0-9a-f:.%]+)\]|([^:[\]]+)):(\d{1,5})$/i.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host !== undefined && port < 65536) return { host, port };
  throw new UserError(
    'bad-value',
    `${flag} ${text} is not understood`,
    'give tcp:HOST:PORT, such as tcp:10.0.0.2:7100',
  );
}

export const endpointText = (endpoint: Endpoint): string => `tcp:${hostPortText(endpoint)}`;

/** A listener's address that is no place that others could dial. */
export const isAnywhere = ({ host }: Endpoint): boolean => host === '0.0.0.0' || /^[0:]+$/.test(host);

const REMEDY = 'make one with: lockstep ft keygen FILE, and give it to both sides with --key FILE';

/**
 * UserError for an address that others can reach without a key: what goes there holds the guest's memory and secrets.
 */
export function requireKey(endpoint: Endpoint, key: PairKey | undefined, remedy: string = REMEDY): void {
  if (key !== undefined || isLoopback(endpoint.host)) return;
  const what = `${endpointText(endpoint)} is not on this host's loopback, and there is no key`;
  throw new UserError('no-key', what, remedy);
}
