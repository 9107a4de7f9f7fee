/**
 * What the primary does with each event in each state:
 *
 *     state      connected  message      closed    heartbeat  frame     output   claimed  time
 *     seeking    greet      court        redial    -          keep      hold(3)  -        dial
 *     copying    greet      listen       reconnect note       send      release  -        detect, dial, pace
 *     protected  greet      listen       reconnect note       send      hold(1)  -        detect, dial, pace, control
 *     switching  greet      listen       reconnect note       send      hold(1)  -        detect, dial, pace, call off
 *     yielded    greet      listen       reconnect note       keep      hold     -        detect, dial, pace
 *     claiming   -          -            -         -          keep      hold     verdict  ask again
 *     alone      -          -            -         -          (2)       release  -        -
 *     halted, off: nothing has any effect
 *
 *     abandoned  -          -            -         -          -         release  -        -
 *
 * (1) released at once when what covers it is acknowledged. (2) the last one: off. (3) release, of a guest that runs.
 */

import type { PrimaryEvent, PrimaryState } from './io.ts';
import type { StateTable } from './state-table.ts';

/** The event of that kind. */
export type On<P, K extends PrimaryEvent<P>['kind']> = Extract<PrimaryEvent<P>, { readonly kind: K }>;

type Act<P, K extends PrimaryEvent<P>['kind']> = (event: On<P, K>, now: number) => void;

/** What a primary can do; each act is called in the states where the table has it. */
export interface PrimaryActs<P> {
  readonly connected: Act<P, 'connected'>;
  readonly message: Act<P, 'message'>;
  readonly closed: Act<P, 'closed'>;
  /** A backup for a guest that runs was dialled in vain. */
  readonly missed: Act<P, 'closed'>;
  readonly heartbeat: Act<P, 'heartbeat'>;
  readonly links: Act<P, 'links'>;
  /** Keeps it, and sends it where that may be. */
  readonly frame: Act<P, 'frame'>;
  /** Notes what the backup has still to read. */
  readonly reads: Act<P, 'reads'>;
  /** Nobody follows: only the end of the log says anything. */
  readonly last: Act<P, 'frame'>;
  readonly ended: Act<P, 'ended'>;
  readonly hold: Act<P, 'output'>;
  /** Holds it, unless what covers it is acknowledged already. */
  readonly holdUncovered: Act<P, 'output'>;
  readonly release: Act<P, 'output'>;
  readonly switch: Act<P, 'switch'>;
  readonly letGo: Act<P, 'letGo'>;
  readonly quiet: Act<P, 'quiet'>;
  readonly settled: Act<P, 'settled'>;
  readonly callOff: Act<P, 'callOff'>;
  readonly claimed: Act<P, 'claimed'>;
}

/** `runs`: the guest runs already, and a backup is made for it. */
export function primaryTable<P>(acts: PrimaryActs<P>, runs: boolean): StateTable<PrimaryState, PrimaryEvent<P>> {
  const { connected, message, closed, heartbeat, links, frame, reads, ended, hold, release } = acts;
  const channel = { connected, message, closed };
  const followed = { ...channel, heartbeat, frame };
  const { quiet, settled, callOff } = acts;
  return {
    seeking: runs
      ? { ...channel, links, closed: acts.missed, output: release, ended }
      : { ...channel, links, frame, output: hold },
    copying: { ...followed, links, output: release, ended },
    protected: { ...followed, links, reads, output: acts.holdUncovered, switch: acts.switch, letGo: acts.letGo },
    switching: { ...followed, links, reads, output: acts.holdUncovered, quiet, settled, callOff },
    yielded: { ...followed, output: hold },
    claiming: { frame, output: hold, claimed: acts.claimed },
    alone: { frame: acts.last, output: release, ended },
    abandoned: { output: release, ended },
    halted: {},
    off: {},
  };
}
