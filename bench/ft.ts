/**
 * `npm run bench:ft`: the same guest with and without a backup, in turn, in one run: what is left of its speed, what
 * the channel carries, how far the backup lags, what a client notices. README.md, section "The live pair". With
 * `--methods` the same for each way of the literature. Figures are printed, never judged: the status is 1 only when a
 * run failed.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { BenchError } from './bench-error.ts';
import type { Plan, Sample, Turn } from './pair/course.ts';
import { pairImages } from './pair/images.ts';
import { METHOD_MODES, MODES } from './pair/machine.ts';
import { methodTablesOf } from './pair/method-report.ts';
import { type FtBenchOptions, parseOptions, USAGE } from './pair/options.ts';
import { type FtBench, tablesOf } from './pair/report.ts';
import { linuxTurn, requestTurn } from './pair/turn.ts';
import { formatTable } from './table.ts';
import { needTool } from './tools.ts';

/** Two guests, and what serves them. */
const ENOUGH_CORES = 4;
const say = (text: string): void => void process.stderr.write(`bench: ${text}\n`);

async function bench(options: FtBenchOptions): Promise<FtBench & { readonly failures: readonly string[] }> {
  if (process.platform !== 'linux') throw new BenchError('this bench reads /proc and uses passt: it runs on Linux');
  for (const tool of ['passt', 'iperf3']) needTool(tool, tool);
  const { quick, only: works, detectMs, roundTripMs } = options;
  const images = works.some((name) => name !== 'request') ? pairImages(options.guest, say) : undefined;
  const top = mkdtempSync(join(tmpdir(), 'lockstep-bench-ft-'));
  // The pairs of this bench are seen by it alone.
  for (const name of ['XDG_STATE_HOME', 'XDG_RUNTIME_DIR']) process.env[name] = top;
  const [folder, stop] = [join(top, 'turn'), interrupted()];
  const plan: Plan = { works, quick, images, detectMs, roundTripMs, folder, env: process.env, stop, note: say };
  const samples: Sample[] = [];
  const failures: string[] = [];
  try {
    for (let round = 1; round <= options.rounds; round++) {
      for (const [what, turn] of [['linux', linuxTurn] as const, ['requests', requestTurn] as const]) {
        for (const mode of options.methods ? METHOD_MODES : MODES) {
          if (plan.stop.aborted) return { quick, samples, failures };
          const from = performance.now();
          const done: Turn = await turn(mode, plan);
          if (done.samples.length === 0 && done.failure === undefined) continue;
          samples.push(...done.samples.map((sample) => ({ ...sample, round, mode })));
          const where = `round ${round} of ${options.rounds}, ${what}, ${mode}`;
          const seconds = ((performance.now() - from) / 1000).toFixed(0);
          if (done.failure !== undefined) failures.push(`${where}: ${done.failure}`);
          say(`${where}: ${done.failure === undefined ? `${seconds} s` : `FAILED: ${done.failure}`}`);
        }
      }
    }
  } finally {
    rmSync(top, { recursive: true, force: true });
  }
  return { quick, samples, failures };
}

/** After the first SIGINT the bench shows what it has; a second one ends it. */
function interrupted(): AbortSignal {
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  return stop.signal;
}

function text(done: FtBench, { methods, roundTripMs }: FtBenchOptions): string {
  const cores = availableParallelism();
  const host = `${cores} × ${cpus()[0]?.model ?? process.arch}, ${Math.round(totalmem() / 2 ** 30)} GiB`;
  const notes = [`${host}, Node ${process.versions.node}; both sides of the pair on this machine`];
  if (roundTripMs !== undefined) notes.push(`the way between the sides has a round trip of ${roundTripMs} ms`);
  if (cores < ENOUGH_CORES) {
    const why = 'the two guests, the switch and the clients share them, so the wall times say little';
    notes.push(`${cores} cores: ${why}. Compare processor times.`);
  }
  return [notes.join('\n'), ...(methods ? methodTablesOf(done) : tablesOf(done)).map(formatTable)].join('\n\n');
}

try {
  const options = parseOptions(process.argv.slice(2));
  if (options === undefined) {
    process.stdout.write(`${USAGE}\n`);
  } else {
    const done = await bench(options);
    process.stdout.write(`${options.json ? JSON.stringify(done, undefined, 1) : text(done, options)}\n`);
    for (const failure of done.failures) say(`FAILED: ${failure}`);
    process.exitCode = done.failures.length > 0 ? 1 : 0;
  }
} catch (error) {
  if (!(error instanceof BenchError)) throw error;
  say(error.message);
  process.exitCode = 2;
}
