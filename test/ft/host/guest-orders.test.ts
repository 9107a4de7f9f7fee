/** What the operator says to a guest: an entry of its log, for both sides, said at the primary alone. */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { parseEndpoint } from '../../../src/host/ft/endpoint.ts';
import { moveBackup, switchPair } from '../../../src/host/ft/moves.ts';
import { type FoundNode, findNodes, stopPair } from '../../../src/host/ft/nodes.ts';
import { orderGuest } from '../../../src/host/ft/order-guest.ts';
import {
  joinCluster,
  pairUp,
  protectAgain,
  protectedAt,
  protectPair,
  unprotectPair,
} from '../../../src/host/ft/protection.ts';
import { replay } from '../../host/support.ts';
import { countOf, eachWorld, joined, moved, type Side, sample } from './sides.ts';

const world = eachWorld();

const theSide = async (command: string): Promise<FoundNode> =>
  (await findNodes('pair')).find((node) => node.command === command)!;

/** The side's node, once it tells so of its guest. */
async function told(command: string, holds: (node: FoundNode) => boolean): Promise<FoundNode> {
  for (;;) {
    const node = await theSide(command);
    if (holds(node)) return node;
    await sleep(20);
  }
}

const goesOn = async (side: Side, bytes = 300): Promise<void> => {
  const { length } = side.said;
  await side.until(({ said }) => said.length > length + bytes);
};

test('ft reset, and the primary is killed right after: the guest is reset, and once', async () => {
  const { primary, backup } = await world.pair({ append: 'every=5' });
  await primary.until(({ said }) => said.includes('count 40\n'));
  expect(await orderGuest('pair', 'reset')).toBe('pair');
  primary.kill();
  await primary.ended;
  await backup.state('live');
  await goesOn(backup, 1000);
  backup.kill('SIGINT');
  expect(await backup.ended).toBe(130);
  const { text, outcome } = await replay(world.path('backup.lks'));
  expect(outcome).toMatchObject({ ending: 'stopped', exitCode: 0, totals: { events: { control: 1 } } });
  expect([text.startsWith(primary.said), text.endsWith(backup.said)]).toEqual([true, true]);
  const again = text.lastIndexOf('count 1\n');
  expect(text.match(/count 1\n/g)).toHaveLength(2);
  expect([countOf(text.slice(0, again)), countOf(text.slice(again))]).not.toContain(undefined);
});

test('suspended, a guest stands still for longer than a silence may last, and through a takeover', async () => {
  const { primary, backup } = await world.pair({ append: 'every=5', detectMs: 3000 });
  await primary.until(({ said }) => said.includes('count 40\n'));
  await orderGuest('pair', 'share 60');
  await orderGuest('pair', 'suspend');
  const { ticks, status } = await theSide('primary');
  await sleep(4000);
  const set = { suspended: true, sharePercent: 60, ticks };
  expect(await theSide('primary')).toMatchObject({ ...set, status: { state: 'protected', epoch: status!.epoch } });
  expect(await theSide('backup')).toMatchObject({ ...set, status: { state: 'following' } });
  const shown = world.command('ft', 'status');
  expect(await shown.ended, shown.complaints).toBe(0);
  expect(shown.said).toMatch(/guest +tick [\d,]+, suspended\nshare +60 % of a processor/);
  await expect(orderGuest('pair', 'suspend')).rejects.toThrow('suspended already');
  primary.kill();
  await primary.ended;
  await backup.state('live');
  await sleep(500);
  expect(await theSide('backup')).toMatchObject({ ...set, status: { state: 'live' } });
  // All that it had said has left, and nothing since.
  const { length } = joined(primary.said, backup.said);
  await orderGuest('pair', 'resume');
  await told('backup', (node) => node.ticks > ticks);
  await goesOn(backup);
  expect(await theSide('backup')).toMatchObject({ suspended: false, sharePercent: 60 });
  await expect(orderGuest('pair', 'resume')).rejects.toThrow('not suspended');
  await orderGuest('pair', 'suspend');
  expect(await world.command('ft', 'stop').ended).toBe(0);
  expect(await backup.ended).toBe(0);
  const whole = joined(primary.said, backup.said);
  expect(whole.length).toBeGreaterThan(length);
  expect(countOf(whole)).toBeGreaterThan(40);
  const recorded = await replay(world.path('backup.lks'));
  expect(recorded).toMatchObject({ text: whole, outcome: { ending: 'halted', exitCode: 0 } });
  expect(recorded.outcome.totals.events).toMatchObject({ share: 1, suspend: 2, resume: 1 });
});

test('a suspended guest is handed over, and stands still there', async () => {
  const { primary, backup } = await world.pair({ append: 'every=5' });
  await primary.until(({ said }) => said.includes('count 20\n'));
  await orderGuest('pair', 'suspend');
  const { ticks } = await theSide('primary');
  await moved(primary, backup);
  expect(await primary.ended).toBe(0);
  expect(await told('backup', ({ status }) => status?.state === 'live')).toMatchObject({ suspended: true, ticks });
  await orderGuest('pair', 'resume');
  await goesOn(backup);
  expect(countOf(joined(primary.said, backup.said))).toBeDefined();
});

test('a suspended guest is given a backup, which has a guest that stands still', async () => {
  const guest = world.side({ role: 'record', at: 'none', kernel: sample('count'), append: 'every=5' });
  await guest.until(({ said }) => said.includes('count 20\n'));
  await orderGuest('pair', 'suspend');
  const { ticks } = await theSide('record');
  const { backup, port } = await world.backup();
  const at = `tcp:127.0.0.1:${port}`;
  const tuning = { detectMs: 10_000, sameHost: true, reconnectMs: 200 };
  await protectedAt(await pairUp(await theSide('record'), { arbiter: world.arbiter, tuning, backup: at }), at);
  guest.kill();
  await guest.ended;
  await backup.state('live');
  expect(await told('backup', ({ suspended }) => suspended === true)).toMatchObject({ ticks });
  await orderGuest('pair', 'resume');
  await goesOn(backup);
  expect(countOf(joined(guest.said, backup.said))).toBeDefined();
  backup.kill('SIGINT');
  expect(await backup.ended).toBe(130);
  expect((await replay(world.path('backup.lks'))).outcome).toMatchObject({ ending: 'stopped', exitCode: 0 });
});

const ELSEWHERE = parseEndpoint('--to', 'tcp:127.0.0.1:1');
/** Every order that there is, as its command gives it at a host that has the backup alone. */
const ORDERS: { readonly [command: string]: (backup: FoundNode) => Promise<unknown> } = {
  'ft stop': () => stopPair('pair'),
  'ft move --primary': () => switchPair('pair'),
  'ft move --backup': () => moveBackup('pair', ELSEWHERE),
  'ft protect --backup': (backup) => protectPair(backup, ELSEWHERE),
  'ft protect': (backup) => protectAgain(backup),
  'ft unprotect': () => unprotectPair('pair'),
  'ft protect --registry': (backup) => joinCluster(backup, 'dir:/nowhere'),
  'ft reset': () => orderGuest('pair', 'reset'),
  'ft suspend': () => orderGuest('pair', 'suspend'),
  'ft resume': () => orderGuest('pair', 'resume'),
  'ft share': () => orderGuest('pair', 'share 40'),
};

test('every order at the backup is refused and names the primary, and so is what is typed there', async () => {
  const { backup, port } = await world.backup();
  const early = await orderGuest('pair', 'reset').catch((error: unknown) => error);
  expect(early).toMatchObject({ code: 'not-done', what: expect.stringContaining('it has no primary yet') });
  // The primary is found elsewhere: it has another runtime folder.
  const words = { role: 'primary', at: `tcp:127.0.0.1:${port}`, kernel: sample('count'), append: 'every=5' } as const;
  const primary = world.side(words, { ...world.env, XDG_RUNTIME_DIR: world.path('elsewhere') });
  await primary.until(({ said }) => said.includes('count 5\n'));
  const node = await theSide('backup');
  const { who, host } = node.status!.peer!;
  for (const [command, order] of Object.entries(ORDERS)) {
    const refusal = await order(node).catch((error: unknown) => error);
    expect(refusal, command).toMatchObject({ what: expect.stringContaining(`its primary is ${who} on ${host}`) });
  }
  const reset = world.command('ft', 'reset');
  expect(await reset.ended).toBe(2);
  expect(reset.complaints).toContain(who);
  backup.child.stdin!.write('typed');
  const notice = `notice the guest's console is at its primary ${who}, not here`;
  await backup.until(({ complaints }) => complaints.includes(notice));
  await goesOn(primary);
  expect(await theSide('backup')).toMatchObject({
    suspended: false,
    sharePercent: 100,
    status: { state: 'following' },
  });
  expect(countOf(primary.said)).toBeDefined();
});

test('a guest in no pair takes the same orders, and its recording has them', async () => {
  const guest = world.side({ role: 'record', at: 'none', kernel: sample('count'), append: 'every=5' });
  await guest.until(({ said }) => said.includes('count 10\n'));
  for (const order of ['share 50', 'suspend']) expect(await orderGuest(undefined, order)).toBe('pair');
  const before = await theSide('record');
  expect(before).toMatchObject({ suspended: true, sharePercent: 50 });
  await orderGuest('pair', 'reset');
  await orderGuest('pair', 'resume');
  await guest.until(({ said }) => said.lastIndexOf('count 10\n') > said.indexOf('count 10\n'));
  guest.kill('SIGINT');
  expect(await guest.ended).toBe(130);
  const recorded = await replay(world.path('record.lks'));
  expect(recorded).toMatchObject({ text: guest.said, outcome: { exitCode: 0 } });
  const dump = world.command('log', 'dump', world.path('record.lks'));
  expect(await dump.ended, dump.complaints).toBe(0);
  for (const line of [/share .*50/, /suspend/, /control .*reset/, /resume/]) expect(dump.said).toMatch(line);
  expect((await replay(world.path('record.lks'))).outcome.totals.ticks).toBeGreaterThan(BigInt(before.ticks));
});
