/** Where a new side of a pair goes: one row for each situation, the hosts in one line. */
import { expect, test } from 'vitest';
import { type PlaceRequest, place } from '../../../src/ft/cluster/placement.ts';
import type { HostReport, PairReport } from '../../../src/ft/cluster/records.ts';
import { type ClusterHost, clusterView } from '../../../src/ft/cluster/view.ts';

const GB = 2 ** 30;
const REQUEST: PlaceRequest = { pair: 'web', from: 'a', bytes: GB, version: '1.0', failed: new Set() };

interface Words extends Partial<HostReport> {
  readonly draining?: boolean;
  readonly lost?: boolean;
  readonly unproven?: boolean;
  /** Reservations: pairs, of one GB each. */
  readonly holds?: readonly string[];
}

/** The cluster with these hosts; `web` lives on a, alone. */
function hosts(words: Readonly<Record<string, Words>>, pairs: readonly PairReport[] = [pair({})]) {
  const of = (name: string, { draining, lost, unproven, holds, ...own }: Words) => ({
    report: {
      name,
      agent: `tcp:${name}:7300`,
      version: '1.0',
      cpus: 4,
      load: 1,
      ramBytes: 8 * GB,
      freeBytes: 8 * GB,
      ...own,
    },
    proven: unproven !== true,
  });
  const all: Readonly<Record<string, Words>> = { a: {}, ...words };
  const reports = Object.entries(all).flatMap(([name, each]) => (each.lost === true ? [] : [of(name, each)]));
  const ledgers = Object.entries(all).map(([name, { draining = false, holds = [] }]) => {
    const reservations = holds.map((held, i) => ({ id: `${held}-${i}`, pair: held, bytes: GB }));
    return [name, { enrolled: true, draining, reservations }] as const;
  });
  return clusterView(reports, new Map(ledgers), pairs).hosts;
}

const pair = (words: Partial<PairReport>): PairReport => ({
  name: 'web',
  epoch: 2,
  state: 'alone',
  primary: 'a',
  memoryBytes: GB,
  ...words,
});
const names = (found: readonly ClusterHost[]): string => found.map(({ name }) => name).join(' ');

const ROWS: readonly [string, readonly ClusterHost[], Partial<PlaceRequest>, string][] = [
  ['never its own host', hosts({}), {}, ''],
  ['equal hosts by name', hosts({ c: {}, b: {} }), {}, 'b c'],
  ['the least loaded', hosts({ b: { load: 3 }, c: { load: 0.5 }, d: { load: 2 } }), {}, 'c d b'],
  ['load is for each processor', hosts({ b: { load: 3, cpus: 16 }, c: { load: 2, cpus: 2 } }), {}, 'b c'],
  [
    'what it carries counts before the load shows it',
    hosts({ b: { holds: ['x', 'y', 'z'] }, c: { load: 2 } }),
    {},
    'c b',
  ],
  ['equal load: the most free memory', hosts({ b: { freeBytes: 2 * GB }, c: { freeBytes: 4 * GB } }), {}, 'c b'],
  ['a full host', hosts({ b: { ramBytes: 2 * GB, holds: ['x', 'y'] }, c: {} }), {}, 'c'],
  ['memory in use by others', hosts({ b: { freeBytes: GB / 2 }, c: {} }), {}, 'c'],
  ['just enough memory', hosts({ b: { ramBytes: 2 * GB, holds: ['x'] } }), {}, 'b'],
  ['a byte too little', hosts({ b: { ramBytes: 2 * GB, holds: ['x'] } }), { bytes: GB + 1 }, ''],
  ['another version', hosts({ b: { version: '1.1' }, c: {} }), {}, 'c'],
  ['a draining host', hosts({ b: { draining: true }, c: {} }), {}, 'c'],
  ['a lost host', hosts({ b: { lost: true }, c: {} }), {}, 'c'],
  ['a host of which nothing is known yet comes later', hosts({ b: { unproven: true }, c: { load: 4 } }), {}, 'c b'],
  [
    'a host that failed of late is the last choice',
    hosts({ b: {}, c: { load: 4 } }),
    { failed: new Set(['b']) },
    'c b',
  ],
  ['and still one', hosts({ b: {} }), { failed: new Set(['b']) }, 'b'],
  ['a place of the pair that is promised already', hosts({ b: { holds: ['web'] }, c: { load: 4 } }), {}, 'c'],
  ['a backup that the pair has', hosts({ b: {}, c: {} }, [pair({ state: 'protected', backup: 'b' })]), {}, 'c'],
  [
    'the latest epoch says where the pair is',
    hosts({ b: {}, c: {} }, [pair({ primary: 'b', epoch: 1 }), pair({})]),
    {},
    'b c',
  ],
  [
    'a primary that was started by hand takes memory',
    hosts({ b: { ramBytes: 1.5 * GB }, c: {} }, [pair({ name: 'db', primary: 'b' }), pair({})]),
    {},
    'c',
  ],
  ['one host for a trial', hosts({}), { sameHost: true }, 'a'],
];

test.each(ROWS)('%s', (_name, cluster, words, expected) => {
  const { hosts: found, refused } = place(cluster, { ...REQUEST, ...words });
  expect(names(found)).toBe(expected);
  // Every host is either taken or refused for a reason.
  expect([...found.map(({ name }) => name), ...refused.map(({ host }) => host)].sort()).toEqual(
    cluster.map(({ name }) => name),
  );
});

test('each refusal says why', () => {
  const cluster = hosts({
    b: { draining: true },
    c: { lost: true },
    d: { version: '2.0' },
    e: { ramBytes: GB / 2 },
    f: { holds: ['web'] },
  });
  expect(place(cluster, REQUEST).refused).toEqual([
    { host: 'a', reason: 'the other side is on it' },
    { host: 'b', reason: 'it is draining' },
    { host: 'c', reason: 'its agent is not heard' },
    { host: 'd', reason: 'its version is 2.0, not 1.0' },
    { host: 'e', reason: 'it has 512 MiB for guests left, and 1024 MiB are needed' },
    { host: 'f', reason: 'it has a place of the pair' },
  ]);
});
