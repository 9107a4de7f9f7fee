/** What must happen in some world, or the simulator proves less than it says. */

import { CLONING, KILL_POINTS, MIRRORING, READING, SWITCHING } from '../faults/kill-points.ts';

const SOMETIMES: readonly string[] = [
  ...new Set([...KILL_POINTS, ...CLONING, ...SWITCHING, ...READING, ...MIRRORING].map(({ probe }) => `at: ${probe}`)),
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
  'a switch is ordered',
  'a switch is made',
  'a switch comes to nothing',
  'a backup is let go',
  'a read fails',
  'a backup reads again',
  'a backup waits for a read before it lives',
  'a write waits for a read of the backup',
  'a majority has decided',
  'a ballot is refused',
  'a race for a ledger is lost',
  'an unknown swap was done',
  'an unknown swap was not done',
  'a lease lapses while its owner lives',
  'the registry is away while somebody asks',
  'a registry is made anew',
  'no memory is left for a place',
  'a host is drained',
  'a host is drained while a place is wanted',
  'a host of the cluster is lost',
  'an agent is started again',
  'a place is free again',
  'a place is given back while it is started',
  'an image is made equal',
  'an image cannot be made equal',
  'an image is behind its guest',
  "a backup's image is compared",
  'a guest waits for its image before it lives',
];

/**
 * What needs more worlds: B hands over only when it has survived, has made itself a new backup and is then told to; and
 * a switch is rarely called off as late as after it has begun.
 */
const RARE: ReadonlySet<string> = new Set(
  [
    'B.after.quiesce',
    'B.on.quiet',
    'B.before.settle',
    'B.on.settled',
    'B.before.send.yield',
    'B.after.send.yield',
    'A.on.message.yield',
    'A.before.send.taken',
    'A.after.send.taken',
    'B.on.message.taken',
    'A.after.resume',
    'B.after.resume',
  ].map((probe) => `at: ${probe}`),
);
const RARE_FROM_WORLDS = 100_000;

/** What has not happened in so many worlds, and should have. */
export const unreached = (counters: ReadonlyMap<string, number>, worlds: number): string[] =>
  SOMETIMES.filter((what) => (counters.get(what) ?? 0) === 0 && (worlds >= RARE_FROM_WORLDS || !RARE.has(what)));
