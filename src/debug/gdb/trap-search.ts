/**
 * The trap that some code was left by before it came to where it stands: looked for in the past, in windows that grow.
 * In each window all traps are gone through forwards, which costs less than going back from one to the one before.
 */

import { maxOf } from '../../lib/bigint.ts';
import { type Tick, tick } from '../../lib/brands.ts';
import type { Pace } from '../timeline/pace.ts';
import type { DebugTarget } from './target.ts';
import { contextOf, isSameStrand, leftBy, type Strand } from './trap-context.ts';

export interface FoundTrap {
  /** The moment before it. */
  readonly tick: Tick;
  /** A call of the environment, which is not made again; else the instruction is still to be made. */
  readonly isCall: boolean;
}

const TRAPS = new Set(['interrupt', 'exception', 'syscall'] as const);
const ECALL_BYTES = 4n;
const FIRST_WINDOW = 20_000n;
const WINDOW_GROWTH = 8n;
/** Traps that are looked at before the search is given up: a strand may have begun without one. */
const TRAPS_MAX = 5000;

/**
 * The last trap before tick `before` that left `strand` where it stands. Undefined when there is none among those
 * looked at. The target is left anywhere.
 */
export async function lastTrap(
  strand: Strand,
  before: Tick,
  { target, hart, pace }: { readonly target: DebugTarget; readonly hart: number; readonly pace: Pace },
): Promise<FoundTrap | undefined> {
  let looked = 0;
  let high = before;
  for (let width = FIRST_WINDOW; high > target.start && looked < TRAPS_MAX; width *= WINDOW_GROWTH) {
    const low = tick(maxOf(target.start, high - width));
    let found: FoundTrap | undefined;
    await target.seek(low, pace);
    for (; looked < TRAPS_MAX; looked++) {
      const stopped = await target.forward({ events: TRAPS }, high, pace);
      if (stopped.kind !== 'event') break;
      // An interrupt is about to be taken; others have been.
      const isAhead = stopped.event === 'interrupt';
      const now = contextOf(target, hart);
      const left = isAhead ? now : leftBy(now);
      const isCall = stopped.event === 'syscall' && left.pc === strand.pc - ECALL_BYTES;
      const isLeft = isSameStrand(left, strand) && (isCall || left.pc === strand.pc);
      if (isLeft) found = { tick: isAhead ? target.now : tick(target.now - 1n), isCall };
    }
    if (found !== undefined) return found;
    high = low;
  }
  return undefined;
}
