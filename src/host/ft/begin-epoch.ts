/** How a pair's guest comes to be in an epoch at its first side: by the arbiter's word, as for every later one. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Arbiter, Holding } from '../../ft/arbiter.ts';
import type { PairSettings } from '../../ft/protocol/settings.ts';
import { UserError } from '../../lib/errors.ts';
import type { NodeUi } from './pair-options.ts';

/**
 * The pair's next epoch, claimed for this node: everything before is over, which `check` has to see to. It is told what
 * the arbiter has, and may throw, before anything is claimed. Waits for the storage as long as it takes.
 */
export async function beginEpoch(
  arbiter: Arbiter,
  { pair, who, claimRetryMs }: PairSettings,
  ui: Pick<NodeUi, 'notice' | 'stop'>,
  check: (holding: Exclude<Holding, { readonly kind: 'unknown' }>) => Promise<void>,
): Promise<number> {
  let told = false;
  for (;;) {
    if (ui.stop?.aborted === true) throw new UserError('stopped', 'stopped while waiting for the storage', '');
    const holding = await arbiter.read(pair);
    const epoch = holding.kind === 'held' ? holding.epoch + 1 : 1;
    // A claim whose answer was lost.
    if (holding.kind === 'held' && holding.holder === who) return holding.epoch;
    if (holding.kind !== 'unknown') await check(holding);
    const result = holding.kind === 'unknown' ? holding : await arbiter.claim(pair, epoch, who);
    if (result.kind === 'won') return epoch;
    if (result.kind === 'lost') continue;
    if (!told) ui.notice(`the storage cannot be reached (${result.reason}): waiting for it`);
    told = true;
    await sleep(claimRetryMs);
  }
}
