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
  /** Round i has this and i. */
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

/** `told` gets each result as it is there. An error of a round is a violation of it; the series goes on. */
export async function series(
  options: SeriesOptions,
  told: (result: RoundResult | { readonly plan: RoundPlan; readonly error: Error }) => void,
): Promise<readonly RoundResult[]> {
  const { diskBytes } = WORK[options.work];
  if (diskBytes !== undefined) guestFolder();
  const folder = mkdtempSync(join(tmpdir(), 'lab-'));
  const plans = plansOf(options, folder);
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
    await hosts.serve([`empty=${empty}`, ...exports]);
    for (const plan of plans) {
      try {
        const result = await round(hosts, plan);
        results.push(result);
        told(result);
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
  if (failed.length > 0) throw new AggregateError(failed, `${failed.length} rounds came to no result`);
  return results;
}

function plansOf(options: SeriesOptions, folder: string): RoundPlan[] {
  const { work, victims, rounds, seed, detectMs, delayMs, replayEvery, strikeAfterMs } = options;
  return Array.from({ length: rounds }, (_, i): RoundPlan => {
    const name = `r${i}`;
    const disk = { name: `d${i}`, image: join(folder, `d${i}.img`) };
    return {
      name,
      seed: seed + i,
      work,
      victim: victims[i % victims.length]!,
      key: join(folder, 'key'),
      detectMs,
      delayMs,
      ...(strikeAfterMs === undefined ? {} : { strikeAfterMs }),
      replay: replayEvery > 0 && i % replayEvery === 0,
      ...(WORK[work].diskBytes === undefined ? {} : { disk }),
    };
  });
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
