/**
 * What keeps a connection to a block server from others: TLS with a key that both ends hold. Without it only where
 * nothing leaves this host, or where the operator has asked for it.
 */

import { requireKey } from '../ft/endpoint.ts';
import { type PairKey, readKey } from '../ft/key.ts';
import type { NbdPlace } from './nbd-place.ts';
import { isLoopback } from './stream-address.ts';

export interface NbdSecurity {
  readonly psk: Uint8Array;
  /** A server that does without is refused. */
  readonly isNeeded: boolean;
}

/** `key`: of the pair. Nothing: plaintext. UserError for a place that others can reach, without a key. */
export function securityOf(place: Omit<NbdPlace, 'export'>, key?: PairKey): NbdSecurity | undefined {
  const { address, plaintext, key: file } = place;
  if (plaintext === true) return undefined;
  if (file !== undefined) return { psk: readKey(file).disk, isNeeded: true };
  const isNeeded = address.kind === 'tcp' && !isLoopback(address.host);
  if (isNeeded) requireKey(address, key, REMEDY);
  return key === undefined ? undefined : { psk: key.disk, isNeeded };
}

const REMEDY =
  'make one with: lockstep ft keygen FILE, give it to the disk server with --key FILE, and here (with --key FILE in ' +
  'a pair, as nbd:HOST:PORT/EXPORT,key=FILE elsewhere); or add ,plaintext if that network is trusted';
