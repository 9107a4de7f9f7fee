/**
 * A pair's guest begins anew only when the one before is over: two guests under one name would both be heard, and the
 * next epoch takes the storage from whoever lives. What can be seen of the pair is looked at: its sides on this host,
 * its hosts in the registry. The arbiter names who had the last epoch; whether that one runs, on a host that cannot be
 * looked at, only the operator knows.
 */

import { hostname } from 'node:os';
import type { Holding } from '../../ft/arbiter.ts';
import type { PairReport } from '../../ft/cluster/records.ts';
import type { PairStatus } from '../../ft/protocol/status.ts';
import { ExitCode, UserError } from '../../lib/errors.ts';
import type { NodeAddress } from './control-socket.ts';
import { hostName } from './identity.ts';
import { seeNodes } from './nodes.ts';

export interface Before {
  readonly pair: string;
  /** What the arbiter says of it. */
  readonly holding: Exclude<Holding, { readonly kind: 'unknown' }>;
  /** Whose guest lives, by the registry, if the pair is in a cluster. */
  readonly reported: PairReport | undefined;
  /** The operator says that it is over. */
  readonly again: boolean;
}

/** UserError when the pair lives, or may. */
export async function requireOver({ pair, holding, reported, again }: Before): Promise<void> {
  const { nodes, silent } = await seeNodes(pair);
  const living = nodes.find(({ status }) => status !== undefined && lives(status));
  if (living !== undefined) throw livesHere(pair, living);
  if (reported !== undefined && reported.primary !== hostName()) {
    throw lifeOf(pair, `lives at ${reported.primary}, epoch ${reported.epoch}`, STOP_THERE);
  }
  if (holding.kind === 'free' || again) return;
  // It stands still, or has too much to do.
  const mute = silent.find(isSide);
  if (mute !== undefined) throw livesHere(pair, mute);
  if (holding.holder.startsWith(`${hostname()}:`)) return;
  const what = `lived at ${holding.holder} last, epoch ${holding.epoch}, which cannot be looked at from here`;
  throw lifeOf(pair, what, 'if its guest runs nowhere any more, say so: --again; otherwise its storage would be taken');
}

const STOP_THERE = 'stop it there: lockstep ft stop; or give this guest a --name of its own';

function lives({ role, state }: PairStatus): boolean {
  return state !== 'halted' && state !== 'off' && state !== 'diverged' && !(role === 'backup' && state === 'waiting');
}

const isSide = ({ command }: NodeAddress): boolean => command === 'primary' || command === 'backup';

function livesHere(pair: string, { command, pid }: NodeAddress): UserError {
  return lifeOf(
    pair,
    `has a ${command} on this host, process ${pid}`,
    `look: lockstep ft status ${pair}; ${STOP_THERE}`,
  );
}

function lifeOf(pair: string, what: string, remedy: string): UserError {
  return new UserError('pair-lives', `the pair ${pair} ${what}`, remedy, ExitCode.usage);
}
