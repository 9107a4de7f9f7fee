/**
 * What `run`, `record` and `replay --live` share: the operator's side of a live guest, and the report of how it ended.
 */

import { chalkStderr } from 'chalk';
import type { Outcome } from '../host/outcome.ts';
import { printable } from '../host/printable.ts';
import type { LiveUi, StopReason } from '../host/record-options.ts';
import { ExitCode } from '../lib/errors.ts';
import { reportDivergence } from './divergence-text.ts';
import { bytes, count, seconds } from './text.ts';

/** One line, whoever the words in it are from. */
export const say = (text: string): void => line(printable(text));

const line = (text: string): void => void process.stderr.write(`lockstep: ${text}\n`);

/** Signals this close to the first are the same request: timeout(1) sends one to its child and one to all its group. */
const SAME_REQUEST_MS = 500;

/**
 * The guest's console is this process's input and output; with `json` the output goes to stderr, for stdout holds the
 * result. A first SIGINT, SIGTERM or SIGHUP ends the guest cleanly, or has it go on elsewhere; another one later ends
 * this process.
 */
export function liveUi(json: boolean): LiveUi {
  const stop = stopOnSignal();
  return { input: process.stdin, output: json ? process.stderr : process.stdout, notice: say, stop };
}

/** Aborted by the first signal. SIGINT is from whoever wants an end, the others from who wants this process to go. */
export function stopOnSignal(): AbortSignal {
  const controller = new AbortController();
  let first = 0;
  const stop = (reason: StopReason): void => {
    if (!controller.signal.aborted) {
      first = performance.now();
      controller.abort(reason);
    } else if (performance.now() - first > SAME_REQUEST_MS) {
      process.exit(ExitCode.interrupted);
    }
  };
  process.on('SIGINT', () => stop('end'));
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop('leave'));
  return controller.signal;
}

/** One or a few lines on stderr: how it ended, how long it took, where the recording is. */
export function reportOutcome(verb: 'ran' | 'recorded' | 'replayed', outcome: Outcome): void {
  const { totals, error, divergence, recording } = outcome;
  const took = totals.elapsedNs === 0n ? '' : ` in ${seconds(Number(totals.elapsedNs) / 1e9)}`;
  const speed = outcome.mips === 0 ? '' : ` (${outcome.mips.toFixed(0)} MIPS)`;
  const made = verb !== 'recorded' || recording !== undefined;
  const begun = outcome.ending !== 'failed' || (made && totals.ticks > totals.fromTick);
  if (begun) line(`${verb} ${count(totals.ticks - totals.fromTick)} ticks${took}${speed}; ${endingText(outcome)}`);
  if (verb === 'replayed' && outcome.exitCode === ExitCode.done) say(`everything agreed: ${agreedText(outcome)}`);
  if (outcome.ending === 'damaged') say(`what is sound agreed: ${agreedText(outcome)}`);
  if (outcome.ending === 'halted' && outcome.cut !== undefined) say(`the recording has no sound end: ${outcome.cut}`);
  if (divergence !== undefined) reportDivergence(divergence, recording);
  if (error !== undefined) line(`${chalkStderr.red(printable(error.what))}; ${printable(error.remedy)}`);
  if (verb === 'recorded' && begun && recording !== undefined) {
    say(`recording ${recording} (${bytes(totals.logBytes)}, ${partText(totals)})`);
  }
}

/** What of the run is in a recording. */
function partText({ ticks, logBytes, keptFromTick }: Outcome['totals']): string {
  if (keptFromTick !== undefined) return `from tick ${count(keptFromTick)} on`;
  const density = ticks === 0n ? 0 : (logBytes * 1000) / Number(ticks);
  return `${density.toFixed(3)} B per 1000 instructions`;
}

function agreedText({ totals: { events } }: Outcome): string {
  return `${count(events.output ?? 0)} output marks, ${count(events.digest ?? 0)} digests of the state`;
}

function endingText({ ending, halt, cut, totals }: Outcome): string {
  switch (ending) {
    case 'halted':
      return halt?.reason === 'finisher' && halt.code !== 0
        ? `the guest failed with code ${halt.code}`
        : 'the guest powered off';
    case 'stopped':
      return `stopped at tick ${count(totals.ticks)}`;
    case 'cut':
      return `the recording is cut here: ${cut}`;
    case 'damaged':
      return 'nothing behind this can be replayed';
    case 'diverged':
      return chalkStderr.red('the replay diverged');
    case 'failed':
      return 'ended by an error';
  }
}
