/** The syntax of how far apart checkpoints are: a number of ticks, or `auto`. */

import type { CheckpointSpacing } from '../host/checkpoint-schedule.ts';
import { UserError } from '../lib/errors.ts';
import { parseTick } from './specs.ts';

export function parseSpacing(flag: string, text: string): CheckpointSpacing {
  if (text === 'auto') return 'auto';
  const ticks = parseTick(flag, text);
  if (ticks > 0n) return ticks;
  throw new UserError('bad-value', `${flag} ${text} is not understood`, 'give a number of ticks above 0, or auto');
}
