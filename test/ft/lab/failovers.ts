/**
 * Failovers in a row: three hosts, one guest under load, and again and again every process of one of its two hosts is
 * killed. Nobody lends a hand but to start the killed host's agent again, as its init system would.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeKey } from '../../../src/host/ft/key.ts';
import { stopPair } from '../../../src/host/ft/nodes.ts';
import { LabCluster, type MemberHost } from './cluster.ts';
import { readAgain } from './evidence.ts';
import { gapAfter } from './gaps.ts';
import { type History, joined, nowMs } from './history.ts';
import { DISKS, LabHosts } from './hosts.ts';
import { LoadProcess } from './load-process.ts';
import { Random } from './random.ts';
import { guestFolder, makeDisk, WORK, type WorkName } from './works.ts';

export interface FailoverOptions {
  readonly work: WorkName;
  readonly failovers: number;
  readonly seed: number;
  readonly detectMs: number;
}

export interface Failover {
  readonly victim: MemberHost;
  readonly role: 'primary' | 'backup';
  /** From the kill until the guest has a backup again. */
  readonly backMs: number;
  readonly at: number;
  /** Where the two sides are now. */
  readonly primary: MemberHost;
  readonly backup: MemberHost;
}

export interface FailoverResult {
  readonly failovers: readonly Failover[];
  readonly operations: number;
  /** The longest time without an answer, over the whole run. */
  readonly gapMs: number;
  readonly violations: readonly string[];
}

const NAME = 'cluster';
const DISK = 'disk';
const BACK_MS = 5 * 60_000;
/** Between a kill and the next start of the host's agent, and between two failovers. */
const AWAY_MS = { low: 200, high: 2000 };
const CALM_MS = { low: 300, high: 2000 };

export async function failovers(options: FailoverOptions, told: (one: Failover) => void): Promise<FailoverResult> {
  const { work, seed } = options;
  const { diskBytes, load: kind, clients, bootMs } = WORK[work];
  if (diskBytes !== undefined) guestFolder();
  const folder = mkdtempSync(join(tmpdir(), 'lab-'));
  const hosts = new LabHosts(folder);
  let cluster: LabCluster | undefined;
  try {
    Object.assign(process.env, hosts.env);
    const key = join(folder, 'key');
    const image = join(folder, 'disk.img');
    makeKey(key);
    if (diskBytes === undefined) writeFileSync(image, new Uint8Array(4096));
    else makeDisk(image, diskBytes);
    await hosts.serve(key, [`${DISK}=${image},pair=${NAME}`]);
    cluster = await LabCluster.begin(hosts, key);
    startPrimary(hosts, cluster, options, key);
    await cluster.pair(NAME, BACK_MS, ({ state }) => state === 'protected');
    const load = new LoadProcess(hosts, 'load', { work: kind, seed, clients });
    await load.serving(bootMs);
    const done = await strikes(cluster, options, told);
    const history = await load.finish();
    await stopPair(NAME);
    const plan = { name: NAME, seed };
    const again = diskBytes === undefined ? undefined : await readAgain(hosts, plan, image, history);
    return resultOf(work, done, history, again);
  } finally {
    await cluster?.close();
    await hosts.remove();
    rmSync(folder, { recursive: true });
  }
}

function startPrimary(hosts: LabHosts, cluster: LabCluster, { work, detectMs }: FailoverOptions, key: string): void {
  const pair = ['--name', NAME, '--key', key, '--arbiter', `disk:${DISKS}`, '--detect', String(detectMs)];
  hosts.lockstep('a', 'primary', 'ft', 'primary', ...pair, '--registry', cluster.registry, ...WORK[work].guest(DISK));
}

async function strikes(
  cluster: LabCluster,
  { failovers: times, seed }: FailoverOptions,
  told: (one: Failover) => void,
): Promise<Failover[]> {
  const random = new Random(seed);
  const done: Failover[] = [];
  for (let i = 0; i < times; i++) {
    await sleep(random.between(CALM_MS.low, CALM_MS.high));
    const before = await cluster.pair(NAME, BACK_MS, ({ state }) => state === 'protected');
    const role = random.pick(['primary', 'backup'] as const);
    const victim = cluster.memberOf(before[role])!;
    const at = nowMs();
    cluster.kill(victim);
    const reviving = sleep(random.between(AWAY_MS.low, AWAY_MS.high)).then(() => cluster.revive(victim));
    // Looked at below; when the wait fails, that is what is told.
    reviving.catch(() => {});
    const after = await cluster.pair(NAME, BACK_MS, ({ state, epoch }) => {
      return state === 'protected' && epoch > before.epoch;
    });
    const backMs = nowMs() - at;
    await reviving;
    const primary = cluster.memberOf(after.primary)!;
    const one = { victim, role, backMs, at, primary, backup: cluster.memberOf(after.backup)! };
    done.push(one);
    told(one);
  }
  return done;
}

function resultOf(
  work: WorkName,
  done: readonly Failover[],
  history: History,
  again: History | undefined,
): FailoverResult {
  const { operations, faults } = again === undefined ? history : joined(history, again);
  const gaps = done.map(({ at }) => gapAfter(history.operations, at));
  const together = done.filter(({ primary, backup }) => primary === backup);
  return {
    failovers: done,
    operations: history.operations.length,
    gapMs: Math.max(0, ...gaps.map((gap) => gap ?? 0)),
    violations: [
      ...faults,
      ...WORK[work].judge(operations),
      ...together.map(({ primary }) => `both sides are on ${primary}`),
      ...(gaps.includes(undefined) ? ['nothing was answered after a failover'] : []),
    ],
  };
}

/** One line for each failover, and one for all. */
export function failoverText({ victim, role, backMs, primary, backup }: Failover): string {
  const back = `protected again in ${(backMs / 1000).toFixed(1)} s`;
  return `the ${role} on ${victim} is killed: ${back}, ${primary} -> ${backup}`;
}

export function failoversText({ failovers: done, operations, gapMs, violations }: FailoverResult): string {
  const times = done.map(({ backMs }) => backMs / 1000).sort((a, b) => a - b);
  const [half, most] = [times[Math.floor(times.length / 2)] ?? 0, times.at(-1) ?? 0];
  const back = `back in ${half.toFixed(1)} s (half), ${most.toFixed(1)} s (all)`;
  const seen = `${operations} operations, longest gap ${gapMs.toFixed(0)} ms`;
  return `${done.length} failovers, ${back}; ${seen}: ${violations.length === 0 ? 'good' : violations.join('\n')}`;
}
