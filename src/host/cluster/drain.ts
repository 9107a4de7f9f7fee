/**
 * A host is emptied: nothing new comes to it, guests that live there go to their backups, and backups go when another
 * host can take them. What cannot go stays, and why is told.
 */

import type { Cluster } from '../../ft/cluster/cluster.ts';
import type { Carried, ClusterHost, ClusterView } from '../../ft/cluster/view.ts';
import { UserError } from '../../lib/errors.ts';
import type { PairKey } from '../ft/key.ts';
import { DrainedSide } from './drained-side.ts';

export interface Drained {
  readonly host: string;
  /** What is elsewhere now. */
  readonly moved: readonly MovedSide[];
  readonly stays: readonly { readonly pair: string; readonly role: Carried['role']; readonly reason: string }[];
}

export interface MovedSide {
  readonly pair: string;
  /** 'primary': the guest lives on `to`; otherwise its backup is there. */
  readonly role: Carried['role'];
  readonly to: string;
}

export interface DrainUi {
  moved(side: MovedSide): void;
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
  const moved: MovedSide[] = [];
  const stays: Drained['stays'][number][] = [];
  for (const { pair, role } of host.carries) {
    const side = new DrainedSide(cluster, host.name, pair, key);
    const gone = role === 'primary' ? await side.handOver() : await side.leave();
    if ('reason' in gone) stays.push({ pair, role, ...gone });
    else {
      moved.push({ pair, role, to: gone.to });
      ui.moved({ pair, role, to: gone.to });
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
