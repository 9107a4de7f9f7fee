/** Names of a node and of its host. */

import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';

/** Unique for ever: a node that is started again has another. The beginning is for people. */
export function nodeName(): string {
  return `${hostname()}:${process.pid}:${randomBytes(4).toString('hex')}`;
}

/** The same for every process of this physical host, and for none of another. */
export function hostName(): string {
  try {
    return `${hostname()} (${readFileSync('/etc/machine-id', 'latin1').trim().slice(0, 12)})`;
  } catch {
    return hostname();
  }
}
