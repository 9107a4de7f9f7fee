/**
 * Judges a world that has come to rest: all faults are over, and there was time. Whoever can serve must, one and no
 * more; clients have their answers; the joined log and the disk agree with what was seen.
 */

import type { FaultKind } from '../faults/fault.ts';
import type { Node } from '../node/node.ts';
import type { WorldOptions } from '../world/options.ts';
import type { World } from '../world/world.ts';
import { compareDisk } from './disk-image.ts';
import { contradiction } from './history.ts';
import { compareReleased, type Run, replayJoined } from './joined-log.ts';

/** Of an answer beside detection, claim and repeated questions: what everything else may take, microseconds. */
const GAP_SLACK_US = 60_000;

/** One world in so many has its log read as a file is read. */
const FILE_SHARE = 8;

export function judgeEnd(world: World): void {
  const { monitor, clients, nodes } = world;
  const unrest = world.cluster?.unrest;
  if (unrest !== undefined) monitor.fail(...unrest);
  const { seed, server } = world.options;
  const wrong = contradiction(clients.flatMap(({ history }) => history));
  if (wrong !== undefined) monitor.fail('I4', wrong);
  // Without the first events at the backup nothing has left and there is nothing to take over.
  if (!monitor.hasBegun || !(monitor.hasHeir || monitor.epoch > 1)) {
    world.did('never began');
    return;
  }
  const how = { asFile: seed % FILE_SHARE === 0, racesFree: world.hooks.racesFree === true };
  const run = replayJoined(monitor.historian, server, monitor, how);
  if (run === undefined) return;
  const off = run.machine.halt !== undefined;
  const serving = nodes.filter(({ standing }) => standing === 'protected' || standing === 'alone');
  const ended = off || monitor.isOff;
  if (!ended) judgeLiveness(world, serving);
  const rested = serving.length === 1 ? serving[0] : undefined;
  const complete = rested?.standing === 'protected' ? 'protected' : 'alone';
  const duplicates = compareReleased(run, monitor, rested !== undefined && !off ? complete : undefined);
  if (duplicates > 0) world.did('output left twice');
  if (rested !== undefined) compareDisk(run, rested.images?.image.bytes ?? world.storage.image, monitor);
  if (rested !== undefined && complete === 'protected') judgeFollower(world, rested, run);
  judgeGap(world);
  if (!ended) judgeFalseAlarm(world);
  if (!ended && rested !== undefined) judgeProtection(world, rested);
}

/** The image of a backup holds what its guest has asked, as far as the replay has come. */
function judgeFollower(world: World, serving: Node, run: Run): void {
  const { images, standing } = world.nodes.find((node) => node !== serving)!;
  if (images === undefined || standing !== 'following' || !images.isWhole) return;
  world.did("a backup's image is compared");
  compareDisk(run, images.image.bytes, world.monitor, (request) => images.follower.isDone(request));
}

function judgeLiveness(world: World, serving: readonly Node[]): void {
  const { monitor, nodes } = world;
  if (serving.length > 1) monitor.fail('I3', 'both nodes serve');
  const heirs = nodes.filter((node) => node.alive && monitor.candidates.includes(node.who));
  // A backup that was far behind, because its processor is too slow, may still be at it.
  const drains = isBehind(world) && heirs.some(({ state }) => state === 'draining');
  if (serving.length === 0 && heirs.length > 0 && !drains) {
    const states = nodes.map(({ who, alive, state }) => `${who} ${alive ? state : 'dead'}`).join(', ');
    monitor.fail('I11', `nobody serves: ${states}; epoch ${monitor.epoch} is ${monitor.holder}'s`);
  }
  if (serving.length !== 1) return;
  world.did('somebody serves at the end');
  // What is slowed down for the image of its backup may be so for long.
  const slowImage = isBehind(world) && world.counters.has('an image is behind its guest');
  if (isOverloaded(world.options) || slowImage) return;
  for (const { waitingFor } of world.clients)
    if (waitingFor !== undefined)
      monitor.fail('I16', `no answer to question ${waitingFor.request.number} of client ${waitingFor.request.client}`);
}

/** Faults that are no reason to take over, unless they last. */
const HARMLESS: ReadonlySet<FaultKind> = new Set([
  'reset',
  'freeze',
  'restart',
  'disk errors',
  'slow disk',
  'full',
  'drift',
  'late claims',
  'lost claim replies',
]);
const BRIEF: ReadonlySet<FaultKind> = new Set(['stop', 'stall', 'leap']);

/** Nobody is given up who is there all the time. */
function judgeFalseAlarm(world: World): void {
  const { settings } = world.options;
  const harmless = world.faults.struck.every(
    ({ kind, us }) => HARMLESS.has(kind) || (BRIEF.has(kind) && us < settings.detectMs * 400),
  );
  const once = world.faults.struck.filter(({ kind }) => !HARMLESS.has(kind) || kind === 'reset').length <= 1;
  const ordered = [
    'a switch is ordered',
    'a backup is let go',
    'a backup is to leave',
    'a host of the cluster is lost',
  ];
  if (harmless && once && !ordered.some((what) => world.counters.has(what)) && world.monitor.epoch > 1)
    world.monitor.fail('E4', `${world.monitor.holder} took over from a node that was well`);
}

/** Steps that the backup may be behind: some progress intervals and slices. */
const BEHIND_TICKS = 900_000n;

/** Left in peace there is a backup again, where new ones are made; and one that is fast enough is just behind. */
function judgeProtection(world: World, serving: Node): void {
  const { monitor, nodes, options } = world;
  const backup = nodes.find((node) => node !== serving)!;
  if (serving.standing !== 'protected') {
    const mayHaveBackup = world.cluster?.hasRoomFor([serving]) ?? options.clones;
    if (mayHaveBackup && !isBehind(world))
      monitor.fail('I10', `${serving.who} has no backup: ${serving.standing}, ${backup.who} ${backup.standing}`);
    return;
  }
  if (monitor.epoch > 1) world.did('in lockstep again');
  if (isCatchingUp(world, serving, backup))
    monitor.fail('I9', `the backup is ${stepsBehind(serving, backup)} steps behind`);
}

/** A backup that is fast enough has yet to come near its primary. */
export function isCatchingUp(world: World, serving: Node, backup: Node): boolean {
  return !isBehind(world) && stepsBehind(serving, backup) > BEHIND_TICKS;
}

const stepsBehind = (serving: Node, backup: Node): bigint =>
  (serving.machine?.tick ?? 0n) - (backup.machine?.tick ?? 0n);

/** The backup is too slow for the guest, or the primary was slowed down because it was behind. */
const isBehind = ({ options, counters }: World): boolean => isOverloaded(options) || counters.has('share cut');

/** The guest asks for more than a host gives, or nearly: nobody can say when it gets to a question. */
function isOverloaded({ server, ticksPerUs, backupSpeed }: WorldOptions): boolean {
  const periodUs = server.period / 10;
  return server.burden > 0.5 * backupSpeed * periodUs * ticksPerUs;
}

/** With nothing but the end of one node, nobody waits longer than detection, claim and catching up take. */
function judgeGap(world: World): void {
  const [fault, second] = world.faults.struck;
  if (
    isOverloaded(world.options) ||
    world.counters.has('a host of the cluster is lost') ||
    fault === undefined ||
    second !== undefined ||
    (fault.kind !== 'kill' && fault.kind !== 'crash')
  )
    return;
  const { settings, retryUs, claimTimeoutUs, server, diskUs, clones, switches } = world.options;
  const detection = settings.detectMs * 1.1 * 1000;
  const work = (server.burden + server.effort * 10) / world.options.ticksPerUs;
  const bound =
    detection + claimTimeoutUs + 3 * retryUs + 40 * diskUs + 4 * work + (clones || switches > 0 ? 2 : 1) * GAP_SLACK_US;
  for (const { history } of world.clients) {
    for (const { completed, invoked } of history) {
      if (completed !== undefined && completed - invoked > bound)
        world.monitor.fail(
          'I16',
          `an answer took ${Math.round((completed - invoked) / 1000)} ms of ${Math.round(bound / 1000)}`,
        );
    }
  }
}
