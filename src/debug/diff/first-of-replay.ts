/**
 * The first difference between a recording and a replay of it by something else: another engine, a machine with a
 * fault. The recording's digests say what its own machine was like, so only the replay is run to where they disagree;
 * both are run over what lies between.
 */

import type { Tick } from '../../lib/brands.ts';
import { advance, type Breathe } from './advance.ts';
import type { First } from './first.ts';
import { checkLog, type LogCheck } from './log-check.ts';
import { narrow, type Parting } from './narrow.ts';
import type { Mark } from './run.ts';
import { sameState } from './state-diff.ts';
import { type HeardRun, type Subject, startRun } from './subject.ts';
import { tickText } from './tick-text.ts';

/** Strides that the stretch between two digests is gone through in first. */
const STRIDES = 16n;

/**
 * How B's machine is made: 'alike' A's, so that it cannot differ from it; with a 'fault' alone, so that one moment
 * makes all the difference; or in some 'other' way.
 */
export type Making = 'alike' | 'fault' | 'other';

export async function firstOfReplay(a: Subject, b: Subject, making: Making, breathe: Breathe): Promise<First> {
  const replay = startRun(b);
  const check = await checkLog(replay.run, b.reader.header, b.history.finish, breathe);
  const { end } = b.history;
  const whole = check.wrong === undefined && replay.run.now === end;
  if (whole && (making === 'alike' || check.provedTick === end)) return same(check, end);
  const until = check.wrong?.tick ?? end;
  if (making === 'alike') return unlikeRecording(check, until);
  const search = new Search(startRun(a), replay, check, until, breathe);
  const parting = (making === 'fault' && (await search.nearby())) || (await search.alongTrail());
  if (parting !== undefined) {
    const { own } = search;
    const why = stuckText(replay, parting);
    const text = `with the same inputs the states differ from tick ${tickText(parting.tick)} on${why}`;
    return { kind: 'state', tick: parting.tick, after: parting.alike, exact: true, text, runs: { a: own, b: replay } };
  }
  return whole ? same(check, end) : unlikeRecording(check, until);
}

class Search {
  readonly own: HeardRun;
  readonly #replay: HeardRun;
  readonly #check: LogCheck;
  readonly #until: Tick;
  readonly #breathe: Breathe;

  constructor(own: HeardRun, replay: HeardRun, check: LogCheck, until: Tick, breathe: Breathe) {
    this.own = own;
    this.#replay = replay;
    this.#check = check;
    this.#until = until;
    this.#breathe = breathe;
  }

  /**
   * Where a digest without memory last agreed, a fault that has happened is in the replay's memory. Then the
   * recording's machine, put there, does not come to the digest that the replay missed; else the fault is after that.
   */
  async nearby(): Promise<Parting | undefined> {
    const { agreedSmall, wrong } = this.#check;
    if (wrong === undefined || !(await this.#wasRecordedFrom(agreedSmall))) return undefined;
    return this.#narrow(agreedSmall, this.#until);
  }

  /** Whether the recording's machine, put where the replay was, comes to the digest that the replay missed. */
  async #wasRecordedFrom(mark: Mark): Promise<boolean> {
    const { run } = this.own;
    const { tick: at, scope, recorded } = this.#check.wrong!;
    run.back(mark);
    await advance(run, at, { doing: 'looking where A comes from there', breathe: this.#breathe });
    return run.now === at && BigInt(`0x${run.board.digest(scope)}`) === recorded;
  }

  /**
   * The recording's machine from where all agreed on, held against what the replay was like. undefined when they are
   * alike to the end of the search.
   */
  async alongTrail(): Promise<Parting | undefined> {
    const { agreed, trail } = this.#check;
    const { run } = this.own;
    run.back(agreed);
    let mark = agreed;
    for (const { tick: at, digest } of trail) {
      await advance(run, at, { doing: 'holding A against B', breathe: this.#breathe });
      if (run.now < at || run.board.digest('all') !== digest) return this.#narrow(mark, at);
      mark = run.mark();
    }
    return this.#narrow(mark, this.#until);
  }

  /** Both are alike at `from`. */
  #narrow(from: Mark, until: Tick): Promise<Parting | undefined> {
    const runs = { a: this.own.run, b: this.#replay.run };
    runs.a.back(from);
    runs.b.back(from);
    const stride = (until - from.tick) / STRIDES;
    const doing = 'looking for the tick';
    return narrow(runs, { until, stride: stride > 0n ? stride : 1n, alike: sameState, doing, breathe: this.#breathe });
  }
}

/** Why the replay cannot make the step that the other side makes, if that is so. */
function stuckText({ run }: HeardRun, { tick: at, marks }: Parting): string {
  run.to(at);
  const why = run.now < at && run.ended !== undefined ? `; B goes no further: ${run.ended}` : '';
  run.back(marks.b);
  return why;
}

function same({ compared }: LogCheck, after: Tick): First {
  const text = `the replay agrees with the recording to its end; ${compared} digests of its state were compared`;
  return { kind: 'same', tick: undefined, after, exact: true, text };
}

/** Every replay made here disagrees with the recording: the machine that made it was another. */
function unlikeRecording({ provedTick: after }: LogCheck, until: Tick): First {
  const text =
    'replays made here agree with each other and not with the recording: it was made by another version of lockstep, ' +
    'or its host computed wrongly';
  return { kind: 'state', tick: until, after, exact: until - after === 1n, text };
}
