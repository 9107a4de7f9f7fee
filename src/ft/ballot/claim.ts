/** Claims of epochs (src/ft/arbiter.ts) as changes of a pair's register, which only goes up and keeps each winner. */

import type { ClaimResult } from '../arbiter.ts';
import type { Held } from './acceptor.ts';
import type { Change } from './proposal.ts';

export function claimOf(epoch: number, who: string): Change {
  return (held) => (held !== undefined && held.epoch >= epoch ? held : { epoch, holder: who });
}

export const readOnly: Change = (held) => held;

/** What it means for `who` that the register holds this after its claim. */
export function verdictOf(held: Held, epoch: number, who: string): ClaimResult {
  return held.epoch === epoch && held.holder === who ? { kind: 'won' } : { kind: 'lost', holder: held.holder };
}
