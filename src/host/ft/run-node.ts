/** `ft primary` and `ft backup`: one side of a pair in this process, from its options to its end. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Arbiter } from '../../ft/arbiter.ts';
import type { PairStatus } from '../../ft/protocol/status.ts';
import { UserError } from '../../lib/errors.ts';
import { Member } from '../cluster/member.ts';
import { planGuest } from '../guest-plan.ts';
import { arbiterOf } from './arbiters/arbiter-of.ts';
import { BackupNode } from './backup-node.ts';
import { type Endpoint, requireKey } from './endpoint.ts';
import { type BackupOptions, type NodeUi, type PairOutcome, type PrimaryOptions, settingsOf } from './pair-options.ts';
import { PrimaryNode } from './primary-node.ts';
import { requireShared } from './surroundings.ts';

/**
 * Runs until the guest is off, the other side goes on alone, or the operator ends it. After a planned switch it ends,
 * or waits as a backup, if it is to stay.
 */
export async function runPrimary(options: PrimaryOptions, ui: NodeUi): Promise<PairOutcome> {
  const { backup, spares = [] } = options;
  for (const endpoint of [...(backup === undefined ? [] : [backup]), ...spares]) requireKey(endpoint, options.key);
  requireShared(options.guest.drives);
  const arbiter = arbiterOf(options.arbiter, process.cwd(), options.key);
  const member = await Member.of(options, (text) => ui.notice(text));
  let outcome: PairOutcome;
  try {
    const first = settingsOf(options, 1);
    const epoch = await beginEpoch(arbiter, first.pair, first.who, first.claimRetryMs, ui);
    const settings = { ...first, epoch };
    const plan = await planGuest(options.guest, { pair: settings.pair, epoch });
    for (const spare of spares) member?.places.prefer(spare);
    const told = reporting(ui, (status) => member?.report(status, options.guest.memoryBytes));
    outcome = await new PrimaryNode(options, settings, plan, arbiter, told, member?.places).run();
  } finally {
    await member?.close();
  }
  const { stay: listen, guest: _, spares: __, backup: ___, ...same } = options;
  if (outcome.handedOver === undefined || listen === undefined) return outcome;
  return runBackup({ ...same, listen, given: { engine: options.guest.engine }, stay: true }, ui);
}

/** The end of a node that never had a guest. */
const FORGOTTEN = 'pair-forgotten';
/** The end of a backup that the pair has gone on without. */
const NO_MORE = 'pair-lost';

/** Runs until the guest is off, the other side goes on alone, or the operator ends it. */
export async function runBackup(options: BackupOptions, ui: NodeUi): Promise<PairOutcome> {
  requireKey(options.listen, options.key);
  let { listen } = options;
  let { output } = options;
  let told = false;
  const listening = (endpoint: Endpoint): void => {
    listen = endpoint;
    if (!told) ui.listening?.(endpoint);
    told = true;
  };
  const member = await Member.of(options, (text) => ui.notice(text));
  try {
    for (;;) {
      const arbiter = arbiterOf(options.arbiter, process.cwd(), options.key);
      const told = reporting({ ...ui, listening }, (status) => member?.report(status, node.memoryBytes));
      const { output: _, ...same } = options;
      const words = { ...same, listen, ...(output === undefined ? {} : { output }) };
      const node = new BackupNode(words, settingsOf(options, 0), arbiter, told, member?.places);
      const outcome = await node.run();
      const { code } = outcome.error ?? {};
      if (options.stay === true && (outcome.handedOver !== undefined || code === NO_MORE)) {
        // The recording of the guest that was here stays as it is.
        output = undefined;
        ui.notice('waiting for a primary');
      } else if (code !== FORGOTTEN || options.patienceMs !== undefined) return outcome;
      else ui.notice(`${outcome.error?.what}: waiting for a primary`);
    }
  } finally {
    await member?.close();
  }
}

/** Every change of the node goes there too. */
function reporting(ui: NodeUi, report: (status: PairStatus) => void): NodeUi {
  return {
    ...ui,
    changed: (status) => {
      ui.changed?.(status);
      report(status);
    },
  };
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
