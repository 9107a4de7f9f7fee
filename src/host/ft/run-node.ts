/** `ft primary` and `ft backup`: one side of a pair in this process, from its options to its end. */

import { METHOD_DEFAULTS } from '../../ft/guest/method.ts';
import type { PairStatus } from '../../ft/protocol/status.ts';
import { Member } from '../cluster/member.ts';
import type { DriveOptions } from '../guest-options.ts';
import { planGuest, readImages } from '../guest-plan.ts';
import { readMark, refuseUnfit, writeMark } from '../mirror/image-mark.ts';
import { OwnImage } from '../mirror/own-image.ts';
import { arbiterOf } from './arbiters/arbiter-of.ts';
import { BackupNode } from './backup-node.ts';
import { beginEpoch } from './begin-epoch.ts';
import { type Endpoint, requireKey } from './endpoint.ts';
import { type BackupOptions, type NodeUi, type PairOutcome, type PrimaryOptions, settingsOf } from './pair-options.ts';
import { requireOver } from './pair-over.ts';
import { PowerOnNode } from './power-on-node.ts';
import { requireCommon } from './surroundings.ts';

/**
 * Runs until the guest is off, the other side goes on alone, or the operator ends it. After a planned switch it ends,
 * or waits as a backup, if it is to stay.
 */
export async function runPrimary(options: PrimaryOptions, ui: NodeUi): Promise<PairOutcome> {
  const { backup, spares = [] } = options;
  for (const endpoint of [...(backup === undefined ? [] : [backup]), ...spares]) requireKey(endpoint, options.key);
  requireCommon(options.guest.drives, options.method ?? METHOD_DEFAULTS);
  const arbiter = arbiterOf(options.arbiter, process.cwd(), options.key);
  const member = await Member.of(options, (text) => ui.notice(text));
  let outcome: PairOutcome;
  try {
    const first = settingsOf(options, 1);
    const own = ownImagesOf(options.guest.drives);
    // What is wrong with them is found before the epoch is taken.
    const images = readImages(options.guest);
    const epoch = await beginEpoch(arbiter, first, ui, async (holding) => {
      const { pair } = first;
      await refuseUnfitImages(own, pair, holding.kind === 'held' ? holding.epoch : undefined);
      await requireOver({ pair, holding, reported: await member?.reported(), again: options.again === true });
    });
    const settings = { ...first, epoch };
    for (const image of own) await writeMark(image, { pair: first.pair, epoch, who: first.who, state: 'live' });
    const plan = await planGuest(options.guest, { pair: settings.pair, epoch, key: options.key }, images);
    for (const spare of spares) member?.places?.prefer(spare);
    const told = reporting(ui, (status) => member?.report(status, options.guest.memoryBytes));
    outcome = await new PowerOnNode(options, settings, plan, arbiter, told, member).run();
  } finally {
    await member?.close();
  }
  const { stay: listen, guest: _, spares: __, backup: ___, ...same } = options;
  if (outcome.handedOver === undefined || listen === undefined || ui.stop?.aborted === true) return outcome;
  const { engine, drives } = options.guest;
  const given = ownImagesOf(drives).length === 0 ? { engine } : { engine, drives };
  const cluster = member === undefined ? {} : { cluster: member.cluster };
  return runBackup({ ...same, ...cluster, listen, given, stay: true }, ui);
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
      const node = new BackupNode(words, settingsOf(options, 0), arbiter, told, member);
      const outcome = await node.run();
      if (ui.stop?.aborted === true) return outcome;
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
export function reporting(ui: NodeUi, report: (status: PairStatus) => void): NodeUi {
  return {
    ...ui,
    changed: (status) => {
      ui.changed?.(status);
      report(status);
    },
  };
}

/** Files of the drives of which each side has an image of its own. */
export const ownImagesOf = (drives: readonly DriveOptions[]): string[] =>
  drives.flatMap(({ path, mode }) => (mode === 'own' && typeof path === 'string' ? [path] : []));

/** UserError when one is not there or not fit to begin with. */
async function refuseUnfitImages(images: readonly string[], pair: string, held: number | undefined): Promise<void> {
  for (const image of images) {
    await (await OwnImage.open(image)).close();
    refuseUnfit(image, await readMark(image), pair, held);
  }
}
