/**
 * Arbiters as users name them: `file:DIR`, a folder that both hosts share; `disk:ADDRESS`, their block server;
 * `majority:HOST:PORT,...`, acceptors; `etcd:URL`; `postgres://...`.
 */

import { resolve } from 'node:path';
import type { Arbiter } from '../../../ft/arbiter.ts';
import { UserError } from '../../../lib/errors.ts';
import { parseEtcd } from '../../etcd/etcd-place.ts';
import { parseAddress } from '../../ports/nbd-place.ts';
import { securityOf } from '../../ports/nbd-security.ts';
import { hostPortText } from '../../ports/stream-address.ts';
import { requireKey } from '../endpoint.ts';
import type { PairKey } from '../key.ts';
import { DEADLINE_MS } from './deadline.ts';
import { DiskArbiter } from './disk.ts';
import { EtcdArbiter } from './etcd.ts';
import { FileArbiter } from './file.ts';
import { MajorityArbiter, type Member } from './majority.ts';
import { PostgresArbiter } from './postgres.ts';

const REMEDY =
  'give file:DIR (a folder that both hosts share), disk:HOST:PORT (as of: lockstep disk serve), ' +
  'majority:HOST:PORT,HOST:PORT,HOST:PORT (as of: lockstep ft witness), etcd:http://HOST:PORT[,HOST:PORT...] ' +
  'or postgres://USER@HOST/DATABASE';
const MEMBERS_MIN = 3;

/**
 * ADDRESS is `HOST:PORT`, `tcp:HOST:PORT` or `unix:PATH`; relative paths start at `base`; with `,plaintext` the network
 * on the way is trusted. `key`: the pair's, for acceptors and block servers that are not on loopback. Nothing is opened
 * yet. Throws UserError.
 */
export function arbiterOf(text: string, base: string = process.cwd(), key?: PairKey): Arbiter {
  const [, kind = '', rest = ''] = /^(file|disk|majority|etcd|postgres|postgresql):(.+)$/s.exec(text) ?? [];
  if (kind === 'file') return new FileArbiter(resolve(base, rest));
  if (kind === 'etcd') return new EtcdArbiter(parseEtcd(rest));
  if (kind === 'majority') return new MajorityArbiter(parseMembers(rest, key), key);
  if (kind.startsWith('postgres') && rest.startsWith('//') && URL.canParse(text)) return new PostgresArbiter(text);
  const [, place = '', plaintext] = /^(.+?)(,plaintext)?$/s.exec(rest) ?? [];
  const address = kind === 'disk' ? parseAddress(place, base) : undefined;
  if (address !== undefined) {
    const trusted = plaintext === undefined ? {} : { plaintext: true as const };
    return new DiskArbiter(address, DEADLINE_MS, securityOf({ address, ...trusted }, key));
  }
  throw new UserError('bad-value', `the arbiter ${withoutPassword(text)} is not understood`, REMEDY);
}

function parseMembers(text: string, key: PairKey | undefined): readonly Member[] {
  const members = text.split(',').map((word): Member => {
    const address = parseAddress(word, '');
    if (address?.kind !== 'tcp' || address.port === 0) {
      throw new UserError('bad-value', `the host ${word} of the majority is not understood`, 'give each as HOST:PORT');
    }
    requireKey(address, key);
    return { name: hostPortText(address), endpoint: address };
  });
  const distinct = new Set(members.map(({ name }) => name)).size;
  if (distinct === members.length && distinct >= MEMBERS_MIN) return members;
  throw new UserError('bad-value', `${text} makes no majority`, 'name three or five hosts, each once');
}

/** As another process, or host, understands it: a folder is named from the root. */
export function portableArbiter(text: string): string {
  const folder = /^file:(.+)$/s.exec(text)?.[1];
  return folder === undefined ? text : `file:${resolve(folder)}`;
}

/** A text that may name an arbiter, fit to be printed and kept: without what could be a password. */
export function withoutPassword(text: string): string {
  return text.replace(/(?<=:\/\/)\S*@/, '…@').replace(/(?<=[?&]password=)[^&\s]*/, '…');
}
