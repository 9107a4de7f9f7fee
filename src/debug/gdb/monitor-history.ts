/**
 * Questions about the past that are answered by going there and back: what the guest printed last, who wrote some bytes
 * last. Invariant: the target stands where it stood; the way back is not interrupted, as a seek takes a bounded time.
 */

import { type Tick, tick } from '../../lib/brands.ts';
import { UserError } from '../../lib/errors.ts';
import type { Pace } from '../timeline/pace.ts';
import type { DebugTarget, Range } from './target.ts';

interface Here {
  readonly target: DebugTarget;
  hart(): number;
  readonly pace: Pace;
}

/** Then back to where the look began, also when it fails half way. */
async function andBack<T>({ target }: Here, look: () => Promise<T>): Promise<T> {
  const { now } = target;
  try {
    return await look();
  } finally {
    if (target.now !== now) await target.seek(now);
  }
}

/** The last `count` whole lines of the guest's terminal up to now, oldest first, each with the tick of its end. */
export function lastLines(here: Here, count: number): Promise<{ readonly at: Tick; readonly line: string }[]> {
  const { target, pace } = here;
  return andBack(here, async () => {
    const lines: { at: Tick; line: string }[] = [];
    while (lines.length < count) {
      const stopped = await target.backward({ consoleMatch: /^/ }, target.start, pace);
      if (stopped.kind !== 'console') break;
      lines.unshift({ at: stopped.tick, line: stopped.line });
    }
    return lines;
  });
}

export interface LastWrite {
  /** The moment before the instruction. */
  readonly at: Tick;
  readonly pc: bigint;
  /** The bytes as a number, or as they lie in memory when they are many. */
  readonly before: string;
  readonly after: string;
}

/** The last write up to now to any of `length` bytes at a virtual address. UserError when it is not mapped to RAM. */
export function lastWrite(here: Here, va: bigint, length: number): Promise<LastWrite | undefined> {
  const { target, hart, pace } = here;
  const ranges = target.physicalRanges(hart(), va, length);
  if (ranges === undefined) {
    const what = `not all of ${length} bytes at 0x${va.toString(16)} are mapped to RAM now`;
    throw new UserError('not-mapped', what, 'go to a moment when they are');
  }
  return andBack(here, async () => {
    const watchpoints = ranges.map((range) => ({ ...range, on: 'write' }) as const);
    const stopped = await target.backward({ watchpoints }, target.start, pace);
    if (stopped.kind !== 'watchpoint') return undefined;
    const before = valueText(target, ranges);
    const at = target.now;
    await target.seek(tick(at + 1n), pace);
    return { at, pc: stopped.pc, before, after: valueText(target, ranges) };
  });
}

function valueText(target: DebugTarget, ranges: readonly Range[]): string {
  const bytes = ranges.flatMap(({ pa, length }) => [...target.readPhysical(pa, length)]);
  const digits = bytes.map((byte) => byte.toString(16).padStart(2, '0'));
  return bytes.length > 8
    ? digits.join(' ')
    : `0x${digits
        .toReversed()
        .join('')
        .replace(/^0+(?=.)/, '')}`;
}
