/** Planned moves of a pair's sides, as the operator orders them at the host where the guest lives. */

import { ExitCode, UserError } from '../../lib/errors.ts';
import { tellNode } from './control-socket.ts';
import type { CopyStatus } from './copy-course.ts';
import { type Endpoint, endpointText } from './endpoint.ts';
import type { SwitchAnswer } from './handover.ts';
import { type FoundNode, liveSideOf } from './nodes.ts';
import type { MoveAnswer } from './operator-orders.ts';
import { protectedAt } from './protection.ts';

/** A guest that is handed over; `stoodStillMs` undefined: the new side has not told. */
export interface Moved {
  readonly pair: string;
  readonly to: string;
  readonly stoodStillMs?: number;
}

/** By then a switch is done, or has been called off. */
const SWITCH_MS = 60_000;

/**
 * Has the guest of a pair live where its backup is, by a planned switch. `pair` may be left out when there is one only.
 * UserError when this host has no such pair, when it has the backup alone, or when there is nobody to switch to.
 */
export async function switchPair(pair: string | undefined): Promise<Moved> {
  const { name, first } = await liveSideOf(pair);
  return switchSide(name, first);
}

/** As `switchPair`, of a guest that lives on the host of that name. Why not; or nothing. */
export async function handOver(pair: string, host: string): Promise<string | undefined> {
  try {
    const { name, first } = await liveSideOf(pair);
    if (first.host !== host) return `the side of ${name} that is seen here is on ${first.host}`;
    await switchSide(name, first);
    return undefined;
  } catch (error) {
    if (error instanceof UserError) return error.what;
    throw error;
  }
}

async function switchSide(name: string, first: FoundNode): Promise<Moved> {
  const answer = (await tellNode(first, 'switch', SWITCH_MS)) as SwitchAnswer | undefined;
  if (answer === undefined) {
    throw new UserError('not-switched', `the side of ${name} on this host is gone`, STATUS, ExitCode.lost);
  }
  if ('refused' in answer) throw refusal(name, first, answer.refused);
  const { to, stoodStillMs } = answer;
  return { pair: name, to, ...(stoodStillMs === undefined ? {} : { stoodStillMs }) };
}

/**
 * Has the backup of a pair's guest made anew at `to`, or where its cluster has a place, and the present one let go
 * first: the guest is unprotected for as long as the result says. UserError when nobody waits there, and for what is
 * against it; the backup stays then.
 */
export async function moveBackup(pair: string | undefined, to?: Endpoint): Promise<CopyStatus> {
  const { name, first } = await liveSideOf(pair);
  const words = to === undefined ? 'move' : `move ${endpointText(to)}`;
  const answer = (await tellNode(first, words, SWITCH_MS)) as MoveAnswer | undefined;
  if (answer === undefined) {
    throw new UserError('not-moved', `the side of ${name} on this host is gone`, STATUS, ExitCode.lost);
  }
  if ('to' in answer) return protectedAt(first, answer.to);
  const what = `the backup of ${name} is not moved: ${answer.refused}`;
  const anywhere = 'name a place where one waits: --to tcp:HOST:PORT';
  const remedy = to === undefined ? anywhere : `start one there: lockstep ft backup --listen ${endpointText(to)}`;
  throw new UserError('not-moved', what, remedy, ExitCode.lost);
}

const STATUS = 'see: lockstep ft status';

/** What is in the way, and what can be done about it. */
function refusal(name: string, { status }: FoundNode, why: string): UserError {
  const remedies: { readonly [state: string]: string } = {
    alone: 'give it a backup first: lockstep ft protect',
    copying: 'wait until its backup has been made',
    protected: 'try again when the backup has caught up: lockstep ft status tells',
    following: `order it where the guest lives, which is ${status?.peer?.who ?? 'elsewhere'}`,
    waiting: 'order it where the guest lives',
  };
  const what = `the guest of ${name} is not moved: ${why}`;
  return new UserError('not-switched', what, remedies[status?.state ?? 'waiting'] ?? STATUS, ExitCode.lost);
}
