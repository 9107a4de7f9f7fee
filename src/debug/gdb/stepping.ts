/**
 * One step of the code being debugged, forwards or backwards. Where an interrupt, a system call or a user's page fault
 * comes in between, the step goes on to where the interrupted code runs again, as a debugger of a process would; a
 * breakpoint in the handler stops it there. Code that never comes back leaves the step at the handler's entry.
 */

import type { Tick } from '../../lib/brands.ts';
import type { Pace } from '../timeline/pace.ts';
import type { Stop, StopRequests } from '../timeline/stops.ts';
import type { DebugTarget } from './target.ts';
import {
  type Context,
  contextOf,
  isEnvironmentCall,
  isPassedOver,
  isSameStrand,
  returnsFromTrap,
  trapTaken,
} from './trap-context.ts';

const TRAPS = new Set(['interrupt', 'exception', 'syscall'] as const);
const ECALL_BYTES = 4n;
const next = (tick: Tick): Tick => (tick + 1n) as Tick;
const before = (tick: Tick): Tick => (tick - 1n) as Tick;

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

/** To the moment before the last step; 'limit' also when the recording begins here: `now` tells. */
export async function stepBackward(steps: Steps): Promise<Stop> {
  const { target, hart, intoTraps } = steps;
  if (target.now <= target.start) return { kind: 'limit', tick: target.now };
  const from = contextOf(target, hart);
  const stopped = await oneBack(steps);
  if (intoTraps || stopped.kind !== 'limit' || !returnsFromTrap(target, hart)) return stopped;
  const handlerEnd = target.now;
  const trap = await toTrapOf(from, steps);
  if (trap !== undefined) return trap;
  await target.seek(handlerEnd, steps.pace);
  return stopped;
}

/** Going back asks for stops on the way only where an access could be one: it costs a second look at the step. */
async function oneBack({ target, stops, pace }: Steps): Promise<Stop> {
  const to = before(target.now);
  if ((stops.watchpoints ?? []).length > 0) return await target.backward(stops, to, pace);
  await target.seek(to, pace);
  return { kind: 'limit', tick: to };
}

/**
 * Back to the moment before the call that left the code of `after`, or before the last step that this code made before
 * it was interrupted, or to a stop on the way. Undefined when there is no such trap.
 */
async function toTrapOf(after: Context, steps: Steps): Promise<Stop | undefined> {
  const { target, hart, stops, pace } = steps;
  for (;;) {
    const stopped = await target.backward({ ...stops, events: TRAPS }, target.start, pace);
    if (stopped.kind === 'limit') return undefined;
    if (stopped.kind !== 'event') return stopped;
    const from = contextOf(target, hart);
    if (!isSameStrand(after, from)) continue;
    const made: Stop = { kind: 'limit', tick: target.now };
    if (from.pc === after.pc - ECALL_BYTES) return made;
    // An interrupt, or an instruction that was tried again: the step before it is the one to undo.
    if (from.pc !== after.pc) continue;
    if (target.now <= target.start) return made;
    const undone = await oneBack(steps);
    if (undone.kind !== 'limit' || !returnsFromTrap(target, hart)) return undone;
  }
}
