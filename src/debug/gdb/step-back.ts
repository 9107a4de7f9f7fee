/**
 * One step backwards of the code being debugged: the mirror of stepping.ts. Where this code has just come back from an
 * interrupt, a system call or a page fault, the step goes back to where it was left; a breakpoint in the handler stops
 * it there.
 */

import { type Tick, tick } from '../../lib/brands.ts';
import type { Stop } from '../timeline/stops.ts';
import type { Steps } from './stepping.ts';
import { type Context, contextOf, returnsFromTrap } from './trap-context.ts';
import { lastTrap } from './trap-search.ts';

const oneBefore = (at: Tick): Tick => tick(at - 1n);

/** To the moment before the last step; 'limit' also when the recording begins here: `now` tells. */
export async function stepBackward(steps: Steps): Promise<Stop> {
  const { target, hart, stops, pace, intoTraps } = steps;
  const from = target.now;
  if (from <= target.start) return { kind: 'limit', tick: from };
  const after = contextOf(target, hart);
  // Going back with an eye on accesses costs a second look at the step.
  const watches = (stops.watchpoints ?? []).length > 0;
  if (watches) {
    const stopped = await target.backward(stops, oneBefore(from), pace);
    if (stopped.kind !== 'limit') return stopped;
  } else {
    await target.seek(oneBefore(from), pace);
  }
  if (intoTraps || !returnsFromTrap(target, hart)) return { kind: 'limit', tick: target.now };
  const to = await whereLeft(after, steps);
  if (watches || (stops.breakpoints?.size ?? 0) > 0) {
    await target.seek(oneBefore(from), pace);
    return await target.backward(stops, to, pace);
  }
  await target.seek(to, pace);
  return { kind: 'limit', tick: to };
}

/**
 * The target stands where `after` is returned to from a trap: the moment before the call that was made there, or before
 * the last step that this code made before it was interrupted. Where it begins with this return, or the trap is not
 * found, that return itself.
 */
async function whereLeft(after: Context, steps: Steps): Promise<Tick> {
  const { target, hart, pace } = steps;
  let to = target.now;
  for (let at = to; ; ) {
    const trap = await lastTrap(after, at, steps);
    if (trap === undefined) return to;
    if (trap.isCall || trap.tick <= target.start) return trap.tick;
    at = trap.tick;
    to = oneBefore(at);
    await target.seek(to, pace);
    if (!returnsFromTrap(target, hart)) return to;
  }
}
