/** Orders of the operator to a guest on this host, in a pair or in none: the asking side of guest-words.ts. */

import { ExitCode, UserError } from '../../lib/errors.ts';
import { tellNode } from './control-socket.ts';
import { namedGuest } from './nodes.ts';

/** By then it is done, or said why not. */
const ORDER_MS = 30_000;

/**
 * Has it done to the guest of that name, which may be left out when there is one only. Gives its name when that is so,
 * and its backup, if there is one, knows. UserError when it is not, with what is against it.
 */
export async function orderGuest(name: string | undefined, order: string): Promise<string> {
  const { pair, path, command, pid, status } = await namedGuest(name);
  const answer = (await tellNode({ pair, path, command, pid }, order, ORDER_MS)) as { refused?: string } | undefined;
  if (answer === undefined) {
    throw new UserError('not-done', `the guest ${pair} has ended`, 'see: lockstep ft status', ExitCode.lost);
  }
  if (answer.refused === undefined) return pair;
  const isBackup = status === undefined ? command === 'backup' : status.role === 'backup' && status.state !== 'live';
  throw new UserError('not-done', answer.refused, isBackup ? 'give the order there' : 'see: lockstep ft status');
}
