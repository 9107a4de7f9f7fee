/**
 * What watches the steps of a run for breakpoints, watchpoints, registers and traps. There may be several ways to
 * watch; a timeline does not know which one it has.
 */

import type { Board } from '../../emu/machine/board.ts';
import type { RunResult } from '../../emu/machine/machine.ts';
import type { Tick } from '../../lib/brands.ts';
import type { Hit, StopRequests } from './stops.ts';

export interface Probe {
  /**
   * As Machine.run, from where the inputs of the present tick have been applied; comes back early at a hit. What is
   * about to happen (breakpoint, interrupt) stops it before the step, once at each tick; what a step did, or an input
   * before it, after it.
   */
  run(until: Tick): RunResult;
  /** Whether the last run came back early. */
  readonly stopped: boolean;
  /** Hits since the last call, in order. */
  take(): readonly Hit[];
  /** Lets go of the machine. */
  close(): void;
}

/** A probe for what a probe is needed for among `stops`. Hits that end forwards at `after` or before are not told. */
export type ProbeFactory = (board: Board, stops: StopRequests, after: Tick) => Probe;

/** Whether anything is asked for that only a probe sees. */
export function needsProbe({ breakpoints, watchpoints, registers, events }: StopRequests): boolean {
  const traps = [...(events ?? [])].some((event) => event !== 'input');
  return traps || (breakpoints?.size ?? 0) + (watchpoints?.length ?? 0) + (registers?.length ?? 0) > 0;
}
