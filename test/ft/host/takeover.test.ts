import { renameSync } from 'node:fs';
import { expect, test } from 'vitest';
import { tellNode } from '../../../src/host/ft/control-socket.ts';
import { type FoundNode, findNodes } from '../../../src/host/ft/nodes.ts';
import { replay } from '../../host/support.ts';
import { countOf, eachWorld, joined } from './sides.ts';

const world = eachWorld();

test('the primary is killed: the guest goes on at the backup, and its log is one run from boot', async () => {
  const { primary, backup } = await world.pair({ append: 'every=5' });
  await primary.until(({ said }) => said.includes('count 60\n'));
  primary.kill();
  await primary.ended;
  await backup.state('live');
  await backup.until(({ said }) => countOf(joined(primary.said, said))! > 200);
  backup.kill('SIGINT');
  expect(await backup.ended).toBe(130);
  const whole = joined(primary.said, backup.said);
  expect(countOf(whole)).toBeGreaterThan(200);
  expect(world.epochs).toEqual(['pair.1', 'pair.2']);
  const again = await replay(world.path('backup.lks'));
  expect(again).toMatchObject({ text: whole, outcome: { ending: 'stopped', exitCode: 0 } });
  // What the primary had recorded is the beginning of it.
  const before = await replay(world.path('primary.lks'));
  expect(before.outcome).toMatchObject({ ending: 'cut', exitCode: 0 });
});

test('the backup is killed: the guest goes on at the primary without a gap', async () => {
  const { primary, backup } = await world.pair({ append: 'every=5' });
  await primary.until(({ said }) => said.includes('count 40\n'));
  backup.kill();
  await primary.state('alone');
  const { length } = primary.said;
  await primary.until(({ said }) => said.length > length + 1000);
  primary.kill('SIGINT');
  expect(await primary.ended).toBe(130);
  expect(countOf(primary.said)).toBeGreaterThan(40);
  expect(backup.said).toBe('');
  expect(world.epochs).toEqual(['pair.1', 'pair.2']);
  expect((await replay(world.path('primary.lks'))).text).toBe(primary.said);
});

/** As the agent of its host finds it. */
async function theBackup(): Promise<FoundNode> {
  return (await findNodes('pair')).find(({ command }) => command === 'backup')!;
}

test('a backup that is to leave goes when its primary has let it go', async () => {
  const { primary, backup } = await world.pair({ append: 'every=10' });
  await primary.until(({ said }) => said.includes('count 20\n'));
  expect(await tellNode(await theBackup(), 'leave')).toEqual({});
  expect(await backup.ended, backup.complaints).toBe(0);
  expect(backup.complaints).toContain('has been let go; its guest lives at');
  expect(backup.complaints).toContain('ending stopped error none');
  await primary.state('alone');
  expect(world.epochs).toEqual(['pair.1', 'pair.2']);
});

test('without the storage no backup leaves, and the guest does not stand still for it', async () => {
  const { primary, backup } = await world.pair({ append: 'every=10' });
  await primary.until(({ said }) => said.includes('count 20\n'));
  const leave = async () => tellNode(await theBackup(), 'leave');
  renameSync(world.path('arbiter'), world.path('away'));
  expect(await leave()).toEqual({ refused: expect.stringContaining('the storage cannot be reached') });
  const { length } = primary.said;
  await primary.until(({ said }) => said.length > length + 200);
  renameSync(world.path('away'), world.path('arbiter'));
  expect(await leave()).toEqual({});
  expect(await backup.ended, backup.complaints).toBe(0);
  await primary.state('alone');
});

test('a backup that is to leave takes over when its primary is lost first', async () => {
  const { primary, backup } = await world.pair({ append: 'every=10', detectMs: 3000 });
  await primary.until(({ said }) => said.includes('count 20\n'));
  const node = await theBackup();
  primary.standStill();
  expect(await tellNode(node, 'leave')).toEqual({});
  await backup.state('live');
  const status = world.command('ft', 'status');
  expect(await status.ended, status.complaints).toBe(0);
  expect(status.said).toMatch(/pair +pair, backup, process \d+\nstate +live, epoch 2/);
  expect(status.said).toMatch(/pair +pair, primary, process \d+\nstate +does not answer/);
  const { length } = backup.said;
  await backup.until(({ said }) => said.length > length + 200);
});

test('a primary that stands still is given up, and finds that it has lost when it wakes', async () => {
  const { primary, backup } = await world.pair({ append: 'every=10', detectMs: 3000 });
  await primary.until(({ said }) => said.includes('count 20\n'));
  primary.standStill();
  await backup.state('live');
  const { length } = primary.said;
  primary.kill('SIGCONT');
  expect(await primary.ended).toBe(4);
  expect(primary.complaints).toContain('error pair-lost');
  // Nothing but what had been acknowledged before could still leave.
  expect(countOf(joined(primary.said, backup.said))).toBeGreaterThan(19);
  expect(primary.said.length - length).toBeLessThan(100);
  backup.kill('SIGINT');
  expect(await backup.ended).toBe(130);
});
