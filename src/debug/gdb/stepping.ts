/**
 * One step forwards of the code being debugged. Where an interrupt, a system call or a user's page fault comes in
 * between, the step goes on to where the interrupted code runs again, as a debugger of a process would; a breakpoint in
 * the handler stops it there. Code that never comes back leaves the step at the handler's entry.
 */

import type { Tick } from '../../lib/brands.ts';
import type { Pace } from '../timeline/pace.ts';
import type { Stop, StopRequests } from '../timeline/stops.ts';
import { successors } from './successors.ts';
import type { DebugTarget } from './target.ts';
import { type Context, contextOf, isEnvironmentCall, isPassedOver, isSameStrand, trapTaken } from './trap-context.ts';

const ECALL_BYTES = 4n;
const next = (tick: Tick): Tick => (tick + 1n) as Tick;

export interface Steps {
  readonly target: DebugTarget;
  readonly hart: number;
  readonly stops: StopRequests;
  readonly pace: Pace;
  /** Steps into interrupts, system calls and page faults too. */
  readonly intoTraps: boolean;
}

/** The last stop on the way; 'limit' when the step was made, or when the recording ends here: `now` tells. */
export async function stepForward(steps: Steps): Promise<Stop> {
  const { target, hart, stops, pace, intoTraps } = steps;
  for (;;) {
    if (target.now >= target.end) return { kind: 'limit', tick: target.now };
    const from = contextOf(target, hart);
    const stopped = await target.forward(stops, next(target.now), pace);
    if (intoTraps || stopped.kind !== 'limit') return stopped;
    const cause = trapTaken(from, contextOf(target, hart));
    if (cause === undefined || !isPassedOver(cause, from)) return stopped;
    const back = await untilBack(steps, from, isEnvironmentCall(cause));
    if (back.kind !== 'breakpoint' || stops.breakpoints?.has(back.pc) === true) return back;
    // Where the instruction is to be tried again, or has not been made yet, the step is still to be made.
    if (back.pc !== from.pc) return { kind: 'limit', tick: target.now };
  }
}

/** Runs until the code that `from` was of runs again; back to where it was left if it never does. */
async function untilBack({ target, hart, stops, pace }: Steps, from: Context, call: boolean): Promise<Stop> {
  const entry = target.now;
  const returns = call ? [from.pc, from.pc + ECALL_BYTES] : [from.pc];
  const breakpoints = new Set([...(stops.breakpoints ?? []), ...returns]);
  for (;;) {
    const stopped = await target.forward({ ...stops, breakpoints }, target.end, pace);
    if (stopped.kind === 'limit') {
      await target.seek(entry, pace);
      return { kind: 'limit', tick: entry };
    }
    if (stopped.kind !== 'breakpoint' || stops.breakpoints?.has(stopped.pc) === true) return stopped;
    if (isSameStrand(from, contextOf(target, hart))) return stopped;
  }
}

/**
 * Goes on to a stop. A breakpoint right behind an instruction that is interrupted before it is made is most likely
 * gdb's step: other threads that come by there are let pass.
 */
export async function goOn(steps: Steps): Promise<Stop> {
  const { target, hart, stops, pace, intoTraps } = steps;
  const behind = intoTraps ? [] : successors(target, hart).filter((pc) => stops.breakpoints?.has(pc) === true);
  if (behind.length === 0) return await target.forward(stops, target.end, pace);
  const from = contextOf(target, hart);
  const first = await target.forward(stops, next(target.now), pace);
  if (first.kind !== 'limit') return first;
  const cause = trapTaken(from, contextOf(target, hart));
  const isLeft = cause !== undefined && isPassedOver(cause, from);
  for (;;) {
    const stopped = await target.forward(stops, target.end, pace);
    const isOther = isLeft && stopped.kind === 'breakpoint' && behind.includes(stopped.pc);
    if (!isOther || isSameStrand(from, contextOf(target, hart))) return stopped;
  }
}
