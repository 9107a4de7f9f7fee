/**
 * Where a new side of a pair is to be: a pure function of the cluster at one moment. A host is refused for a reason
 * that an operator can act on; among the others the one that has most to spare comes first.
 *
 *     refused   not heard | draining | carries the pair already | another version | memory
 *     order     not failed of late, then load per processor, then free memory, then name
 *
 * Never both sides of a pair on one host: `carries` holds whatever of the pair is there, promised ones included.
 */

import { type Carried, type ClusterHost, carriedBytes } from './view.ts';

export interface PlaceRequest {
  readonly pair: string;
  /** The host of the side that asks. */
  readonly from: string;
  /** RAM that the new side takes there, all told. */
  readonly bytes: number;
  readonly version: string;
  /** Hosts that failed as a place of this pair of late: the last choice, and still one. */
  readonly failed: ReadonlySet<string>;
  /** Both sides on one host, for a trial. */
  readonly sameHost?: boolean;
}

export interface Refusal {
  readonly host: string;
  readonly reason: string;
}

export interface Placement {
  /** Best first. */
  readonly hosts: readonly ClusterHost[];
  readonly refused: readonly Refusal[];
}

export function place(hosts: readonly ClusterHost[], request: PlaceRequest): Placement {
  const refused: Refusal[] = [];
  const fit = hosts.filter((host) => {
    const reason = objection(host, request);
    if (reason !== undefined) refused.push({ host: host.name, reason });
    return reason === undefined;
  });
  const { failed } = request;
  const order = (host: ClusterHost): readonly number[] => [
    Number(failed.has(host.name)),
    Number(!host.proven),
    pressure(host),
    -spareBytes(host),
  ];
  return { hosts: fit.sort((a, b) => compare(order(a), order(b)) || (a.name < b.name ? -1 : 1)), refused };
}

/** Why this host cannot have it; or nothing. */
export function objection(host: ClusterHost, request: PlaceRequest): string | undefined {
  const { report, ledger, carries, name } = host;
  if (name === request.from && request.sameHost !== true) return 'the other side is on it';
  if (report === undefined) return 'its agent is not heard';
  if (ledger.draining) return 'it is draining';
  const own = carries.find(({ pair }) => pair === request.pair);
  if (own !== undefined && request.sameHost !== true) return `it has ${ROLES[own.role]} of the pair`;
  if (report.version !== request.version) return `its version is ${report.version}, not ${request.version}`;
  const spare = spareBytes(host);
  if (spare < request.bytes) return `it has ${mib(spare)} for guests left, and ${mib(request.bytes)} are needed`;
  return undefined;
}

/** No refusal, in one line for the operator. */
export function refusalText(refused: readonly Refusal[]): string {
  if (refused.length === 0) return 'no host is in the registry';
  return refused.map(({ host, reason }) => `${host}: ${reason}`).join('; ');
}

const ROLES: Readonly<Record<Carried['role'], string>> = {
  primary: 'the primary',
  backup: 'the backup',
  place: 'a place',
};

/** Processes for each processor: what was measured, or what it carries when that is not seen in the load yet. */
function pressure({ report, carries }: ClusterHost): number {
  return Math.max(report!.load, carries.length) / Math.max(1, report!.cpus);
}

/** What is promised may not be in use yet, and what is in use may not be promised: the smaller one counts. */
function spareBytes(host: ClusterHost): number {
  const { ramBytes, freeBytes } = host.report!;
  return Math.max(0, Math.min(freeBytes, ramBytes - carriedBytes(host)));
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (const [i, value] of a.entries()) {
    const other = b[i]!;
    if (value !== other) return value < other ? -1 : 1;
  }
  return 0;
}

const mib = (bytes: number): string => `${Math.floor(bytes / 2 ** 20)} MiB`;
