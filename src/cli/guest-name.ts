/** Names of guests and pairs, by which they are found on their host. */

import { Flags } from '@oclif/core';
import type { FoundBy } from '../host/record-options.ts';
import { UserError } from '../lib/errors.ts';

export const guestNameFlag = Flags.string({
  summary: "name by which lockstep ft finds the guest on this host [default: the recording's, or KERNEL-PROCESS]",
  helpValue: 'NAME',
});

/** Throws UserError. */
export function foundBy(name: string | undefined): FoundBy {
  return name === undefined ? {} : { name: requireName('--name', name) };
}

/** The name that `flag` gives. UserError for one that would be no folder's: what is known of a guest is in one. */
export function requireName(flag: string, name: string): string {
  if (name !== '' && name !== '.' && name !== '..') return name;
  const what = name === '' ? `${flag} is empty` : `${flag} ${name} is no name`;
  throw new UserError('bad-value', what, 'give a name such as web');
}
