/**
 * What the operator says to a guest itself, wherever it runs: how it is said on a control socket, the input that it
 * is, and what is against it.
 *
 *     reset | suspend | resume | share PERCENT
 */

import type { Input } from '../../emu/machine/events.ts';
import type { Operator } from '../../emu/machine/operator.ts';
import { UserError } from '../../lib/errors.ts';
import type { Progress } from '../live/shared-state.ts';

/** Undefined: it is something else. UserError for a share that cannot be. */
export function guestWord(word: string, rest: string | undefined): Input | undefined {
  if (word === 'reset') return { kind: 'control', action: 'reset' };
  if (word === 'suspend' || word === 'resume') return { kind: word };
  if (word !== 'share') return undefined;
  const percent = Number(rest);
  if (Number.isInteger(percent) && percent >= 1 && percent <= 100) return { kind: 'share', percent };
  throw new UserError('bad-share', `a share of ${rest} %`, 'give 1 to 100');
}

/** Why this is not done to a guest that stands so; or nothing. */
export function objectionTo({ kind }: Input, { ticks, operator: { suspended } }: Progress): string | undefined {
  if (ticks === 0n) return 'the guest has not begun';
  if (kind === 'suspend' && suspended) return 'the guest is suspended already';
  return kind === 'resume' && !suspended ? 'the guest is not suspended' : undefined;
}

/** Whether that can be seen: a reset cannot. */
export function isSet(input: Input, { suspended, sharePercent }: Operator): boolean {
  if (input.kind === 'share') return sharePercent === input.percent;
  return input.kind === 'control' || suspended === (input.kind === 'suspend');
}
