/**
 * How gdb asks the guest to go on (vCont, c, s, bc, bs), and the run that follows, up to the reason of its stop. gdb
 * manual, "Packets". All harts go on together: the recording has one history.
 */

import { type Tick, tick } from '../../lib/brands.ts';
import { Interrupted, type Pace } from '../timeline/pace.ts';
import type { Stop, StopRequests } from '../timeline/stops.ts';
import { parseHex } from './hex.ts';
import { stepBackward } from './step-back.ts';
import { goOn, type Steps, stepForward } from './stepping.ts';
import type { StopPoints } from './stop-points.ts';
import type { StopReason } from './stop-reply.ts';
import type { DebugTarget } from './target.ts';

export type Action =
  | { readonly kind: 'continue' | 'reverse-continue' | 'reverse-step' }
  | { readonly kind: 'step'; readonly hart: number }
  /** Steps while pc is in the range, `to` not included. */
  | { readonly kind: 'range'; readonly hart: number; readonly from: bigint; readonly to: bigint }
  /** No run at all. */
  | { readonly kind: 'stay' };

export interface Run {
  readonly target: DebugTarget;
  readonly points: StopPoints;
  /** The one that gdb looks at. */
  readonly hart: number;
  readonly intoTraps: boolean;
  /** The last stop was for an access that is still to be made in this direction: it is not told again. */
  readonly pastAccess: boolean;
}

/** What a packet asks the guest to do; undefined for a packet that asks for nothing of the kind. */
export function actionOf(text: string, hart: number, harts: number): Action | 'malformed' | undefined {
  if (text === 'bc') return { kind: 'reverse-continue' };
  if (text === 'bs') return { kind: 'reverse-step' };
  if (text.startsWith('vCont;')) return parseVCont(text.slice('vCont;'.length), harts) ?? 'malformed';
  // To go on at another address would change pc.
  return /^[csCS]/.test(text) ? (simpleAction(text, hart) ?? 'malformed') : undefined;
}

/** Actions of vCont, `;` between; undefined when it makes no sense. A hart that is stepped decides. */
function parseVCont(text: string, harts: number): Action | undefined {
  let action: Action | undefined;
  for (const part of text.split(';')) {
    const [verb = '', thread] = part.split(':');
    const hart = thread === undefined || /^(0|-1)$/.test(thread) ? 'all' : hartOf(thread, harts);
    const parsed = hart === undefined ? undefined : verbAction(verb, hart === 'all' ? 0 : hart);
    if (parsed === undefined) return undefined;
    if (action === undefined || (action.kind === 'continue' && parsed.kind !== 'stay')) action = parsed;
  }
  return action;
}

/** Thread ids begin at 1. */
export function hartOf(thread: string, harts: number): number | undefined {
  const id = parseHex(thread);
  return id === undefined || id < 1n || id > BigInt(harts) ? undefined : Number(id) - 1;
}

/** A signal that comes with C or S means nothing to a machine. */
function simpleAction(verb: string, hart: number): Action | undefined {
  if (/^(c|C[0-9a-fA-F]{2})$/.test(verb)) return { kind: 'continue' };
  return /^(s|S[0-9a-fA-F]{2})$/.test(verb) ? { kind: 'step', hart } : undefined;
}

function verbAction(verb: string, hart: number): Action | undefined {
  const simple = simpleAction(verb, hart);
  if (simple !== undefined) return simple;
  if (verb === 't') return { kind: 'stay' };
  const range = /^r([0-9a-fA-F]+),([0-9a-fA-F]+)$/.exec(verb);
  const [from, to] = [parseHex(range?.[1] ?? ''), parseHex(range?.[2] ?? '')];
  return from === undefined || to === undefined ? undefined : { kind: 'range', hart, from, to };
}

/**
 * Carries an action out and says why it ended. An interrupt is such a reason; other errors are thrown on.
 *
 * A watchpoint stops where gdb wants it on RISC-V: with the access still to be made, in the direction in which the
 * guest goes. gdb then makes that one step itself, without watchpoints, and looks what has become of the value.
 */
export async function resume(action: Action, run: Run, pace: Pace): Promise<StopReason> {
  const { target, points } = run;
  if (action.kind === 'stay') return { kind: 'step' };
  const runs = action.kind === 'continue' || action.kind === 'reverse-continue';
  if (runs) points.continuing();
  if (action.kind === 'continue' || target.now >= target.end) target.refresh();
  const from = target.now;
  try {
    if (target.entered && action.kind === 'reverse-step') {
      target.leaveEntry();
      return { kind: 'step' };
    }
    const stopped = await carryOut(action, run, pace);
    if (stopped.kind === 'watchpoint') {
      await target.seek(tick(isReverse(action) ? target.now + 1n : target.now - 1n), pace);
      return watchReason(stopped, points);
    }
    if (stopped.kind === 'breakpoint') return { kind: 'break', by: points.breakReason(stopped.pc) };
    if (!runs && target.now !== from) return { kind: 'step' };
    return { kind: 'no-history', at: isReverse(action) ? 'begin' : 'end' };
  } catch (error) {
    if (error instanceof Interrupted) return { kind: 'interrupted' };
    throw error;
  }
}

export const isReverse = ({ kind }: Action): boolean => kind === 'reverse-continue' || kind === 'reverse-step';

function watchReason({ watch }: Stop & { kind: 'watchpoint' }, points: StopPoints): StopReason {
  const va = points.watchedAddress(watch);
  return va === undefined ? { kind: 'step' } : { kind: 'watch', on: watch.on, va };
}

async function carryOut(action: Exclude<Action, { kind: 'stay' }>, run: Run, pace: Pace): Promise<Stop> {
  const { target, points, intoTraps, pastAccess } = run;
  const { stops } = points;
  const hart = 'hart' in action ? action.hart : run.hart;
  const steps: Steps = { target, hart, stops, pace, intoTraps };
  switch (action.kind) {
    case 'continue': {
      const first = tick(target.now + 1n);
      const stopped = await goOn(steps);
      const isOld = pastAccess && stopped.kind === 'watchpoint' && target.now === first;
      return isOld ? await goOn(steps) : stopped;
    }
    case 'reverse-continue': {
      const first = target.now - 1n;
      const stopped = await backTo(stops, run, pace);
      const isOld = pastAccess && stopped.kind === 'watchpoint' && target.now === first;
      return isOld ? await backTo(stops, run, pace) : stopped;
    }
    case 'step':
      return await stepForward(steps);
    case 'reverse-step':
      return await stepBackward(steps);
    case 'range':
      return await stepOutOf(action, steps);
  }
}

/** Where an instruction has a breakpoint and makes an access that is watched, its access is met first. */
async function backTo(stops: StopRequests, { target }: Run, pace: Pace): Promise<Stop> {
  const stopped = await target.backward(stops, target.start, pace);
  const { watchpoints = [] } = stops;
  const { entered } = target;
  if (stopped.kind !== 'breakpoint' || watchpoints.length === 0) return stopped;
  const access = await target.forward({ watchpoints }, tick(stopped.tick + 1n), pace);
  await target.seek(stopped.tick, pace);
  if (access.kind === 'watchpoint') return { ...access, tick: stopped.tick };
  return entered ? await target.forward(stops, stopped.tick, pace) : stopped;
}

async function stepOutOf({ from, to }: Action & { kind: 'range' }, steps: Steps): Promise<Stop> {
  const { target, hart, stops, pace } = steps;
  for (let steppedFrom: Tick = target.now; ; steppedFrom = target.now) {
    const stopped = await stepForward(steps);
    const pc = target.readRegister(hart, 'pc');
    const stays = stopped.kind === 'limit' || stopped.kind === 'breakpoint';
    if (!stays || target.now === steppedFrom || pc < from || pc >= to) return stopped;
    if (stops.breakpoints?.has(pc) === true) return stopped;
    if (!(await pace.pause({ at: target.now, from: steppedFrom, to: target.end }))) throw new Interrupted();
  }
}
