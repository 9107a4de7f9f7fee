/** The name of a guest that `record` and `run` start, by which it is found on its host. */

import { Flags } from '@oclif/core';
import type { FoundBy } from '../host/record-options.ts';
import { UserError } from '../lib/errors.ts';

export const guestNameFlag = Flags.string({
  summary: "name by which lockstep ft finds the guest on this host [default: the recording's, or KERNEL-PROCESS]",
  helpValue: 'NAME',
});

/** Throws UserError. */
export function foundBy(name: string | undefined): FoundBy {
  if (name === '') throw new UserError('bad-value', '--name is empty', 'give the guest a name, or leave it out');
  return name === undefined ? {} : { name };
}
