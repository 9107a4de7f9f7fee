/**
 * The order of measurement: in each round, each work in turn is run by each runner in turn, so that a slow minute of
 * the host falls on all of them alike. A replay follows the recording of its own round.
 */

import { closeSync, existsSync, ftruncateSync, mkdirSync, mkdtempSync, openSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LockstepReport } from './lockstep-process.ts';
import { type Mark, type Measured, measure } from './measure.ts';
import type { Runner } from './runners.ts';
import type { Work } from './works.ts';

export interface Sample {
  readonly work: string;
  readonly runner: string;
  readonly round: number;
  /** From start to exit. */
  readonly seconds: number;
  readonly marks: ReadonlyMap<string, Mark>;
  readonly peakBytes: number;
  /** Of the recording written or read. */
  readonly logBytes?: number;
  /** Instructions of the whole run; known for lockstep. */
  readonly ticks?: number;
  readonly failure?: string;
}

/** `stop` aborted: ends with what was measured so far. */
export async function runRounds(
  rounds: number,
  works: readonly Work[],
  runners: readonly Runner[],
  say: (text: string) => void,
  stop: AbortSignal,
): Promise<Sample[]> {
  const top = mkdtempSync(join(tmpdir(), 'lockstep-bench-'));
  const samples: Sample[] = [];
  try {
    for (let round = 1; round <= rounds; round++) {
      for (const work of works.filter(({ once }) => round === 1 || once !== true)) {
        const folder = join(top, 'work');
        mkdirSync(folder);
        for await (const sample of oneTurn(round, work, runners, folder)) {
          if (stop.aborted) return samples;
          samples.push(sample);
          const end = sample.failure === undefined ? `${sample.seconds.toFixed(2)} s` : `FAILED: ${sample.failure}`;
          say(`round ${round} of ${rounds}, ${work.name}, ${sample.runner}: ${end}`);
        }
        rmSync(folder, { recursive: true });
      }
    }
  } finally {
    rmSync(top, { recursive: true, force: true });
  }
  return samples;
}

async function* oneTurn(
  round: number,
  work: Work,
  runners: readonly Runner[],
  folder: string,
): AsyncGenerator<Sample, void> {
  const lost = new Set<string>();
  for (const runner of runners) {
    const command = runner.command(work, folder, emptyDrive(work.guest.driveBytes, folder));
    if (command === undefined) continue;
    const base = { work: work.name, runner: runner.name, round };
    const sample =
      runner.replays !== undefined && lost.has(runner.replays)
        ? { ...base, seconds: 0, marks: new Map(), peakBytes: 0, failure: 'there is no recording' }
        : { ...base, ...sampleOf(await measure(command), work, runner, folder) };
    if (sample.failure !== undefined) lost.add(runner.name);
    yield sample;
  }
}

function sampleOf(measured: Measured, work: Work, runner: Runner, folder: string) {
  const { seconds, marks, peakBytes, report } = measured;
  const log = runner.log?.(folder);
  const lost = work.marks.find((mark) => !marks.has(mark));
  const failure = measured.failure ?? (lost === undefined ? undefined : `the guest did not finish ${lost}`);
  const ticks = report === '' ? undefined : (JSON.parse(report) as LockstepReport).ticks;
  return {
    seconds,
    marks,
    peakBytes,
    ...(log === undefined || !existsSync(log) ? {} : { logBytes: statSync(log).size }),
    ...(ticks === undefined ? {} : { ticks }),
    ...(failure === undefined ? {} : { failure }),
  };
}

/** A sparse image, new for each run: a replay needs the drive as it was. */
function emptyDrive(sizeBytes: number | undefined, folder: string): string | undefined {
  if (sizeBytes === undefined) return undefined;
  const path = join(folder, 'drive.img');
  const fd = openSync(path, 'w');
  ftruncateSync(fd, sizeBytes);
  closeSync(fd);
  return path;
}
