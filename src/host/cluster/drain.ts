/** A host is emptied, as `emptied` does it, or used again: the steps are carried out on the registry and on agents. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster } from '../../ft/cluster/cluster.ts';
import { type Emptied, type EmptyingCall, emptied, type MovedSide, type SideCall } from '../../ft/cluster/emptied.ts';
import type { AgentReply } from '../../ft/cluster/place-finder.ts';
import { callRegistry, walked } from '../../ft/cluster/steps.ts';
import type { ClusterHost, ClusterView } from '../../ft/cluster/view.ts';
import { UserError } from '../../lib/errors.ts';
import { parseEndpoint, requireKey } from '../ft/endpoint.ts';
import type { PairKey } from '../ft/key.ts';
import { reasonOf } from '../os-errors.ts';
import { askAgent } from './agent-door.ts';

const TIMES = { lookMs: 250, againMs: 1000, movedMs: 60_000 } as const;
/** The agent waits for nodes itself. */
const ANSWER_MS = { leave: 20_000, handOver: 70_000 } as const;

export interface Drained extends Emptied {
  readonly host: string;
}

export interface DrainUi {
  moved(side: MovedSide): void;
}

/** UserError when no such host is known, its agent wants a key, or the registry cannot be reached. */
export async function drainHost(
  cluster: Cluster,
  name: string,
  key: PairKey | undefined,
  ui: DrainUi,
): Promise<Drained> {
  const host = hostOf(await settledView(cluster), name);
  if (host.report !== undefined) requireKey(parseEndpoint('agent', host.report.agent), key);
  const steps = emptied(host, { ...TIMES, now: () => performance.now(), moved: (side) => ui.moved(side) });
  return { host: host.name, ...(await walked(steps, (call) => carryOut(cluster, key, call))) };
}

async function carryOut(cluster: Cluster, key: PairKey | undefined, call: EmptyingCall): Promise<unknown> {
  switch (call.kind) {
    case 'pause':
      return sleep(call.ms);
    case 'leave':
    case 'handOver':
      return ask(call, key);
    default:
      return callRegistry(cluster.registry, call);
  }
}

async function ask({ kind, host, pair }: SideCall, key: PairKey | undefined): Promise<AgentReply> {
  try {
    const agent = parseEndpoint('agent', host.report!.agent);
    return await askAgent(agent, key, { kind, pair }, ANSWER_MS[kind]);
  } catch (error) {
    return { kind: 'silent', reason: reasonOf(error) };
  }
}

/** The host is used again. UserError as above. */
export async function undrainHost(cluster: Cluster, name: string): Promise<Drained> {
  const host = hostOf(await settledView(cluster), name);
  await cluster.drain(host.name, false);
  return { host: host.name, moved: [], stays: [] };
}

async function settledView(cluster: Cluster): Promise<ClusterView> {
  await cluster.registry.settled();
  return cluster.view();
}

/** By its whole name, or by its first word when that is enough. */
function hostOf({ hosts }: ClusterView, name: string): ClusterHost {
  const found = hosts.filter((host) => host.name === name || host.name.split(' ')[0] === name);
  const [first, second] = found;
  if (first !== undefined && second === undefined) return first;
  const what = second === undefined ? `no host ${name} is in the registry` : `${found.length} hosts are named ${name}`;
  throw new UserError('no-host', what, 'lockstep ft ls lists them with their whole names');
}
