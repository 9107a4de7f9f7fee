/**
 * Arbiters as users name them: `file:DIR`, a folder that both hosts share; `disk:ADDRESS`, their block server;
 * `etcd:URL`.
 */

import { resolve } from 'node:path';
import type { Arbiter } from '../../../ft/arbiter.ts';
import { UserError } from '../../../lib/errors.ts';
import { parseEtcd } from '../../etcd/etcd-place.ts';
import { parseAddress } from '../../ports/nbd-place.ts';
import { DEADLINE_MS } from './deadline.ts';
import { DiskArbiter } from './disk.ts';
import { EtcdArbiter } from './etcd.ts';
import { FileArbiter } from './file.ts';

const REMEDY =
  'give file:DIR (a folder that both hosts share), disk:HOST:PORT (as of: lockstep disk serve), ' +
  'or etcd:http://HOST:PORT[,HOST:PORT...]';

/**
 * ADDRESS is `HOST:PORT`, `tcp:HOST:PORT` or `unix:PATH`; relative paths start at `base`. Nothing is opened yet. Throws
 * UserError.
 */
export function arbiterOf(text: string, base: string = process.cwd(), deadlineMs: number = DEADLINE_MS): Arbiter {
  const [, kind = '', rest = ''] = /^(file|disk|etcd):(.+)$/s.exec(text) ?? [];
  if (kind === 'file') return new FileArbiter(resolve(base, rest), deadlineMs);
  if (kind === 'etcd') return new EtcdArbiter(parseEtcd(rest), deadlineMs);
  const address = kind === 'disk' ? parseAddress(rest, base) : undefined;
  if (address !== undefined) return new DiskArbiter(address, deadlineMs);
  throw new UserError('bad-value', `the arbiter ${withoutPassword(text)} is not understood`, REMEDY);
}

/** A text that may name an arbiter, fit to be printed and kept: without what could be a password. */
export function withoutPassword(text: string): string {
  return text.replace(/(?<=:\/\/)\S*@/, '…@').replace(/(?<=[?&]password=)[^&\s]*/, '…');
}
