/**
 * `npm run bench`: lockstep and its peers on the same guest work, in turn, in one run. README.md says how to read it.
 * Figures are printed, never judged: the status is 1 only when a run of lockstep failed or results differ.
 */

import { cpus, totalmem } from 'node:os';
import { BenchError } from './bench-error.ts';
import { buildBare, buildNative } from './build.ts';
import { linuxGuest } from './linux-guest.ts';
import { type BenchOptions, parseOptions, USAGE } from './options.ts';
import { type Bench, dataOf, problemsOf, tablesOf } from './report.ts';
import { runRounds } from './rounds.ts';
import { qemuBinaries, runnersOf } from './runners.ts';
import { measureStartUp } from './start-up.ts';
import { formatTable } from './table.ts';
import { needsLinux, worksOf } from './works.ts';

const say = (text: string): void => void process.stderr.write(`bench: ${text}\n`);

async function bench(options: BenchOptions): Promise<Bench> {
  const bare = buildBare();
  const native = buildNative();
  const linux = needsLinux(options) ? linuxGuest(options.guest, say) : undefined;
  const qemus = qemuBinaries(options.qemu);
  if (native === undefined) say('no native column: gcc not found; on Debian: apt-get install gcc');
  if (qemus.length === 0) say('no QEMU columns: not found; on Debian: apt-get install qemu-system-misc');
  const works = worksOf(options, { bare, linux });
  const runners = runnersOf(native, qemus);
  const startUp = await measureStartUp();
  return { works, runners, samples: await runRounds(options.rounds, works, runners, say, interrupted()), startUp };
}

/** After the first SIGINT the bench shows what it has; a second one ends it, with what it measures. */
function interrupted(): AbortSignal {
  const stop = new AbortController();
  process.on('SIGINT', () => {
    if (stop.signal.aborted) process.exit(INTERRUPTED);
    stop.abort();
  });
  return stop.signal;
}
/** The status of what SIGINT ended, as shells have it. */
const INTERRUPTED = 130;

function show(done: Bench, json: boolean): void {
  const { ours, theirs } = problemsOf(done);
  if (json) {
    process.stdout.write(`${JSON.stringify(dataOf(done), undefined, 1)}\n`);
  } else {
    const host = `${cpus().length} × ${cpus()[0]?.model ?? process.arch}, ${Math.round(totalmem() / 2 ** 30)} GiB`;
    const text = [`${host}, Node ${process.versions.node}`, ...tablesOf(done).map(formatTable)];
    process.stdout.write(`${text.join('\n\n')}\n`);
  }
  for (const problem of theirs) say(`a peer failed: ${problem}`);
  for (const problem of ours) say(`FAILED: ${problem}`);
  process.exitCode = ours.length > 0 ? 1 : 0;
}

try {
  const options = parseOptions(process.argv.slice(2));
  if (options === undefined) process.stdout.write(`${USAGE}\n`);
  else show(await bench(options), options.json);
} catch (error) {
  if (!(error instanceof BenchError)) throw error;
  say(error.message);
  process.exitCode = 2;
}
