/**
 * A host is emptied: nothing new comes to it, and the backups on it go when another host can take them; their pairs
 * have new ones made there. What cannot go stays, and why is told.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster } from '../../ft/cluster/cluster.ts';
import { place, refusalText } from '../../ft/cluster/placement.ts';
import type { PairReport } from '../../ft/cluster/records.ts';
import { type Carried, type ClusterHost, type ClusterView, NODE_BYTES } from '../../ft/cluster/view.ts';
import { ExitCode, UserError } from '../../lib/errors.ts';
import { parseEndpoint } from '../ft/endpoint.ts';
import type { PairKey } from '../ft/key.ts';
import { reasonOf } from '../os-errors.ts';
import { askAgent } from './agent-door.ts';

const LOOK_MS = 250;
const ASK_MS = 10_000;
/** A pair that has no backup elsewhere by then has not moved. */
const MOVED_MS = 60_000;

export interface Drained {
  readonly host: string;
  /** Pairs whose backups are elsewhere now. */
  readonly moved: readonly { readonly pair: string; readonly to: string }[];
  readonly stays: readonly { readonly pair: string; readonly role: Carried['role']; readonly reason: string }[];
}

export interface DrainUi {
  moved(pair: string, to: string): void;
}

/** UserError when no such host is known, or the registry cannot be reached. */
export async function drainHost(
  cluster: Cluster,
  name: string,
  key: PairKey | undefined,
  ui: DrainUi,
): Promise<Drained> {
  const host = hostOf(await settledView(cluster), name);
  await cluster.drain(host.name, true);
  const moved: Drained['moved'][number][] = [];
  const stays: Drained['stays'][number][] = [];
  for (const { pair, role } of host.carries) {
    const to = await movedFrom(cluster, host.name, pair, role, key);
    if ('reason' in to) stays.push({ pair, role, ...to });
    else {
      moved.push({ pair, to: to.host });
      ui.moved(pair, to.host);
    }
  }
  return { host: host.name, moved, stays };
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

async function movedFrom(
  cluster: Cluster,
  host: string,
  pair: string,
  role: Carried['role'],
  key: PairKey | undefined,
): Promise<{ readonly host: string } | { readonly reason: string }> {
  if (role === 'primary') return { reason: 'the guest lives here; end this side, or wait for its end' };
  const view = await cluster.view();
  const report = view.pairs.find(({ name }) => name === pair);
  if (report === undefined) return { reason: 'nobody says where its guest lives' };
  const refused = noOther(view, host, report);
  if (refused !== undefined) return { reason: refused };
  try {
    const agent = hostOf(view, host).report?.agent;
    if (agent === undefined) return { reason: 'the agent of the host is not heard' };
    const answer = await askAgent(parseEndpoint('agent', agent), key, { kind: 'leave', pair }, ASK_MS);
    if (answer.kind === 'refused') return { reason: answer.reason };
    return await untilElsewhere(cluster, host, pair);
  } catch (error) {
    return { reason: reasonOf(error) };
  }
}

/** Why no other host can take the pair's backup; or nothing. */
function noOther({ hosts }: ClusterView, host: string, { name, primary, memoryBytes }: PairReport): string | undefined {
  const version = hosts.find((each) => each.name === primary)?.report?.version;
  if (version === undefined) return `the agent of ${primary}, where its guest lives, is not heard`;
  const others = hosts.filter((each) => each.name !== host);
  const request = { pair: name, from: primary, bytes: memoryBytes + NODE_BYTES, version, failed: new Set<string>() };
  const { hosts: fit, refused } = place(others, request);
  return fit.length > 0 ? undefined : `no other host can take it: ${refusalText(refused)}`;
}

async function untilElsewhere(
  cluster: Cluster,
  host: string,
  pair: string,
): Promise<{ readonly host: string } | { readonly reason: string }> {
  const from = performance.now();
  while (performance.now() - from < MOVED_MS) {
    const report = (await cluster.view()).pairs.find(({ name }) => name === pair);
    if (report?.backup !== undefined && report.backup !== host) return { host: report.backup };
    await sleep(LOOK_MS);
  }
  throw new UserError('not-moved', 'no new backup was made in time', 'see: lockstep ft ls', ExitCode.lost);
}
