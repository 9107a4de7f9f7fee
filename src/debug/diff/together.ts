/**
 * Two runs made step by step beside each other, and what of a machine its code sees, compared cheaply.
 */

import { fieldOffset, type HartField, stateFields } from '../../emu/cpu/hart-layout.ts';
import type { Board } from '../../emu/machine/board.ts';
import type { Tick } from '../../lib/brands.ts';
import type { Breathe } from './advance.ts';
import { type Both, both } from './both.ts';
import type { Parting } from './narrow.ts';
import type { Run } from './run.ts';

/** Fields that say when, and that code sees only by reading a clock. */
const TIMING: ReadonlySet<HartField> = new Set(['tick', 'anchorTick', 'anchorTime', 'rate', 'exactClock']);
/** Integer and floating-point registers come first in a hart's block, 32 of each. */
const FILE_BYTES = 64 * 8;
const SEEN = stateFields.filter((field) => !TIMING.has(field)).map(fieldOffset);

/** Whether code sees the same: registers, CSRs, privilege and pc of all harts. Not memory, and not the clock itself. */
export function registersAlike(a: Board, b: Board): boolean {
  return a.harts.every((hart, i) => {
    const x = new DataView(a.memory.buffer, hart.at);
    const y = new DataView(b.memory.buffer, b.harts[i]!.at);
    for (let at = 0; at < FILE_BYTES; at += 4) if (x.getInt32(at) !== y.getInt32(at)) return false;
    return SEEN.every((at) => x.getInt32(at) === y.getInt32(at) && x.getInt32(at + 4) === y.getInt32(at + 4));
  });
}

/** Whether the same instruction comes next on every hart. */
export const flowAlike = (a: Board, b: Board): boolean =>
  a.harts.every((hart, i) => hart.get('pc') === b.harts[i]!.get('pc'));

/** What the way taken leaves behind: traps, and the stack that is in use. */
const TRACES: readonly HartField[] = ['priv', 'mepc', 'mcause', 'sepc', 'scause', 'satp'];
const SP = 2;

/**
 * Whether the way taken lately seems to be the same. Ways that have parted can meet at the same instruction, in a loop
 * most of all; they seldom agree in all of this.
 */
export const waysAlike = (a: Board, b: Board): boolean =>
  flowAlike(a, b) &&
  a.harts.every((hart, i) => {
    const other = b.harts[i]!;
    return hart.x(SP) === other.x(SP) && TRACES.every((field) => hart.get(field) === other.get(field));
  });

const STEPS_BETWEEN_BREATHS = 2048;

/**
 * Makes `steps` steps of both, from one tick, where they are alike; each is looked at, so that nothing is passed over.
 * Afterwards they stand at the parting's `alike`, or at the end of the search.
 */
export async function stepTogether(
  { a, b }: Both<Run>,
  steps: number,
  alike: (a: Board, b: Board) => boolean,
  breathe: Breathe,
): Promise<Parting | undefined> {
  const marks = both((side) => (side === 'a' ? a : b).mark());
  const from = a.now;
  const until = from + BigInt(steps);
  while (a.now < until && a.ended === undefined && b.ended === undefined) {
    const last = a.now;
    a.to(last + 1n);
    b.to(last + 1n);
    if (a.now !== b.now || !alike(a.board, b.board)) return backTo({ a, b }, marks, last);
    if (Number(last - from) % STEPS_BETWEEN_BREATHS === 0) {
      await breathe({ doing: 'stepping', at: last, to: until });
    }
  }
  return undefined;
}

/** Marks are dear, so the one at `last` is made only now that it is wanted. */
function backTo(runs: Both<Run>, marks: Parting['marks'], last: Tick): Parting {
  const at = both((side) => {
    runs[side].back(marks[side]);
    runs[side].to(last);
    return runs[side].mark();
  });
  return { alike: last, tick: (last + 1n) as Tick, marks: at };
}
