/** The flag that says how often state is digested, and what it means. */

import { Flags } from '@oclif/core';
import { DIGEST_TICKS } from '../host/recording-header.ts';
import { UserError } from '../lib/errors.ts';
import type { LogHeader } from '../logformat/header.ts';
import { parseTick } from './specs.ts';

export const digestEveryFlag = Flags.string({
  summary: 'steps between digests of all state; small ones come 16 times as often [default: 1073741824]',
  helpValue: 'TICKS',
});

/** `every`: the flag as given. Throws UserError. */
export function digestTicksOf(every: string | undefined): LogHeader['digestTicks'] {
  const all = every === undefined ? DIGEST_TICKS.all : parseTick('--digest-every', every);
  if (all < 1n) {
    const remedy = `give 1 or more; left out, it is ${DIGEST_TICKS.all}`;
    throw new UserError('bad-flag', `--digest-every ${every}: digests are that many steps apart`, remedy);
  }
  return { all, small: all % 16n === 0n ? all / 16n : all };
}
