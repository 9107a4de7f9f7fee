/**
 * The cluster at one moment, put together from what is in the registry: hosts with what they carry, and pairs.
 */

import { type HostReport, type Ledger, NO_LEDGER, type PairReport } from './records.ts';

/** One side of a pair on a host. */
export interface Carried {
  readonly pair: string;
  /** 'place': promised, or a backup that is being made, or one whose pair says nothing of it. */
  readonly role: 'primary' | 'backup' | 'place';
  readonly bytes: number;
}

export interface ClusterHost {
  readonly name: string;
  /** Undefined: its agent is not heard. */
  readonly report: HostReport | undefined;
  /** False: it is not known yet whether its agent lives. */
  readonly proven: boolean;
  readonly ledger: Ledger;
  readonly carries: readonly Carried[];
}

export interface ClusterView {
  /** By name. */
  readonly hosts: readonly ClusterHost[];
  readonly pairs: readonly PairReport[];
}

/** What a node needs besides the guest's RAM: its own program, buffers and compiled code. */
export const NODE_BYTES = 128 << 20;

/** `pairs`: every lease; of several of one pair the highest epoch counts. */
export function clusterView(
  reports: readonly { readonly report: HostReport; readonly proven: boolean }[],
  ledgers: ReadonlyMap<string, Ledger>,
  pairs: readonly PairReport[],
): ClusterView {
  const present = presentPairs(pairs);
  const known = new Map(reports.map((each) => [each.report.name, each]));
  const gone = [...ledgers].filter(([, { enrolled, reservations }]) => enrolled || reservations.length > 0);
  const names = new Set([...known.keys(), ...gone.map(([name]) => name)]);
  const hosts = [...names].sort().map((name) => {
    const { report, proven = true } = known.get(name) ?? {};
    const ledger = ledgers.get(name) ?? NO_LEDGER;
    return { name, report, proven, ledger, carries: carriedBy(name, ledger, present) };
  });
  return { hosts, pairs: present };
}

/** Bytes of a host's RAM that are spoken for. */
export function carriedBytes({ carries }: ClusterHost): number {
  return carries.reduce((sum, { bytes }) => sum + bytes, 0);
}

function presentPairs(pairs: readonly PairReport[]): PairReport[] {
  const present = new Map<string, PairReport>();
  for (const pair of pairs) {
    if (pair.epoch >= (present.get(pair.name)?.epoch ?? 0)) present.set(pair.name, pair);
  }
  return [...present.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** A primary that was started by hand has no reservation, and counts all the same. */
function carriedBy(host: string, { reservations }: Ledger, pairs: readonly PairReport[]): Carried[] {
  const roleOf = (name: string): Carried['role'] => {
    const pair = pairs.find((each) => each.name === name);
    if (pair?.primary === host) return 'primary';
    return pair?.backup === host ? 'backup' : 'place';
  };
  const promised = reservations.map(({ pair, bytes }) => ({ pair, role: roleOf(pair), bytes }));
  const others = pairs
    .filter(({ name }) => roleOf(name) !== 'place' && !promised.some(({ pair }) => pair === name))
    .map(({ name, memoryBytes }) => ({ pair: name, role: roleOf(name), bytes: memoryBytes + NODE_BYTES }));
  return [...promised, ...others];
}
