/**
 * The in-door of a machine: who decides what happens to it and when. A live host, a log and a channel are all sources;
 * the recorder decorates one. A source knows the machine by the moments it is shown, nothing more.
 *
 * Invariant: the answer to `next` is applied as it is, at the moment shown, before another step is made.
 */

import type { Input } from '../emu/machine/events.ts';
import type { Tick } from '../lib/brands.ts';

export type { Input };

/** Where a machine stands between two runs. */
export interface Moment {
  readonly tick: Tick;
  /** Guest time, units of 100 ns. */
  readonly time: bigint;
  /**
   * 'running': steps can be made. 'skipping': every hart waits, and without an input now the session moves virtual time
   * to the next timer by itself (clock 'ticks' only). 'waiting': every hart waits and only an input can end that.
   * 'halted': the machine has stopped for good; the source is told so that it can close, and its answer is not used.
   */
  readonly state: 'running' | 'skipping' | 'waiting' | 'halted';
  /** Guest time at which the next armed timer is due, as the machine tells it. */
  readonly nextTimer: bigint | undefined;
}

/** What is to happen now, and how far the machine may go after it. */
export interface Grant {
  /** Applied in order at the tick of the moment. */
  readonly inputs: readonly Input[];
  /**
   * The machine runs to exactly this tick or to less when idle or halted. Equal to the moment's tick: no step is made.
   */
  readonly until: Tick;
}

export interface InputSource {
  /**
   * What happens at this moment; 'end' when the source has nothing more to say (the log ends, the operator stops);
   * 'starved' when it is not known yet, for a source that follows a machine elsewhere: to be asked again. Synchronous.
   * A live source may block the thread while the state is 'waiting', at most until something arrives or `nextTimer` is
   * due; it must not block in any other state, and must let `until` exceed the moment's tick.
   */
  next(now: Moment): Grant | 'end' | 'starved';
  /** A non-deterministic read (Nondet kinds) made by the step that begins at `tick`. Called while the machine runs. */
  nondet(kind: number, tick: Tick): bigint;
  /** The machine refused an input of the last grant. Throws, or returns to let the session throw `error`. */
  applyFailed?(input: Input, error: unknown): void;
}
