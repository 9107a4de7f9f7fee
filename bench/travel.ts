/**
 * `npm run bench:travel`: what time travel costs on a long recording of Linux at work, and QEMU's step backwards
 * beside it. Figures are printed, never judged. README.md, section "Time travel".
 */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { DEFAULTS } from '../src/host/guest-options.ts';
import { indexRecording } from '../src/host/index-recording.ts';
import { nodeFlags } from '../src/host/node-flags.ts';
import { BenchError } from './bench-error.ts';
import { CPU_KERNELS } from './kernels.ts';
import { type LinuxImages, linuxGuest } from './linux-guest.ts';
import type { LockstepJob } from './lockstep-process.ts';
import { qemuReverseSteps } from './qemu-reverse.ts';
import { qemuBinaries } from './runners.ts';
import { median } from './stats.ts';
import { figure, formatTable, mebibytes } from './table.ts';
import type { TravelReport } from './travel-process.ts';

const USAGE = 'usage: npm run bench:travel -- [--factor N] [--seeks N] [--guest DIR] [--qemu PATH] [--json]';
const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const say = (text: string): void => void process.stderr.write(`bench: ${text}\n`);
/** How far into QEMU's replay its steps are. */
const QEMU_INTO_MS = 3000;
/** Processes that open the recording and do nothing else. */
const OPENS = 5;
/** Ticks gone through forwards and backwards to compare speeds. */
const REACH = 2_000_000_000;

/** A node process of the bench's own; what it wrote to standard output. */
function run(script: string, args: readonly string[], stdio: 'ignore' | 'pipe'): string {
  const done = spawnSync(process.execPath, [...nodeFlags(), here(script), ...args], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    stdio: ['ignore', 'pipe', 'inherit', stdio],
  });
  if (done.status !== 0) throw new BenchError(`${script} ended with ${done.status}`);
  return done.stdout;
}

function record(file: string, { kernel, initrd }: LinuxImages, factor: number): void {
  say(`recording Linux with every kernel, ${factor} units each`);
  const append = `console=ttyS0 task="bench ${CPU_KERNELS.join(',')} ${factor}"`;
  run(
    'lockstep-process.ts',
    ['record', JSON.stringify({ kernel, initrd, append, log: file } satisfies LockstepJob)],
    'pipe',
  );
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      factor: { type: 'string', default: '160' },
      seeks: { type: 'string', default: '100' },
      guest: { type: 'string' },
      qemu: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return void process.stdout.write(`${USAGE}\n`);
  const linux = linuxGuest(values.guest, say);
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-travel-'));
  try {
    const file = join(folder, 'long.lks');
    record(file, linux, Number(values.factor));
    const plainBytes = statSync(file).size;
    say('adding checkpoints');
    const from = performance.now();
    const indexed = await indexRecording({ file, spacing: 'auto', engine: DEFAULTS.engine });
    const indexSeconds = (performance.now() - from) / 1000;
    say('going about in it');
    const travel = JSON.parse(
      run('travel-process.ts', [file, values.seeks, '100', `${REACH}`], 'ignore'),
    ) as TravelReport;
    const opens = Array.from({ length: OPENS }, () => openAtEnd(file));
    const [qemu] = qemuBinaries(values.qemu === undefined ? [] : [values.qemu]);
    if (qemu !== undefined) say('QEMU: recording a boot, and stepping backwards in it');
    const peer =
      qemu === undefined ? { problem: 'no QEMU' } : await qemuReverseSteps(qemu, linux, folder, QEMU_INTO_MS);
    const sizes = { plainBytes, indexedBytes: indexed.sizeBytes, checkpoints: indexed.checkpoints, indexSeconds };
    if (values.json) process.stdout.write(`${JSON.stringify({ ...sizes, opens, travel, qemu: peer }, undefined, 1)}\n`);
    else process.stdout.write(`${tablesOf({ ...sizes, opens }, travel, peer)}\n`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Milliseconds from the start of a process to the machine standing at the recording's end. */
function openAtEnd(file: string): number {
  const told = JSON.parse(run('travel-process.ts', [file, '0'], 'ignore')) as Pick<TravelReport, 'openAtEndMs'>;
  return told.openAtEndMs;
}

interface Sizes {
  readonly opens: readonly number[];
  readonly plainBytes: number;
  readonly indexedBytes: number;
  readonly checkpoints: number;
  readonly indexSeconds: number;
}

function tablesOf(sizes: Sizes, travel: TravelReport, peer: Awaited<ReturnType<typeof qemuReverseSteps>>): string {
  const { forwardSpeed, breakpointSpeed, watchpointSpeed } = travel;
  const seconds = (ms: number): string => `${figure(ms / 1000)} s`;
  const speed = (value: number): string => `${figure(value / 1e6)} MIPS, ${figure(value / forwardSpeed)} of replay`;
  const rows: [string, string][] = [
    ['recording', `${figure(travel.ticks / 1e9)} G ticks, ${mebibytes(sizes.plainBytes)} MiB`],
    [
      'with checkpoints',
      `${mebibytes(sizes.indexedBytes)} MiB (${sizes.checkpoints}), added in ${figure(sizes.indexSeconds)} s`,
    ],
    [
      'open at the end, process start included',
      `${seconds(median(sizes.opens))} (most: ${seconds(Math.max(...sizes.opens))})`,
    ],
    ['random seek, p50 / p99', `${seconds(median(travel.seekMs))} / ${seconds(quantile(travel.seekMs, 0.99))}`],
    [
      'reverse-stepi, p50 / p99',
      `${seconds(median(travel.reverseStepMs))} / ${seconds(quantile(travel.reverseStepMs, 0.99))}`,
    ],
    ['replay, forwards', `${figure(forwardSpeed / 1e6)} MIPS`],
    ['reverse-continue to a breakpoint not met', speed(breakpointSpeed)],
    ['reverse-continue to a watchpoint not met', speed(watchpointSpeed)],
    [
      'memory: checkpoints, process',
      `${mebibytes(travel.checkpointBytes)} MiB, ${mebibytes(travel.residentBytes)} MiB`,
    ],
    ['QEMU, reverse-stepi in a boot, p50', 'stepMs' in peer ? seconds(median(peer.stepMs)) : `- (${peer.problem})`],
  ];
  return formatTable({ title: 'Time travel', head: ['', 'measured'], rows });
}

function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}

try {
  await main();
} catch (error) {
  if (!(error instanceof BenchError)) throw error;
  say(error.message);
  process.exitCode = 2;
}
