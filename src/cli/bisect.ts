/**
 * `lockstep bisect` from the operator's words to the answer: the recording opened, the question read, the search made,
 * and what made the answer true looked at.
 */

import { EVERY_STEP, predicateProbe } from '../debug/bisect/predicate-probe.ts';
import { type SearchRequest, type SearchResult, search } from '../debug/bisect/search.ts';
import { type Moment, momentOf } from '../debug/diff/moment.ts';
import { foresee, type StepMade, stepMade } from '../debug/diff/step-made.ts';
import type { Pace } from '../debug/timeline/timeline.ts';
import { type Tick, tick } from '../lib/brands.ts';
import { UserError } from '../lib/errors.ts';
import { type Question, questionOf } from './bisect-question.ts';
import type { ImageWords } from './diff-images.ts';
import { type InspectSession, openInspectSession, parseMoment, travel } from './inspect-session.ts';
import { parseTick } from './specs.ts';

export interface BisectWords extends ImageWords {
  readonly when: string;
  readonly from: string;
  readonly to: string;
  readonly monotone: boolean;
  readonly scan: boolean;
  readonly every?: string | undefined;
  readonly symbols?: readonly string[] | undefined;
}

export interface Bisected extends SearchResult {
  readonly recording: string;
  readonly when: string;
  readonly from: Tick;
  readonly to: Tick;
  /** At the tick before, what the step from there did, and at the tick found; absent when none was, or it is `from`. */
  readonly before: Moment | undefined;
  readonly made: StepMade;
  readonly at: Moment | undefined;
}

/** UserError for a question that cannot be read, a probe that fails, and what opening a recording may meet. */
export async function bisectRecording(
  file: string | undefined,
  words: BisectWords,
  json: (result: unknown) => string,
): Promise<Bisected> {
  let question: Question | undefined;
  const probe = predicateProbe((board) => question!.quick!(board));
  const session = openInspectSession(file, words, () => probe);
  try {
    question = await questionOf(words.when, session, words, json);
    const { timeline, path } = session;
    const [from, to] = [parseMoment('--from', words.from, timeline), parseMoment('--to', words.to, timeline)];
    if (from > to)
      throw new UserError('bad-value', `--from ${from} is after --to ${to}`, 'give the earlier tick first');
    const request = requestOf(words, from, to, question);
    const found = await travel('bisect', path, (pace) => search(request, lookingOf(session, question!, pace)));
    return { ...found, recording: path, when: words.when, from, to, ...(await momentsOf(found, session, from)) };
  } finally {
    session.close();
  }
}

function requestOf({ monotone, scan, every }: BisectWords, from: Tick, to: Tick, { quick }: Question): SearchRequest {
  const mode = monotone ? 'halve' : scan ? 'scan' : 'auto';
  const step = every === undefined ? 1n : parseTick('--every', every);
  if (step < 1n) throw new UserError('bad-value', `--every ${every} is not understood`, 'give 1 or more ticks');
  if (quick === undefined && mode === 'scan' && every === undefined) {
    const remedy = 'say how many ticks apart with --every';
    throw new UserError('bad-value', 'a command cannot be run at every tick', remedy);
  }
  return { from, to, mode, every: step };
}

function lookingOf(session: InspectSession, question: Question, pace: Pace) {
  const { timeline } = session;
  const holds = async (at: bigint): Promise<boolean> => {
    await timeline.seek(tick(at), pace);
    return question.holds(session);
  };
  const first = async (from: bigint, to: bigint): Promise<bigint | undefined> => {
    if (question.quick === undefined) {
      throw new UserError('not-monotone', 'the command does not succeed at the end', 'scan with --scan --every TICKS');
    }
    await timeline.seek(tick(from), pace);
    const stop = await timeline.forward(EVERY_STEP, tick(to), pace);
    return stop.kind === 'limit' ? undefined : stop.tick;
  };
  return { holds, first, keep: () => void timeline.checkpoint() };
}

async function momentsOf(
  { tick: found }: SearchResult,
  { timeline, path, symbols }: InspectSession,
  from: Tick,
): Promise<Pick<Bisected, 'before' | 'made' | 'at'>> {
  if (found === undefined) return { before: undefined, made: [], at: undefined };
  const { board } = timeline;
  const view = () => momentOf(board, symbols);
  return travel(undefined, path, async (pace) => {
    if (found === from) {
      await timeline.seek(tick(found), pace);
      return { before: undefined, made: [], at: view() };
    }
    await timeline.seek(tick(found - 1n), pace);
    const [before, foreseen] = [view(), foresee(board)];
    await timeline.seek(tick(found), pace);
    return { before, made: stepMade(foreseen, board), at: view() };
  });
}
