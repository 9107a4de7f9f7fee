/** What is found out about a round when it is over, from the storage, the disk and the recordings. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PairStatus } from '../../../src/ft/protocol/status.ts';
import { type History, joined } from './history.ts';
import type { LabHosts } from './hosts.ts';
import { LoadProcess } from './load-process.ts';
import type { RoundPlan } from './round.ts';
import { redisAgain, WORK } from './works.ts';

const REPLAY_MS = 10 * 60_000;

/** The storage must have given this epoch to the survivor, and none since. */
export function claimFaults(hosts: LabHosts, pair: string, { who, epoch }: PairStatus, due: number): string[] {
  const { pairs } = JSON.parse(readFileSync(join(hosts.folder, 'claims/claims.json'), 'utf8'));
  const claim = pairs[pair];
  if (claim?.holder === who && claim.epoch === epoch && epoch === due) return [];
  return [`the survivor is ${who} in epoch ${epoch}, the storage has ${JSON.stringify(claim)}`];
}

/** Redis started again from the disk alone: what it has, read once. */
export async function readAgain(
  hosts: LabHosts,
  plan: Pick<RoundPlan, 'name' | 'seed'>,
  image: string,
  { operations }: History,
): Promise<History> {
  const before = imageDigest(image);
  const machine = hosts.lockstep('b', `${plan.name}-again`, 'run', ...redisAgain(image));
  const keys = [...new Set(operations.map(({ key }) => key))];
  const reader = new LoadProcess(hosts, `${plan.name}-reader`, {
    work: 'redis-read',
    seed: plan.seed,
    clients: 1,
    keys,
  });
  const history = await reader.finish(WORK.redis.bootMs).finally(() => Promise.all([reader.kill(), machine.kill()]));
  const same = imageDigest(image) === before;
  return same
    ? history
    : joined(history, { operations: [], faults: ['the image changed after the end'], duplicates: 0 });
}

export const imageDigest = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');

export async function replayFaults(hosts: LabHosts, { name }: RoundPlan, recording: string): Promise<string[]> {
  const replay = hosts.lockstep('b', `${name}-replay`, 'replay', '--verify', recording);
  const status = await replay.end(REPLAY_MS);
  return status === 0 ? [] : [`the survivor's recording does not replay (${status}): ${replay.tail()}`];
}
