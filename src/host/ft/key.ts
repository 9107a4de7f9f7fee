/**
 * The secret that the two sides of a pair share: 32 random bytes, in a file as 64 hexadecimal digits. What goes over
 * the wire is protected by keys derived from it, one for each use.
 */

import { createHmac, randomBytes } from 'node:crypto';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { UserError } from '../../lib/errors.ts';
import { codeOf, reasonOf } from '../os-errors.ts';
import { PSK_IDENTITY } from '../psk-tls.ts';

const KEY_BYTES = 32;
/** Of a file's mode: what any but its owner may do. */
const OTHERS = 0o077;
const REMEDY = 'make one with: lockstep ft keygen FILE, and copy it to the other host';

export interface PairKey {
  /** Pre-shared key of the channel's TLS. */
  readonly channel: Uint8Array;
  /** Key of the heartbeats' HMAC. */
  readonly heartbeat: Uint8Array;
  /** Pre-shared key of connections to the agents of hosts. */
  readonly agent: Uint8Array;
  /** Pre-shared key of connections to the block server. */
  readonly disk: Uint8Array;
  /** Pre-shared key of connections between switches. */
  readonly uplink: Uint8Array;
}

export function pairKey(secret: Uint8Array): PairKey {
  const derived = (use: string): Uint8Array => createHmac('sha256', secret).update(`lockstep ${use}`).digest();
  return {
    channel: derived('channel'),
    heartbeat: derived('heartbeat'),
    agent: derived('agent'),
    disk: derived('disk'),
    uplink: derived('uplink'),
  };
}

/** The same for connections to agents: who records one kind of connection learns nothing of the other. */
export function forAgents(key: PairKey): PairKey {
  return { ...key, channel: key.agent };
}

/** `warn` is told when others can read it. UserError when there is no key in the file. */
export function readKey(path: string, warn: (text: string) => void = () => {}): PairKey {
  let text: string;
  try {
    text = readFileSync(path, 'latin1').trim();
    if ((statSync(path).mode & OTHERS) !== 0) warn(`the key ${path} is open to others: chmod 600 ${path}`);
  } catch (error) {
    throw new UserError('no-key', `cannot read the key ${path}: ${reasonOf(error)}`, REMEDY, undefined, error);
  }
  if (!/^[0-9a-f]{64}$/i.test(text)) throw new UserError('bad-key', `${path} holds no key of 64 digits`, REMEDY);
  return pairKey(Buffer.from(text, 'hex'));
}

/** Writes a new key that only this user can read. UserError when the file exists or cannot be made. */
export function makeKey(path: string): void {
  writeSecret(path, randomBytes(KEY_BYTES).toString('hex'));
}

/**
 * Writes what other NBD tools show to a block server that has this key: a file of GnuTLS's psktool, `IDENTITY:KEY`.
 * UserError as makeKey.
 */
export function writePsk(path: string, key: PairKey): void {
  writeSecret(path, `${PSK_IDENTITY}:${Buffer.from(key.disk).toString('hex')}`);
}

function writeSecret(path: string, text: string): void {
  try {
    writeFileSync(path, `${text}\n`, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    const exists = codeOf(error) === 'EEXIST';
    const what = exists ? `${path} exists already` : `cannot make the key ${path}: ${reasonOf(error)}`;
    const remedy = exists ? 'name another file, or remove it first' : 'name a file in a folder that you can write';
    throw new UserError('bad-output', what, remedy, undefined, error);
  }
}
