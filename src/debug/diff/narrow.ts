/**
 * The exact tick at which two runs part, found between a tick at which they are alike and one at which they may not be:
 * both go forward by a stride and are compared; where they differ both go back to where they were alike and take
 * smaller strides. So the stretch is run once, a sixteenth of it a second time, and so on.
 *
 * What comes apart and together again within a stride is passed over. States that are wholly equal stay so, given the
 * same inputs.
 */

import type { Board } from '../../emu/machine/board.ts';
import { maxOf, minOf } from '../../lib/bigint.ts';
import type { Tick } from '../../lib/brands.ts';
import { advanceBoth, type Breathe } from './advance.ts';
import { type Both, both } from './both.ts';
import type { Mark, Run } from './run.ts';

/** Both runs stand at `alike` and were marked there; one step and what goes in with it makes them differ. */
export interface Parting {
  /** The last tick at which they are alike. */
  readonly alike: Tick;
  /**
   * The first tick at which they differ: alike + 1, or `alike` itself when one run ends there and the other goes on.
   */
  readonly tick: Tick;
  readonly marks: Both<Mark>;
}

export interface Search {
  /** Not compared beyond. */
  readonly until: bigint;
  /** First stride, ticks. */
  readonly stride: bigint;
  readonly alike: (a: Board, b: Board) => boolean;
  readonly doing: string;
  readonly breathe: Breathe;
}

const FINER = 16n;

/**
 * The runs stand at the same tick, alike; undefined when they are so up to `until` or to where both end. Afterwards
 * they stand at the parting's `alike`, or at the end of the search.
 */
export async function narrow(runs: Both<Run>, search: Search): Promise<Parting | undefined> {
  let marks = markBoth(runs);
  let stride = search.stride;
  for (;;) {
    const from = marks.a.tick;
    const target = minOf(search.until, from + stride);
    const together = await advanceBoth(runs, target, search);
    if (together && search.alike(runs.a.board, runs.b.board)) {
      if (runs.a.now >= search.until) return undefined;
      marks = markBoth(runs);
      const { a, b } = both((side) => runs[side].ended !== undefined);
      if (a && b) return undefined;
      if (a || b) return { alike: marks.a.tick, tick: marks.a.tick, marks };
      continue;
    }
    runs.a.back(marks.a);
    runs.b.back(marks.b);
    if (target - from <= 1n) return { alike: from, tick: target as Tick, marks };
    stride = maxOf(1n, minOf(stride, target - from) / FINER);
  }
}

const markBoth = (runs: Both<Run>): Both<Mark> => both((side) => runs[side].mark());
