/** The nodes of pairs on this host, as who is on this host sees them: asked for their status, told to stop. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Operator } from '../../emu/machine/operator.ts';
import type { MethodSettings } from '../../ft/guest/method.ts';
import type { PairStatus } from '../../ft/protocol/status.ts';
import { ExitCode, UserError } from '../../lib/errors.ts';
import type { AboutRecording } from '../log-file-sink.ts';
import type { ReadCounts } from '../mirror/disk-reader.ts';
import { listNodes, type NodeAddress, type Refusal, tellNode } from './control-socket.ts';
import type { CopyStatus } from './copy-course.ts';

/** A node that has answered. */
export interface FoundNode extends NodeAddress, Partial<Operator>, Partial<AboutRecording> {
  /** As nodes name it to each other. */
  readonly host: string;
  /** How the pair is kept in step; unknown to a backup that has no primary yet. */
  readonly method?: MethodSettings;
  readonly ticks: number;
  /** Of its protocol core; none while a backup waits for its first primary. */
  readonly status?: PairStatus;
  /** The last backup that was made from the running guest. */
  readonly copy?: CopyStatus;
  /** What it has read of disks itself for a guest that it replays. */
  readonly reads?: ReadCounts;
  /** Of a guest that lives here: where its backup is, or is looked for. */
  readonly backup?: string;
  /** Why it has none, if one was tried. */
  readonly fault?: string;
}

const GONE_MS = 20_000;
const LOOK_MS = 50;
/** Who only looks does not wait for long. */
const SEEN_MS = 3000;

/** Nodes of one pair or of all. UserError when one is there and does not answer. */
export async function findNodes(pair?: string): Promise<FoundNode[]> {
  const answers = await Promise.all(listNodes(pair).map((node) => statusOf(node)));
  return answers.filter((answer) => answer !== undefined);
}

/** What is seen of pairs on this host. */
export interface NodesSeen {
  readonly nodes: readonly FoundNode[];
  /** They are there, and say nothing: their processes stand still, or have too much to do. */
  readonly silent: readonly NodeAddress[];
}

/** As `findNodes`, for who wants to see what there is. */
export async function seeNodes(pair?: string): Promise<NodesSeen> {
  const nodes: FoundNode[] = [];
  const silent: NodeAddress[] = [];
  const look = async (node: NodeAddress): Promise<void> => {
    try {
      const found = await statusOf(node, SEEN_MS);
      if (found !== undefined) nodes.push(found);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      silent.push(node);
    }
  };
  await Promise.all(listNodes(pair).map(look));
  const byPath = (a: NodeAddress, b: NodeAddress): number => (a.path < b.path ? -1 : 1);
  return { nodes: nodes.sort(byPath), silent: silent.sort(byPath) };
}

/** Undefined when it is gone. */
async function statusOf(node: NodeAddress, withinMs?: number): Promise<FoundNode | undefined> {
  const report = (await tellNode(node, 'status', withinMs)) as Omit<FoundNode, keyof NodeAddress> | Refusal | undefined;
  if (report !== undefined && 'refused' in report) {
    const what = `the node at ${node.path} does not tell about itself: ${report.refused}`;
    throw new UserError('no-answer', what, 'look what its process says', ExitCode.lost);
  }
  return report === undefined ? undefined : { ...node, ...report };
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

/** A guest of that name lives on this host, in a pair or in none. */
export async function isTaken(name: string): Promise<boolean> {
  return (await findNodes(name)).some((node) => isUnpaired(node) || isLiveSide(node));
}

/** A guest that runs in no pair. */
export const isUnpaired = ({ command }: FoundNode): boolean => command === 'record' || command === 'run';

/** The side on this host that has the guest of a pair; its backup when there is no other. UserError without any. */
export async function liveSideOf(
  pair: string | undefined,
): Promise<{ readonly name: string; readonly first: FoundNode }> {
  const found = await findNodes(pair);
  const nodes = found.filter((node) => !isUnpaired(node));
  if (pair !== undefined && nodes.length < found.length) {
    const remedy = `it ends with its process; lockstep ft protect ${pair} gives it a backup`;
    throw new UserError('no-pair', `the guest ${pair} is in no pair`, remedy);
  }
  return oneOf(nodes, pair);
}

/** Whom an order to a guest is for: as `liveSideOf`; or the guest of that name that runs in no pair. */
export async function namedGuest(name: string | undefined): Promise<FoundNode> {
  const found = await findNodes(name);
  const ways = [found.filter(isLiveSide), found.filter(isUnpaired), found];
  return oneOf(ways.find((nodes) => nodes.length > 0) ?? [], name).first;
}

/** Of nodes of one pair. */
function oneOf(
  nodes: readonly FoundNode[],
  pair: string | undefined,
): { readonly name: string; readonly first: FoundNode } {
  const names = [...new Set(nodes.map((node) => node.pair))];
  if (names.length > 1) {
    const kind = nodes.some(isUnpaired) ? 'guests' : 'pairs';
    throw new UserError('which-pair', `there are ${names.length} ${kind} here: ${names.join(', ')}`, 'name one');
  }
  const name = names[0];
  if (name === undefined) throw noPair(pair);
  const [first] = [...nodes].sort((a, b) => Number(isLiveSide(b)) - Number(isLiveSide(a)));
  return { name, first: first! };
}

/** Nothing of the pair is here; without a name, of any. */
export function noPair(pair: string | undefined): UserError {
  const what = pair === undefined ? 'no pair has a side on this host' : `the pair ${pair} has no side on this host`;
  return new UserError('no-pair', what, 'lockstep ft status lists the sides that are here');
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
