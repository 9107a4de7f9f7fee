/** What goes wrong in a cluster, and what its operator does: from a stream of its own, until all is mended. */

import { drained } from '../../../src/ft/cluster/ledgers.ts';
import { Random } from '../world/random.ts';
import type { ClusterHost } from './cluster-host.ts';
import type { ClusterParts, SimCluster } from './sim-cluster.ts';
import { type Caller, walk } from './wire.ts';

/** Until an agent is started again, and until a drain that was not heard is repeated, microseconds. */
const AGENT_US = 12_000;
const AGAIN_US = 5_000;
/** How long a cut lasts, or the registry is away, microseconds. */
const AWAY_US = [5_000, 70_000] as const;

export function planTrouble(cluster: SimCluster, parts: ClusterParts): void {
  const { clockwork, seed, troubleUs, did } = parts;
  const random = new Random(seed, 'faults of the cluster');
  const sometimes = (probability: number, strike: () => void): void => {
    if (!random.chance(probability)) return;
    clockwork.at(random.between(1_000, troubleUs), () => {
      if (!cluster.isMended) strike();
    });
  };
  const host = (): ClusterHost => random.pick(cluster.hosts);
  const [lost, cut, agentless, emptied] = [host(), host(), host(), host()];
  const us = random.between(...AWAY_US);
  for (const rival of cluster.rivals) {
    sometimes(0.6, () => rival.loseBackup());
    sometimes(0.4, () => rival.losePrimary());
  }
  sometimes(0.35, () => cluster.crash(lost));
  sometimes(0.3, () => {
    cut.isCut = true;
    clockwork.after(us, () => {
      cut.isCut = false;
    });
  });
  sometimes(0.3, () => endAgent(cluster, parts, agentless));
  sometimes(0.3, () => {
    cluster.keeper.isAway = true;
    clockwork.after(us, () => {
      cluster.keeper.isAway = false;
    });
  });
  sometimes(0.1, () => {
    did('a registry is made anew');
    cluster.keeper.beginAnew();
    cluster.monitor.lost();
  });
  sometimes(0.3, () => drain(cluster, parts, emptied));
}

/** Its places go on. */
function endAgent(cluster: SimCluster, { clockwork, did }: ClusterParts, host: ClusterHost): void {
  const { agent } = host;
  if (agent === undefined) return;
  did('an agent is started again');
  agent.end();
  clockwork.after(AGENT_US, () => {
    if (host.agent === agent) cluster.startAgent(host);
  });
}

/** Nothing new comes to a host, and what is there leaves it where it can. */
function drain(cluster: SimCluster, parts: ClusterParts, host: ClusterHost): void {
  const { clockwork, did, leave } = parts;
  const { keeper, wire, monitor, rivals } = cluster;
  const { life } = keeper;
  const caller: Caller = { host: host.name, isAlive: () => true, post: (job) => job() };
  const done = (): void => {
    if (keeper.life !== life) return;
    did('a host is drained');
    monitor.drained(host.name);
    for (const end of ['A', 'B'] as const) if (cluster.at(end) === host) leave(end);
    for (const rival of rivals) {
      const isThere = host.living.some(({ pair }) => pair === rival.name);
      if (isThere && rival.livesOn !== host) rival.loseBackup();
    }
  };
  const failed = (): void => {
    clockwork.after(AGAIN_US, () => {
      if (!cluster.isMended) drain(cluster, parts, host);
    });
  };
  walk(drained(host.name, true), (call, answered) => wire.call(caller, call, answered), { done, failed });
}
