/**
 * The first difference between two recordings, by what they hold: their machines, what went in, their digests. Two
 * machines that are alike do the same given the same, so nothing is run to find it.
 */

import { tick } from '../../lib/brands.ts';
import { advance, type Breathe } from './advance.ts';
import { type Both, both, other, type Side } from './both.ts';
import type { First } from './first.ts';
import type { InputDifference, LogComparison } from './log-diff.ts';
import { type Entering, streamOf } from './record-content.ts';
import { placeAt } from './records-before.ts';
import { type HeardRun, type Subject, startRun, startRunNear } from './subject.ts';
import { tickText } from './tick-text.ts';

export async function firstOfLogs(subjects: Both<Subject>, logs: LogComparison, breathe: Breathe): Promise<First> {
  const { inputs, digests, ticks } = logs;
  const wrong = digests.first;
  if (wrong !== undefined && (inputs === undefined || wrong.tick <= inputs.tick)) {
    const after = digests.agreed[wrong.scope];
    const right = await replayedSide(subjects.a, wrong, breathe);
    const text = `the same went in and the digests of the state differ; a replay made here agrees with ${right}`;
    return { kind: 'state', tick: wrong.tick, after, exact: wrong.tick - after === 1n, text };
  }
  if (inputs !== undefined) {
    const runs = await runsAt(subjects, inputs.tick, breathe);
    const kind = inputs.kind === 'moved' ? 'moved' : 'input';
    return { kind, tick: inputs.tick, after: inputs.tick, exact: true, text: inputText(inputs), runs };
  }
  if (ticks.a !== ticks.b) {
    const shorter: Side = ticks.a < ticks.b ? 'a' : 'b';
    const text =
      `recording ${shorter.toUpperCase()} ends, and is all the same up to there; ` +
      `${other(shorter).toUpperCase()} goes on for ${tickText(ticks[other(shorter)] - ticks[shorter])} ticks`;
    return { kind: 'end', tick: ticks[shorter], after: ticks[shorter], exact: true, text };
  }
  const text = `the same went into the same machine; ${digests.compared} digests of its state agree`;
  return { kind: 'same', tick: undefined, after: ticks.a, exact: true, text };
}

/** Which side's digest a replay comes to; what went in is the same on both up to there. */
async function replayedSide(
  subject: Subject,
  wrong: NonNullable<LogComparison['digests']['first']>,
  breathe: Breathe,
): Promise<'A' | 'B' | 'neither'> {
  const { run } = startRunNear(subject, wrong.tick);
  await advance(run, wrong.tick, { doing: 'looking which of them replays', breathe });
  const found = BigInt(`0x${run.board.digest(wrong.scope)}`);
  return found === wrong.a ? 'A' : found === wrong.b ? 'B' : 'neither';
}

/** Both at a tick up to which they are alike, so that one is taken there and the other put where it is. */
async function runsAt(subjects: Both<Subject>, at: bigint, breathe: Breathe): Promise<Both<HeardRun>> {
  const a = startRunNear(subjects.a, at);
  await advance(a.run, at, { doing: 'going to the first difference', breathe });
  const mark = a.run.mark();
  const b = startRun(subjects.b);
  b.run.back({ ...mark, place: placeAt(subjects.b.history, at), ended: undefined });
  return { a, b };
}

function inputText({ kind, a, b, tick: at }: InputDifference): string {
  const stream = streamOf((a ?? b)!);
  const text = (record: Entering | undefined): string => (record === undefined ? 'none' : tickText(record.tick));
  if (kind === 'moved') return `the same input (${stream}) comes at tick ${text(a)} in A and ${text(b)} in B`;
  const first: Side = a?.tick === at ? 'a' : 'b';
  if (kind === 'missing')
    return `${first.toUpperCase()} gets an input (${stream}) that ${other(first).toUpperCase()} does not`;
  return `another input (${stream}): at tick ${text(a)} in A, ${text(b)} in B`;
}

/** Two machines that are not alike from the beginning. */
export function firstOfMachines(subjects: Both<Subject>, text: string): First {
  const runs = both((side) => startRun(subjects[side]));
  return { kind: 'machine', tick: tick(0), after: tick(0), exact: true, text, runs };
}
