/** `ft primary` and `ft backup`: one side of a pair in this process, from its options to its end. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Arbiter } from '../../ft/arbiter.ts';
import { UserError } from '../../lib/errors.ts';
import { planGuest } from '../guest-plan.ts';
import { arbiterOf } from './arbiters/arbiter-of.ts';
import { BackupNode } from './backup-node.ts';
import { type Endpoint, requireKey } from './endpoint.ts';
import { type BackupOptions, type NodeUi, type PairOutcome, type PrimaryOptions, settingsOf } from './pair-options.ts';
import { PrimaryNode } from './primary-node.ts';
import { requireShared } from './surroundings.ts';

/** Runs until the guest is off, the other side goes on alone, or the operator ends it. */
export async function runPrimary(options: PrimaryOptions, ui: NodeUi): Promise<PairOutcome> {
  const { backup, spares = [] } = options;
  for (const endpoint of [...(backup === undefined ? [] : [backup]), ...spares]) requireKey(endpoint, options.key);
  requireShared(options.guest.drives);
  const arbiter = arbiterOf(options.arbiter);
  const first = settingsOf(options, 1);
  const epoch = await beginEpoch(arbiter, first.pair, first.who, first.claimRetryMs, ui);
  const settings = { ...first, epoch };
  const plan = await planGuest(options.guest, { pair: settings.pair, epoch });
  return new PrimaryNode(options, settings, plan, arbiter, ui).run();
}

/** The end of a node that never had a guest. */
const FORGOTTEN = 'pair-forgotten';

/** Runs until the guest is off, the other side goes on alone, or the operator ends it. */
export async function runBackup(options: BackupOptions, ui: NodeUi): Promise<PairOutcome> {
  requireKey(options.listen, options.key);
  let { listen } = options;
  let told = false;
  const listening = (endpoint: Endpoint): void => {
    listen = endpoint;
    if (!told) ui.listening?.(endpoint);
    told = true;
  };
  for (;;) {
    const arbiter = arbiterOf(options.arbiter);
    const node = new BackupNode({ ...options, listen }, settingsOf(options, 0), arbiter, { ...ui, listening });
    const outcome = await node.run();
    if (outcome.error?.code !== FORGOTTEN) return outcome;
    ui.notice(`${outcome.error.what}: waiting for a primary`);
  }
}

/** The pair's next epoch, claimed for `who`: everything before is over. Waits for the storage as long as it takes. */
async function beginEpoch(
  arbiter: Arbiter,
  pair: string,
  who: string,
  retryMs: number,
  ui: Pick<NodeUi, 'notice' | 'stop'>,
): Promise<number> {
  let told = false;
  for (;;) {
    if (ui.stop?.aborted === true) throw new UserError('stopped', 'stopped while waiting for the storage', '');
    const holding = await arbiter.read(pair);
    const epoch = holding.kind === 'held' ? holding.epoch + 1 : 1;
    const result = holding.kind === 'unknown' ? holding : await arbiter.claim(pair, epoch, who);
    if (result.kind === 'won') return epoch;
    if (result.kind === 'lost') continue;
    if (!told) ui.notice(`the storage cannot be reached (${result.reason}): waiting for it`);
    told = true;
    await sleep(retryMs);
  }
}
