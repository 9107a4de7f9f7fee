/**
 * One round: a fresh pair, a load, one fault at a moment of the seed's choice, and the judgement of what clients saw
 * and of how both sides ended.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { PairStatus } from '../../../src/ft/protocol/status.ts';
import { claimFaults, imageDigest, readAgain, replayFaults } from './evidence.ts';
import { gapAfter, gapBefore } from './gaps.ts';
import { type History, joined, nowMs } from './history.ts';
import type { LabHosts } from './hosts.ts';
import { LoadProcess } from './load-process.ts';
import { LabPair, type Role } from './pair.ts';
import { Random } from './random.ts';
import { FAULTS, type Fault, PARTED, type Stage, type Victim } from './victims.ts';
import { WORK, type WorkName } from './works.ts';

export interface RoundPlan {
  readonly name: string;
  readonly seed: number;
  readonly work: WorkName;
  readonly victim: Victim;
  readonly key: string;
  readonly detectMs: number;
  readonly delayMs: number;
  /** The fault comes this long after the load began; a moment of the seed's choice when left out. */
  readonly strikeAfterMs?: number;
  /** The guest's disk: an export of the storage, and its file. */
  readonly disk?: { readonly name: string; readonly image: string };
  /** The survivor's recording is replayed from boot, every output and digest compared. */
  readonly replay: boolean;
}

export interface Takeover {
  readonly detectedMs: number;
  readonly claimedMs: number;
  readonly caughtUpMs: number;
}

export interface RoundResult {
  readonly plan: RoundPlan;
  readonly survivor: Role;
  /**
   * They had parted before the fault, which was left out, or by one that need not part them: a machine so busy that
   * silence was taken for a failure. The round says nothing of its fault.
   */
  readonly parted: boolean;
  readonly operations: number;
  readonly unanswered: number;
  readonly duplicates: number;
  readonly gapMs: number;
  /** The longest time without an answer while nothing was wrong. */
  readonly usualMs: number;
  readonly takeover: Takeover;
  /** How far the backup was behind when the fault came. */
  readonly lagMs: number;
  /** State digests that the backup had compared until then, all equal. */
  readonly digests: number;
  /** One text each; none when all is well. */
  readonly violations: readonly string[];
}

const TAKEOVER_MS = 60_000;
const END_MS = 120_000;
/** The load goes on for twice so long after the guest lives again; what stood still may wake in the middle. */
const AFTER_MS = { low: 150, high: 600 };
/** What passes by itself does so after this. */
const HELD_MS = { low: 500, high: 2500 };
/** Clients that could send nothing for `HELD_MS` try again within this. */
const AGAIN_MS = 5000;

/** What is known when the clients have ended. */
interface Run {
  readonly fault: Fault;
  readonly faultAt: number;
  readonly parted: boolean;
  readonly before: PairStatus;
  readonly survivor: Role;
  readonly after: PairStatus;
  /** What stood still does so until the survivor is off. */
  readonly wakesLate: boolean;
  readonly history: History;
}

export async function round(hosts: LabHosts, plan: RoundPlan): Promise<RoundResult> {
  const { name, seed, disk } = plan;
  const { guest, load: work, clients } = WORK[plan.work];
  const { relayed }: Fault = FAULTS[plan.victim];
  const pair = new LabPair(hosts, { ...plan, relayed: relayed === true, guest: guest(disk?.name ?? '') });
  const load = new LoadProcess(hosts, `${name}-load`, { work, seed, clients });
  try {
    const run = await serveAndStrike(plan, { hosts, pair }, load);
    const { survivor, parted, history, before, after, faultAt } = run;
    const found = await ends(plan, { hosts, pair }, run);
    found.push(...(await judge(hosts, plan, pair.recording(survivor), run)));
    return {
      plan,
      survivor,
      parted,
      operations: history.operations.length,
      unanswered: history.operations.filter(({ answer }) => answer === undefined).length,
      duplicates: history.duplicates,
      gapMs: gapAfter(history.operations, faultAt) ?? Number.NaN,
      usualMs: gapBefore(history.operations, faultAt),
      takeover: takeoverOf(after),
      lagMs: before.role === 'primary' ? before.lagMs.now : Number.NaN,
      digests: before.digests,
      violations: found,
    };
  } finally {
    for (const host of ['a', 'storage', 'client'] as const) hosts.cable(host, true);
    hosts.wire(true);
    hosts.storage.signal('SIGCONT');
    await Promise.all([pair.kill(), load.kill()]);
  }
}

/** From the start of both sides to the end of the load, with the fault in between. */
async function serveAndStrike(plan: RoundPlan, stage: Stage, load: LoadProcess): Promise<Run> {
  const { pair } = stage;
  const { bootMs, strikeMs } = WORK[plan.work];
  const random = new Random(plan.seed);
  await pair.primary.until('protected', bootMs, ({ complaints }) => complaints.includes('is protected by'));
  await load.serving(bootMs);
  await sleep(plan.strikeAfterMs ?? random.between(strikeMs.low, strikeMs.high));
  const before = await pair.status('primary');
  const partedBefore = pair.hasParted;
  let fault: Fault = partedBefore ? PARTED : FAULTS[plan.victim];
  const faultAt = nowMs();
  fault.strike(stage);
  if (fault.heal !== undefined) {
    await sleep(random.between(HELD_MS.low, HELD_MS.high));
    fault.heal(stage);
  }
  const remains = fault.survivors.length === 0;
  if (remains) await sleep(AGAIN_MS);
  const parted = partedBefore || (remains && pair.hasParted);
  if (parted) fault = PARTED;
  const survivor = fault.survivors.length === 0 ? 'primary' : await pair.survivor(fault.survivors, TAKEOVER_MS);
  await sleep(random.between(AFTER_MS.low, AFTER_MS.high));
  const wakesLate = fault.wake !== undefined && random.below(2) === 0;
  if (!wakesLate) fault.wake?.(stage);
  await sleep(random.between(AFTER_MS.low, AFTER_MS.high));
  const history = await load.finish();
  return { fault, faultAt, parted, before, survivor, after: await pair.status(survivor), wakesLate, history };
}

/** Brings both sides to their end; what is wrong with how they come to it. */
async function ends({ disk }: RoundPlan, stage: Stage, { fault, survivor, wakesLate }: Run): Promise<string[]> {
  const { pair } = stage;
  if (fault.survivors.length === 0) {
    return [...(await survivorEnds(pair, survivor)), ...(await loserEnds(pair, survivor, fault.loser))];
  }
  if (!wakesLate) {
    return [...(await loserEnds(pair, survivor, fault.loser)), ...(await survivorEnds(pair, survivor))];
  }
  const found = await survivorEnds(pair, survivor);
  const image = disk === undefined ? '' : imageDigest(disk.image);
  fault.wake?.(stage);
  found.push(...(await loserEnds(pair, survivor, fault.loser)));
  if (disk !== undefined && image !== imageDigest(disk.image)) found.push('a stale write reached the disk');
  return found;
}

/** What clients, storage, disk and recording say against it. */
async function judge(hosts: LabHosts, plan: RoundPlan, recording: string, run: Run): Promise<string[]> {
  const { history, after, faultAt } = run;
  const again = plan.disk === undefined ? undefined : await readAgain(hosts, plan, plan.disk.image, history);
  const { operations, faults } = again === undefined ? history : joined(history, again);
  return [
    ...faults,
    ...WORK[plan.work].judge(operations),
    ...claimFaults(hosts, plan.name, after, run.fault.survivors.length === 0 ? 1 : 2),
    ...(plan.replay ? await replayFaults(hosts, plan, recording) : []),
    ...(gapAfter(history.operations, faultAt) === undefined ? ['nothing was answered after the fault'] : []),
  ];
}

/** Powers the guest off where it lives; what is wrong with how that side ends. */
async function survivorEnds(pair: LabPair, survivor: Role): Promise<string[]> {
  await pair.powerOff(survivor);
  const end = await pair.process(survivor).end(END_MS);
  return end === 0 ? [] : [`the ${survivor} ended with ${end}: ${pair.process(survivor).tail()}`];
}

/** What is wrong with how the other side ends. */
async function loserEnds(pair: LabPair, survivor: Role, loser: number | string): Promise<string[]> {
  const lost: Role = survivor === 'primary' ? 'backup' : 'primary';
  const how = await pair.process(lost).end(END_MS);
  return [
    ...(how === loser ? [] : [`the ${lost} ended with ${how}, not ${loser}: ${pair.process(lost).tail()}`]),
    ...(pair.isAlone(lost) ? [`the ${lost} went on alone too`] : []),
  ];
}

function takeoverOf({ lastHeardAt = 0, suspectedAt = 0, claimedAt = 0, liveAt = 0 }: PairStatus): Takeover {
  const detectedMs = suspectedAt - lastHeardAt;
  return { detectedMs, claimedMs: claimedAt - suspectedAt, caughtUpMs: liveAt - claimedAt };
}
