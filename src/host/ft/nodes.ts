/** The nodes of pairs on this host, as who is on this host sees them: asked for their status, told to stop. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { MethodSettings } from '../../ft/guest/method.ts';
import type { PairStatus } from '../../ft/protocol/status.ts';
import { ExitCode, UserError } from '../../lib/errors.ts';
import type { ReadCounts } from '../mirror/disk-reader.ts';
import { listNodes, type NodeAddress, tellNode } from './control-socket.ts';
import { type Endpoint, endpointText } from './endpoint.ts';
import type { CopyStatus } from './shield.ts';

/** A node that has answered. */
export interface FoundNode extends NodeAddress {
  readonly pid: number;
  /** As nodes name it to each other. */
  readonly host: string;
  /** 'primary' or 'backup', as it was started. */
  readonly command: string;
  /** How the pair is kept in step; unknown to a backup that has no primary yet. */
  readonly method?: MethodSettings;
  readonly ticks: number;
  readonly recording?: string;
  /** Of its protocol core; none while a backup waits for its first primary. */
  readonly status?: PairStatus;
  /** The last backup that was made from the running guest. */
  readonly copy?: CopyStatus;
  /** What it has read of disks itself for a guest that it replays. */
  readonly reads?: ReadCounts;
  /** Of a guest that lives here: where its backup is, or is looked for. */
  readonly backup?: string;
}

const GONE_MS = 20_000;
const LOOK_MS = 50;
/** A backup that has not begun to be made by then cannot be made. */
const ANSWERS_MS = 5000;
/** The registry has its time. */
const JOIN_MS = 20_000;
/** By then a host has been found, its process started and the guest copied. */
const PLACE_MS = 60_000;

/** Those that answer, of one pair or of all. */
export async function findNodes(pair?: string): Promise<FoundNode[]> {
  const found: FoundNode[] = [];
  for (const node of listNodes(pair)) {
    const report = (await tellNode(node, 'status')) as Omit<FoundNode, keyof NodeAddress> | undefined;
    if (report !== undefined) found.push({ ...node, ...report });
  }
  return found;
}

/**
 * Powers the guest of a pair off; the other side does not go live. `pair` may be left out when there is one only. Gives
 * the pair's name when its live side has ended. UserError when this host has none, or the backup alone.
 */
export async function stopPair(pair: string | undefined): Promise<string> {
  const { name, first } = await liveSideOf(pair);
  const answer = (await tellNode(first, 'stop')) as { readonly refused?: string } | undefined;
  if (answer?.refused !== undefined) {
    throw new UserError('not-the-primary', answer.refused, 'stop the pair there');
  }
  await gone(first);
  return name;
}

/**
 * Has a backup made at `backup` of the guest of a pair, which runs on this host without one; resolves when it has one,
 * with what it took. UserError when it is not to be.
 */
export async function protectPair(pair: string | undefined, backup: Endpoint): Promise<CopyStatus> {
  const { first } = await liveSideOf(pair);
  const to = endpointText(backup);
  const answer = (await tellNode(first, `protect ${to}`)) as { readonly refused?: string } | undefined;
  if (answer?.refused !== undefined) {
    throw new UserError('not-alone', answer.refused, 'see: lockstep ft status', ExitCode.lost);
  }
  return protectedAt(first, to);
}

/** Resolves when the guest that lives at `first` has the backup that is being made at `to`; UserError when not. */
export async function protectedAt(first: NodeAddress, to: string): Promise<CopyStatus> {
  const from = performance.now();
  for (;;) {
    const report = (await tellNode(first, 'status')) as FoundNode | undefined;
    if (report === undefined) break;
    const { copy, status } = report;
    if (status?.state === 'protected' && copy?.to === to && copy.pausedNs !== undefined) return copy;
    if (status?.state !== 'copying' && status?.state !== 'protected' && performance.now() - from > ANSWERS_MS) break;
    await sleep(LOOK_MS);
  }
  const what = `no backup could be made at ${to}`;
  throw new UserError('not-protected', what, `start one there: lockstep ft backup --listen ${to}`, ExitCode.lost);
}

/**
 * Has the guest of a pair, which runs on this host, be in the cluster of a registry from now on; resolves when it has a
 * backup, with what that took if it was copied. `registry`: as the node understands it. UserError when it is not to be.
 */
export async function joinCluster(pair: string | undefined, registry: string): Promise<CopyStatus | undefined> {
  const { name, first } = await liveSideOf(pair);
  const answer = (await tellNode(first, `join ${registry}`, JOIN_MS)) as { readonly refused?: string } | undefined;
  if (answer?.refused !== undefined) {
    throw new UserError('not-joined', answer.refused, 'see: lockstep ft status', ExitCode.lost);
  }
  const from = performance.now();
  while (performance.now() - from < PLACE_MS) {
    const report = (await tellNode(first, 'status')) as FoundNode | undefined;
    if (report === undefined) break;
    // What a copy took is known a moment after the backup has the guest.
    const isTold = report.copy === undefined || report.copy.pausedNs !== undefined;
    if (report.status?.state === 'protected' && isTold) return report.copy;
    await sleep(LOOK_MS);
  }
  const what = `${name} is in the cluster now, and has no backup yet`;
  throw new UserError('not-protected', what, 'its node says why no host can take one', ExitCode.lost);
}

/** Ends the pair's backup on the host of that name, when it has one; also one that waits. Why not; or nothing. */
export async function leavePair(pair: string, host: string): Promise<string | undefined> {
  let refused: string | undefined;
  for (const node of await findNodes(pair)) {
    // One that has come to its end goes by itself.
    if (node.host !== host || hasEnded(node)) continue;
    const answer = (await tellNode(node, 'leave')) as { readonly refused?: string } | undefined;
    refused = answer?.refused ?? refused;
  }
  return refused;
}

/** The side on this host that has the guest of a pair; its backup when there is no other. UserError without any. */
export async function liveSideOf(
  pair: string | undefined,
): Promise<{ readonly name: string; readonly first: FoundNode }> {
  const nodes = await findNodes(pair);
  const names = [...new Set(nodes.map((node) => node.pair))];
  if (names.length > 1) {
    throw new UserError('which-pair', `there are ${names.length} pairs here: ${names.join(', ')}`, 'name one');
  }
  const name = names[0];
  if (name === undefined) {
    const what = pair === undefined ? 'no pair has a side on this host' : `the pair ${pair} has no side on this host`;
    throw new UserError('no-pair', what, 'lockstep ft status lists the sides that are here');
  }
  const [first] = [...nodes].sort((a, b) => Number(isLiveSide(b)) - Number(isLiveSide(a)));
  return { name, first: first! };
}

function isLiveSide(node: FoundNode): boolean {
  const { status } = node;
  return status?.state === 'live' || (status?.role === 'primary' && !hasEnded(node));
}

const hasEnded = ({ status }: FoundNode): boolean => status?.state === 'halted' || status?.state === 'off';

async function gone(node: NodeAddress): Promise<void> {
  for (let waited = 0; waited < GONE_MS; waited += LOOK_MS) {
    if ((await tellNode(node, 'status')) === undefined) return;
    await sleep(LOOK_MS);
  }
  const what = `the guest of ${node.pair} has been told to stop, and has not yet`;
  throw new UserError('not-stopped', what, 'look with: lockstep ft status', ExitCode.lost);
}
