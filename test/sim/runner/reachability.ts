/** What must happen in some world, or the simulator proves less than it says. */

import { CLONING, KILL_POINTS } from '../faults/kill-points.ts';

const SOMETIMES: readonly string[] = [
  ...new Set([...KILL_POINTS, ...CLONING].map(({ probe }) => `at: ${probe}`)),
  'A goes live',
  'B goes live',
  'A halts: lost',
  'B halts: lost',
  'A is off',
  'B is off',
  'claim won',
  'claim lost',
  'claim unknown',
  'claim reply lost',
  'waits for the storage',
  'primary stalled: buffer full',
  'primary goes on: buffer has room',
  'backup buffer full',
  'backup reads again',
  'share cut',
  'share raised',
  'requests given out again',
  'output left twice',
  'stale request refused',
  'storage reconnected',
  'race serialised',
  'torn write',
  'disk full',
  'claim not kept',
  'ended by a full log',
  'disk error',
  'damaged message refused',
  'damaged heartbeat dropped',
  'operator powers off',
  'somebody serves at the end',
  'a node is started again',
  'a copy is made',
  'a copy is abandoned',
  'a guest outruns its copy',
  'a later generation goes live',
  'in lockstep again',
];

export const unreached = (counters: ReadonlyMap<string, number>): string[] =>
  SOMETIMES.filter((what) => (counters.get(what) ?? 0) === 0);
