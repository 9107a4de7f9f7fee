/**
 * Runs made in pieces, so that the world is let in between them: progress is shown, and the operator may give up.
 */

import { minOf } from '../../lib/bigint.ts';
import type { Both } from './both.ts';
import type { Run } from './run.ts';
import type { OnDigest } from './run-source.ts';

/** What a comparison is doing. */
export interface Progress {
  readonly doing: string;
  readonly at: bigint;
  readonly to: bigint;
}

/** Called every 20 ms of work or so; may wait; rejects to give up. */
export type Breathe = (progress: Progress) => Promise<void>;

/** Steps that take about as long as may pass between two breaths. */
const PIECE_TICKS = { interpreter: 1n << 20n, translator: 1n << 20n, reference: 256n } as const;

/** To `until`, or as far as the run comes. */
export async function advance(
  run: Run,
  until: bigint,
  { doing, breathe }: { readonly doing: string; readonly breathe: Breathe },
  onDigest?: OnDigest,
): Promise<void> {
  const piece = PIECE_TICKS[run.board.engine.name];
  do {
    run.to(minOf(until, run.now + piece), onDigest);
    await breathe({ doing, at: run.now, to: until });
  } while (run.now < until && run.ended === undefined);
}

/**
 * Both to `until`, or b to where a's run has ended. False when they do not stand at the same tick: b has ended first.
 */
export async function advanceBoth(
  { a, b }: Both<Run>,
  until: bigint,
  how: { readonly doing: string; readonly breathe: Breathe },
): Promise<boolean> {
  await advance(a, until, how);
  await advance(b, a.now, how);
  return a.now === b.now;
}
