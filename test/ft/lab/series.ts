/** Rounds one after the other in one laboratory. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeKey } from '../../../src/host/ft/key.ts';
import { LabHosts } from './hosts.ts';
import { type RoundPlan, type RoundResult, round } from './round.ts';
import type { Victim } from './victims.ts';
import { guestFolder, makeDisk, WORK, type WorkName } from './works.ts';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;
const INTERRUPTED = 130;

export interface SeriesOptions {
  readonly work: WorkName;
  /** Round i has the i-th of these, over and over. */
  readonly victims: readonly Victim[];
  readonly rounds: number;
  /** Round i has this and i. Rounds in place of those whose pair parted by itself come behind the last. */
  readonly seed: number;
  readonly detectMs: number;
  /** Length of the wire between the hosts, one way. */
  readonly delayMs: number;
  /** Every so many rounds the survivor's recording is replayed; 0: never. */
  readonly replayEvery: number;
  /** The fault comes this long after the load began; a moment of the seed's choice when left out. */
  readonly strikeAfterMs?: number;
  /** Files of rounds that went wrong are copied here. */
  readonly keep?: string;
}

/**
 * As many rounds as are wanted, besides those whose pair parted by itself: of these one in four at most, or two, or it
 * is an error, for then the detector is wrong, or the machine too slow to say anything. `told` gets each result as it
 * is there. An error of a round is a violation of it; the series goes on.
 */
export async function series(
  options: SeriesOptions,
  told: (result: RoundResult | { readonly plan: RoundPlan; readonly error: Error }) => void,
): Promise<readonly RoundResult[]> {
  const { diskBytes } = WORK[options.work];
  if (diskBytes !== undefined) guestFolder();
  const folder = mkdtempSync(join(tmpdir(), 'lab-'));
  const { rounds, victims } = options;
  const wanted = Array.from({ length: rounds }, (_, i) => victims[i % victims.length]!);
  const spare = Math.max(2, Math.floor(rounds / 4));
  const plans = Array.from({ length: rounds + spare }, (_, i) => planOf(options, folder, i));
  const results: RoundResult[] = [];
  const failed: Error[] = [];
  const hosts = new LabHosts(folder);
  const interrupted = (): void => {
    void hosts.remove().then(() => process.exit(INTERRUPTED));
  };
  for (const signal of SIGNALS) process.once(signal, interrupted);
  try {
    Object.assign(process.env, hosts.env);
    makeKey(join(folder, 'key'));
    const empty = join(folder, 'empty.img');
    if (diskBytes === undefined) writeFileSync(empty, new Uint8Array(4096));
    else makeDisk(empty, diskBytes);
    for (const { disk } of plans) if (disk !== undefined) sparseCopy(empty, disk.image);
    const exports = plans.flatMap(({ name, disk }) =>
      disk === undefined ? [] : [`${disk.name}=${disk.image},pair=${name}`],
    );
    await hosts.serve(join(folder, 'key'), [`empty=${empty}`, ...exports]);
    for (const planned of plans) {
      const victim = wanted.shift();
      if (victim === undefined) break;
      const plan = { ...planned, victim };
      try {
        const result = await round(hosts, plan);
        results.push(result);
        told(result);
        if (result.parted) wanted.push(victim);
        if (result.violations.length > 0) keep(options, folder, plan);
      } catch (error) {
        told({ plan, error: error as Error });
        failed.push(error as Error);
        keep(options, folder, plan);
      }
      forget(folder, plan);
    }
  } finally {
    for (const signal of SIGNALS) process.off(signal, interrupted);
    await hosts.remove();
    rmSync(folder, { recursive: true });
  }
  if (wanted.length > 0) failed.push(new Error(`${spare} pairs and more parted by themselves`));
  if (failed.length > 0) throw new AggregateError(failed, `${failed.length} rounds came to no result`);
  return results;
}

function planOf(options: SeriesOptions, folder: string, i: number): Omit<RoundPlan, 'victim'> {
  const { work, seed, detectMs, delayMs, replayEvery, strikeAfterMs } = options;
  const disk = { name: `d${i}`, image: join(folder, `d${i}.img`) };
  return {
    name: `r${i}`,
    seed: seed + i,
    work,
    key: join(folder, 'key'),
    detectMs,
    delayMs,
    ...(strikeAfterMs === undefined ? {} : { strikeAfterMs }),
    replay: replayEvery > 0 && i % replayEvery === 0,
    ...(WORK[work].diskBytes === undefined ? {} : { disk }),
  };
}

function sparseCopy(from: string, to: string): void {
  execFileSync('cp', ['--sparse=always', from, to]);
}

const filesOf = (folder: string, { name }: RoundPlan): string[] =>
  readdirSync(folder).filter((file) => file.startsWith(`${name}-`));

function keep({ keep: to }: SeriesOptions, folder: string, plan: RoundPlan): void {
  if (to === undefined) return;
  const into = join(to, `${plan.work}-${plan.victim}-${plan.seed}`);
  mkdirSync(into, { recursive: true });
  for (const file of filesOf(folder, plan)) cpSync(join(folder, file), join(into, file));
}

function forget(folder: string, plan: RoundPlan): void {
  for (const file of filesOf(folder, plan)) rmSync(join(folder, file));
  if (plan.disk !== undefined) execFileSync('truncate', ['-s', '0', plan.disk.image]);
}
