/** A comparison from the operator's options to the report: opens both sides, shows progress, lets the operator stop. */

import type { Breathe } from '../debug/diff/advance.ts';
import { both } from '../debug/diff/both.ts';
import { diff } from '../debug/diff/diff.ts';
import type { DiffReport } from '../debug/diff/report.ts';
import { Interrupted } from '../debug/timeline/pace.ts';
import { DEFAULTS, type EngineName } from '../host/guest-options.ts';
import { type ImagePaths, recordingError } from '../host/recorded-machine.ts';
import { ExitCode, UserError } from '../lib/errors.ts';
import { openSubject } from './diff-open.ts';
import { diffText } from './diff-report.ts';
import { stopOnSignal } from './live.ts';
import { ProgressLine } from './progress.ts';

export interface CompareOptions {
  readonly a: string;
  readonly b: string;
  /** Both are the same file. */
  readonly oneLog: boolean;
  /** Where the recordings' images are. */
  readonly images: ImagePaths;
  /** B is started from these. */
  readonly otherImages: ImagePaths;
  readonly engine: EngineName | undefined;
  readonly engineB: EngineName | undefined;
  readonly faultTick: bigint | undefined;
  readonly followTicks: bigint | undefined;
}

export interface Diffed {
  readonly report: DiffReport;
  readonly text: string;
}

/** A recording and a replay of it are followed this far past their first difference, when nothing else is said. */
const REPLAY_FOLLOW_TICKS = 200_000_000n;

/** UserError when it cannot begin, or the operator stops it. */
export async function compareRecordings(options: CompareOptions): Promise<Diffed> {
  const { oneLog, otherImages, engineB, faultTick, followTicks } = options;
  const engine = options.engine ?? DEFAULTS.engine;
  const common = { images: options.images, engine };
  const a = openSubject({ ...common, file: options.a, otherImages: {} });
  try {
    const fault = faultTick === undefined ? {} : { faultTick };
    const b = openSubject({ ...common, file: options.b, otherImages, engine: engineB ?? engine, ...fault });
    try {
      const subjects = { a: a.subject, b: b.subject };
      const otherwise = (engineB ?? engine) !== engine || Object.keys(otherImages).length > 0;
      const making = otherwise ? 'other' : faultTick === undefined ? 'alike' : 'fault';
      const follow = followTicks ?? (oneLog ? REPLAY_FOLLOW_TICKS : undefined);
      const report = await shown((breathe) => diff(subjects, { oneLog, making, followTicks: follow, breathe }));
      return {
        report,
        text: diffText(
          report,
          both((side) => subjects[side].symbols),
        ),
      };
    } finally {
      b.close();
    }
  } finally {
    a.close();
  }
}

/** With a progress line for each thing that is done, until the operator stops it. */
async function shown<T>(work: (breathe: Breathe) => Promise<T>): Promise<T> {
  const stop = stopOnSignal();
  let line: ProgressLine | undefined;
  let doing = '';
  let turnMs = performance.now();
  const breathe: Breathe = async (progress) => {
    const now = performance.now();
    if (now - turnMs < TURN_MS) return;
    turnMs = now;
    if (progress.doing !== doing) {
      line?.clear();
      doing = progress.doing;
      line = new ProgressLine(doing);
    }
    line?.update(progress.at, progress.to);
    await new Promise(setImmediate);
    if (stop.aborted) throw new Interrupted(`stopped while ${doing}`);
  };
  try {
    return await work(breathe);
  } catch (error) {
    if (!(error instanceof Interrupted)) throw recordingError(error);
    throw new UserError('interrupted', error.message, 'start it again', ExitCode.interrupted);
  } finally {
    line?.clear();
  }
}
const TURN_MS = 20;
