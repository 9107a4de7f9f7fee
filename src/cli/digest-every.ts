/** The flag that says how often state is digested, and what it means. */

import { Flags } from '@oclif/core';
import { DIGEST_TICKS } from '../host/recording-header.ts';
import type { LogHeader } from '../logformat/header.ts';
import { parseTick } from './specs.ts';

export const digestEveryFlag = Flags.string({
  summary: 'steps between digests of all state; small ones come 16 times as often [default: 1073741824]',
  helpValue: 'TICKS',
});

/** `every`: the flag as given. Throws UserError. */
export function digestTicksOf(every: string | undefined): LogHeader['digestTicks'] {
  const all = every === undefined ? DIGEST_TICKS.all : parseTick('--digest-every', every);
  return { all, small: all % 16n === 0n ? all / 16n : all };
}
