/** What goes wrong in a cluster, and what its operator does: from a stream of its own, until all is mended. */

import { type EmptyingCall, emptied, type MovedSide } from '../../../src/ft/cluster/emptied.ts';
import { viewed } from '../../../src/ft/cluster/ledgers.ts';
import type { ClusterView } from '../../../src/ft/cluster/view.ts';
import { Random } from '../world/random.ts';
import type { ClusterHost } from './cluster-host.ts';
import type { ClusterParts, SimCluster } from './sim-cluster.ts';
import { type Answered, type Caller, walk } from './wire.ts';

/** Until an agent is started again, and until a drain that was not heard is repeated, microseconds. */
const AGENT_US = 12_000;
const AGAIN_US = 5_000;
/** How long a cut lasts, or the registry is away, microseconds. */
const AWAY_US = [5_000, 70_000] as const;
const EMPTYING = { lookMs: 2, againMs: 8, movedMs: 120 } as const;

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
  const { clockwork, did } = parts;
  const { keeper, wire, monitor } = cluster;
  const { life } = keeper;
  // The operator is anywhere, and patient: what was not heard is asked for again.
  const caller: Caller = { host: host.name, isAlive: () => true, post: (job) => job() };
  const again = (): void => {
    clockwork.after(AGAIN_US, () => {
      if (!cluster.isMended) drain(cluster, parts, host);
    });
  };
  let isTold = false;
  /** What follows is of a host whose ledger says that it is draining. */
  const told = (): void => {
    if (isTold || keeper.life !== life) return;
    isTold = true;
    did('a host is drained');
    monitor.drained(host.name);
  };
  const carryOut = (call: EmptyingCall, answered: Answered): void => {
    if (call.kind !== 'read' && call.kind !== 'swap') told();
    if (call.kind === 'pause') clockwork.after(call.ms * 1000, () => answered.done(undefined));
    else if ('host' in call) cluster.askToGo(caller, call, answered);
    else wire.call(caller, call, answered);
  };
  const moved = ({ pair, role }: MovedSide): void => {
    did(role === 'primary' ? 'a guest goes from a host that is emptied' : 'a backup goes from a host that is emptied');
    if (keeper.life === life) monitor.isGone(host, pair);
  };
  const seen = ({ hosts }: ClusterView): void => {
    const found = hosts.find(({ name }) => name === host.name);
    if (found === undefined) {
      again();
      return;
    }
    walk(emptied(found, { ...EMPTYING, now: () => clockwork.now / 1000, moved }), carryOut, {
      done: ({ stays }) => {
        told();
        for (const _ of stays) did('a side stays on a host that is emptied');
      },
      failed: again,
    });
  };
  walk(viewed(), (call, answered) => wire.call(caller, call, answered), { done: seen, failed: again });
}
