/** The backup of a guest that runs on this host, as the operator wants one, or none any more. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { PairStatus } from '../../ft/protocol/status.ts';
import { ExitCode, UserError } from '../../lib/errors.ts';
import { fromPlain } from '../live/job.ts';
import { type Refusal, tellNode } from './control-socket.ts';
import type { CopyStatus } from './copy-course.ts';
import { type Endpoint, endpointText } from './endpoint.ts';
import { type FoundNode, findNodes, liveSideOf } from './nodes.ts';
import { JOIN_WORD, type JoinAnswer, type PairWords } from './pair-words.ts';

/** A large guest that is not recorded has its log begun meanwhile. */
const PAIR_UP_MS = 10 * 60_000;
const LOOK_MS = 50;
/** A backup that has not begun to be made by then cannot be made. */
const ANSWERS_MS = 5000;
/** The registry has its time. */
const JOIN_MS = 20_000;
/** By then a host has been found, its process started and the guest copied. */
const PLACE_MS = 60_000;
/** By then the storage has answered who lives. */
const ALONE_MS = 20_000;

const STATUS = 'see: lockstep ft status';

/**
 * Has a guest that runs in no pair be the primary of one, which has its first backup, if `words` name one, right after
 * that. Gives its node. UserError when it is not to be; it runs on as it was then.
 */
export async function pairUp(guest: FoundNode, words: PairWords): Promise<FoundNode> {
  const line = `${JOIN_WORD} ${JSON.stringify(words)}`;
  const answer = (await tellNode(guest, line, PAIR_UP_MS)) as JoinAnswer | Refusal | undefined;
  if (answer !== undefined && 'error' in answer) throw fromPlain(answer.error);
  if (answer !== undefined && 'refused' in answer) {
    throw new UserError('not-paired', answer.refused, STATUS, ExitCode.lost);
  }
  const node = answer === undefined ? [] : await findNodes(answer.pair);
  const first = node.find(({ pid }) => pid === guest.pid);
  if (first !== undefined) return first;
  throw new UserError('not-paired', `the guest ${guest.pair} has ended`, STATUS, ExitCode.lost);
}

/**
 * Has a backup made at `backup` of the guest of a pair, which runs on this host without one; resolves when it has one,
 * with what it took. UserError when it is not to be.
 */
export async function protectPair(first: FoundNode, backup: Endpoint): Promise<CopyStatus> {
  const to = endpointText(backup);
  await order(first, `protect ${to}`, 'not-alone');
  return protectedAt(first, to);
}

/** As `protectPair`, at any place that the pair knows. */
export async function protectAgain(first: FoundNode): Promise<CopyStatus | undefined> {
  await order(first, 'protect', 'not-alone');
  return protectedAnywhere(first);
}

/**
 * Has the guest of a pair, which runs on this host, go on without a backup until one is wanted again. `pair` may be
 * left out when there is one only. Resolves with its name when the guest is alone. UserError when it is not to be, or
 * when it has gone over to its backup instead.
 */
export async function unprotectPair(pair: string | undefined): Promise<string> {
  const { name, first } = await liveSideOf(pair);
  await order(first, 'unprotect', 'not-unprotected');
  for (const from = performance.now(); performance.now() - from < ALONE_MS; await sleep(LOOK_MS)) {
    const { status } = ((await tellNode(first, 'status')) as FoundNode | undefined) ?? {};
    if (status?.state === 'alone' || status?.state === 'live') return name;
    if (status === undefined || status.state === 'halted' || status.state === 'off') {
      throw new UserError('not-unprotected', `the guest of ${name} lives here no more`, STATUS, ExitCode.lost);
    }
  }
  throw new UserError('not-unprotected', `the storage has not yet told who lives of ${name}`, STATUS, ExitCode.lost);
}

/**
 * Resolves when the guest that lives at `first` has the backup that is being made at `to`; UserError when it has none,
 * or another has become its backup meanwhile. `first`: as it was when that was ordered.
 */
export async function protectedAt(first: FoundNode, to: string): Promise<CopyStatus> {
  const from = performance.now();
  let why: string | undefined;
  let other: string | undefined;
  for (;;) {
    const report = (await tellNode(first, 'status')) as FoundNode | undefined;
    if (report === undefined) break;
    const { copy, status, fault, backup } = report;
    if (fault?.includes(to) === true) why = fault;
    if (status?.state === 'protected') {
      if (copy?.to === to && copy.pausedNs !== undefined) return copy;
      if (backup !== to && isNewer(status, first.status)) {
        other = backup;
        break;
      }
    } else if (status?.state !== 'copying' && performance.now() - from > ANSWERS_MS) break;
    await sleep(LOOK_MS);
  }
  const instead = other === undefined ? '' : `; its backup is at ${other} now`;
  const what = `${why ?? `no backup could be made at ${to}`}${instead}`;
  const remedy = `start one there: lockstep ft backup --name ${first.pair} --listen ${to}`;
  throw new UserError('not-protected', what, remedy, ExitCode.lost);
}

/** The backup that is there now is not the one of before. */
const isNewer = (now: PairStatus, before: PairStatus | undefined): boolean =>
  before?.state !== 'protected' || now.epoch > before.epoch;

/**
 * Has the guest of a pair, which runs on this host, be in the cluster of a registry from now on; resolves when it has a
 * backup, with what that took if it was copied. `registry`: as the node understands it. UserError when it is not to be.
 */
export async function joinCluster(first: FoundNode, registry: string): Promise<CopyStatus | undefined> {
  await order(first, `join ${registry}`, 'not-joined', JOIN_MS);
  return protectedAnywhere(first);
}

/** Resolves when the guest at `first` has a backup, with what that took if it was copied. UserError when not. */
export async function protectedAnywhere(first: FoundNode): Promise<CopyStatus | undefined> {
  const from = performance.now();
  while (performance.now() - from < PLACE_MS) {
    const report = (await tellNode(first, 'status')) as FoundNode | undefined;
    if (report === undefined) break;
    // What a copy took is known a moment after the backup has the guest.
    const isTold = report.copy === undefined || report.copy.pausedNs !== undefined;
    if (report.status?.state === 'protected' && isTold) return report.copy;
    await sleep(LOOK_MS);
  }
  const what = `${first.pair} has no backup yet`;
  const remedy = 'its node goes on looking for one, and says why nobody can take it: lockstep ft status';
  throw new UserError('not-protected', what, remedy, ExitCode.lost);
}

/** UserError of this code when the node does not do it; one that is gone is found out by who looks for it. */
async function order(node: FoundNode, words: string, code: string, withinMs?: number): Promise<void> {
  const { refused } = ((await tellNode(node, words, withinMs)) ?? {}) as Partial<Refusal>;
  if (refused !== undefined) throw new UserError(code, refused, STATUS, ExitCode.lost);
}
