/** Who may pair with whom: what each side checks in the other's first message. Nothing goes over a channel before. */

import { type BackupMessage, PROTOCOL_VERSION, type PrimaryMessage } from './message.ts';
import type { PairSettings } from './settings.ts';

export type Hello = Extract<PrimaryMessage, { readonly kind: 'hello' }>;
export type Welcome = Extract<BackupMessage, { readonly kind: 'welcome' }>;

export interface Peer {
  readonly who: string;
  readonly host: string;
}

/**
 * Why a backup that follows `peer` (undefined: nobody yet) and holds frames up to `received`, of `copy` (as in hello),
 * refuses; or nothing.
 */
export function helloObjection(
  hello: Hello,
  settings: PairSettings,
  peer: Peer | undefined,
  received: number,
  copy: number | undefined,
): string | undefined {
  if (hello.version !== PROTOCOL_VERSION)
    return `protocol version ${hello.version} is not ${PROTOCOL_VERSION}: run one version of lockstep on both sides`;
  if (hello.pair !== settings.pair) return `this is the backup of pair ${settings.pair}, not of ${hello.pair}`;
  if (hello.epoch !== settings.epoch) return `the pair's epoch is ${hello.epoch} there and ${settings.epoch} here`;
  const objection = peerObjection(hello, settings);
  if (objection !== undefined) return objection;
  if (peer !== undefined && peer.who !== hello.who) return `it follows ${peer.who} already`;
  if (received >= 0 && hello.copy !== copy) return 'it has begun with another copy of the guest';
  if (hello.first > received + 1) return `frames ${received + 1} to ${hello.first - 1} are missing`;
  return undefined;
}

/** Why a primary will not be protected by who welcomes it; or nothing. */
export function welcomeObjection(welcome: Welcome, settings: PairSettings): string | undefined {
  return peerObjection(welcome, settings);
}

function peerObjection(peer: Peer, settings: PairSettings): string | undefined {
  if (peer.who === settings.who) return `both sides are ${settings.who}`;
  if (peer.host === settings.host && !settings.sameHost)
    return `both sides are on host ${settings.host}, and would be lost together`;
  return undefined;
}
