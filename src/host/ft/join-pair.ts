/**
 * A guest that runs in no pair comes to be the primary of one. All that can be against it is looked for first, and
 * the epoch is claimed; then its drives, devices and thread are a node's (joined-node.ts), and there is no way back.
 */

import type { Arbiter } from '../../ft/arbiter.ts';
import { METHOD_DEFAULTS } from '../../ft/guest/method.ts';
import type { PairSettings } from '../../ft/protocol/settings.ts';
import { ExitCode, UserError } from '../../lib/errors.ts';
import { Member } from '../cluster/member.ts';
import type { DriveOptions } from '../guest-options.ts';
import type { RunningGuest } from '../live/live-guest.ts';
import { LogFileSink } from '../log-file-sink.ts';
import { writeMark } from '../mirror/image-mark.ts';
import { packageVersion } from '../package-files.ts';
import { newRecordingPaths } from '../recordings.ts';
import { arbiterOf } from './arbiters/arbiter-of.ts';
import { beginEpoch } from './begin-epoch.ts';
import { ControlSocket } from './control-socket.ts';
import { endpointText, parseEndpoint, requireKey } from './endpoint.ts';
import { JoinedNode, type JoiningLog } from './joined-node.ts';
import { readKey } from './key.ts';
import { type PairOutcome, type PrimaryOptions, settingsOf } from './pair-options.ts';
import { requireOver } from './pair-over.ts';
import type { PairWords } from './pair-words.ts';
import { ownImagesOf, reporting } from './run-node.ts';
import { requireCommon } from './surroundings.ts';
import { listenerFault } from './transport.ts';
import type { GuestName, UnpairedGuest } from './unpaired-guest.ts';

/** Has the guest served from now on. UserError when it is ending. */
export type HandOver = (serve: (running: RunningGuest) => Promise<PairOutcome>) => void;

/** What is the node's when it has begun, and is let go when it does not come to that. */
interface Prepared {
  readonly settings: PairSettings;
  readonly arbiter: Arbiter;
  readonly member: Member | undefined;
  readonly log: JoiningLog;
}

/**
 * Resolves with the pair's name when the guest is its primary, without a backup as yet. UserError for what is against
 * it; the guest goes on as it was then.
 */
export async function joinPair(
  words: PairWords,
  called: GuestName,
  guest: UnpairedGuest,
  handOver: HandOver,
): Promise<string> {
  const options = optionsOf(words, called, guest);
  const { ui, plan, ports } = guest;
  const isChosen = called.isGiven || words.name !== undefined;
  const first = { ...settingsOf(options, 1), who: called.who };
  const { settings, arbiter, member, log } = await prepare(options, first, guest, isChosen);
  const joined = Promise.withResolvers<boolean>();
  try {
    handOver((running) => {
      const told = reporting(ui, (status) => member?.report(status, options.guest.memoryBytes));
      const node = new JoinedNode(
        options,
        settings,
        { running, ports, drives: plan.drives, log },
        arbiter,
        told,
        member,
      );
      void node.joined.then(joined.resolve);
      return node.run().finally(() => member?.close());
    });
  } catch (error) {
    await letGo({ settings, arbiter, member, log });
    throw error;
  }
  if (log.isNew === true) ui.notice(`the guest is recorded from here on, to ${log.sink.path}`);
  for (const image of ownImagesOf(options.guest.drives)) {
    ui.notice(`the drive ${image} is this side's own; a backup has another, kept equal (mode=own)`);
  }
  if (await joined.promise) return settings.pair;
  throw new UserError('not-paired', 'the guest has ended', 'see: lockstep ft status', ExitCode.lost);
}

function optionsOf(words: PairWords, called: GuestName, { options: guest, plan }: UnpairedGuest): PrimaryOptions {
  const { name = called.name, arbiter, tuning, registry } = words;
  const drives = guest.drives.map(inPair);
  requireCommon(drives, METHOD_DEFAULTS);
  const key = words.key === undefined ? {} : { key: readKey(words.key) };
  const backup = words.backup === undefined ? {} : { backup: parseEndpoint('--backup', words.backup) };
  if (backup.backup !== undefined) requireKey(backup.backup, key.key);
  const cluster = { version: packageVersion(), ...(registry === undefined ? {} : { registry }) };
  const { bootArgs: append, memoryBytes, harts, clock } = plan.config;
  const options = { ...guest, drives, append, memoryBytes, harts, clock };
  return { name, arbiter, tuning, cluster, ...key, ...backup, guest: options };
}

/** A file that the guest writes to is this host's: each side of the pair has one. */
function inPair(drive: DriveOptions): DriveOptions {
  return drive.mode === 'write' && typeof drive.path === 'string' ? { ...drive, mode: 'own' } : drive;
}

/** `first`: in any epoch. `isChosen`: the operator has given the pair its name. */
async function prepare(
  options: PrimaryOptions,
  first: PairSettings,
  guest: UnpairedGuest,
  isChosen: boolean,
): Promise<Prepared> {
  const { ui, plan, file } = guest;
  const { backup, key } = options;
  const { pair, who } = first;
  const fault = backup === undefined ? undefined : await listenerFault(backup, key, first.detectMs);
  if (backup !== undefined && fault !== undefined) {
    const place = endpointText(backup);
    const what = `no backup waits at ${place}: ${fault}`;
    const remedy = `start one there, with the same --key: lockstep ft backup --listen ${place}`;
    throw new UserError('not-protected', what, remedy, ExitCode.lost);
  }
  const arbiter = arbiterOf(options.arbiter, process.cwd(), key);
  let prepared: Partial<Prepared> & Pick<Prepared, 'arbiter'> = { arbiter };
  try {
    const member = await Member.of(options, (text) => ui.notice(text));
    prepared = { arbiter, ...(member === undefined ? {} : { member }) };
    await requireArbiter(arbiter, pair);
    // Where the node will be spoken to, which could not go on without.
    (await ControlSocket.listen(pair, 'primary', () => undefined)).close();
    const epoch = await beginEpoch(arbiter, first, ui, async (holding) => {
      if (holding.kind === 'held' && !isChosen) throw knownPair(pair, holding.epoch);
      await requireOver({ pair, holding, reported: await member?.reported(), again: true });
    });
    for (const drive of plan.drives) await drive.join({ pair, epoch });
    for (const image of ownImagesOf(options.guest.drives)) await writeMark(image, { pair, epoch, who, state: 'live' });
    const paths = newRecordingPaths(guest.options.kernel ?? guest.options.bios ?? 'guest');
    const log: JoiningLog = file ?? { sink: LogFileSink.createFirst(paths), isNew: true };
    return { settings: { ...first, epoch }, arbiter, member, log };
  } catch (error) {
    await letGo(prepared);
    throw error;
  }
}

async function letGo({ arbiter, member, log }: Partial<Prepared>): Promise<void> {
  if (log?.isNew === true) log.sink.close();
  await member?.close();
  await arbiter?.close();
}

async function requireArbiter(arbiter: Arbiter, pair: string): Promise<void> {
  const holding = await arbiter.read(pair);
  if (holding.kind !== 'unknown') return;
  const what = `the arbiter cannot be reached (${holding.reason})`;
  throw new UserError('no-arbiter', what, 'see that it runs, and try again', ExitCode.lost);
}

/** Its guest may be another one, which lives elsewhere. */
function knownPair(pair: string, epoch: number): UserError {
  const what = `the arbiter knows a pair ${pair} already, in epoch ${epoch}`;
  const remedy = `give the pair a name with --as NAME; --as ${pair}, when that pair is over`;
  return new UserError('pair-exists', what, remedy);
}
