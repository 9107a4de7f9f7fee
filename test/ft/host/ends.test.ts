import { expect, test } from 'vitest';
import { replay } from '../../host/support.ts';
import { counted, countOf, eachWorld, joined } from './sides.ts';

const world = eachWorld();

test('the guest powers off: both sides end, nobody takes over, both logs are the same run', async () => {
  const { primary, backup } = await world.pair({ append: 'every=2 to=50' });
  expect(await primary.ended).toBe(0);
  expect(await backup.ended).toBe(0);
  expect(primary.said).toBe(counted(50));
  expect(backup.said).toBe('');
  expect(world.epochs).toEqual(['pair.1']);
  for (const side of ['primary', 'backup']) {
    const again = await replay(world.path(`${side}.lks`));
    expect(again).toMatchObject({ text: counted(50), outcome: { ending: 'halted', exitCode: 0 } });
  }
  // Digests of the state were compared while it ran.
  expect(Number(/digests (\d+)/.exec(backup.complaints)?.[1])).toBeGreaterThan(0);
});

test('the operator ends the primary where it stands: the backup ends with it', async () => {
  const { primary, backup } = await world.pair({ append: 'every=5' });
  await primary.until(({ said }) => said.includes('count 10\n'));
  primary.kill('SIGINT');
  expect(await primary.ended).toBe(130);
  expect(await backup.ended).toBe(0);
  expect(world.epochs).toEqual(['pair.1']);
  expect((await replay(world.path('backup.lks'))).text).toBe(primary.said);
});

test('the operator ends the backup: the primary goes on', async () => {
  const { primary, backup } = await world.pair({ append: 'every=5' });
  await primary.until(({ said }) => said.includes('count 10\n'));
  backup.kill('SIGINT');
  expect(await backup.ended).toBe(0);
  await primary.state('alone');
  primary.kill('SIGINT');
  expect(await primary.ended).toBe(130);
  expect(countOf(primary.said)).toBeGreaterThan(9);
});

test('a side whose replay differs stops, keeps its log and says so; the primary goes on alone', async () => {
  const { primary, backup } = await world.pair({ append: 'every=5', injectFaultTick: 20_000 });
  expect(await backup.ended).toBe(1);
  expect(backup.complaints).toContain('ending diverged');
  await primary.state('alone');
  const { length } = primary.said;
  await primary.until(({ said }) => said.length > length + 500);
  primary.kill('SIGINT');
  expect(await primary.ended).toBe(130);
  expect(countOf(primary.said)).toBeGreaterThan(50);
  expect(primary.complaints).toContain('diverged');
  expect((await replay(world.path('backup.lks'))).outcome).toMatchObject({ ending: 'cut', exitCode: 0 });
});

test('a backup whose replay differs is replaced by another, which the guest survives its primary with', async () => {
  const { backup: spare, port } = await world.backup({ output: world.path('spare.lks') });
  const spares = [`tcp:127.0.0.1:${port}`];
  const { primary, backup } = await world.pair({ append: 'every=5', injectFaultTick: 20_000, spares });
  expect(await backup.ended).toBe(1);
  await primary.until(({ complaints }) => complaints.includes(`notice the guest is copied to ${spares[0]}`));
  const { length } = primary.said;
  await primary.until(({ said }) => said.length > length + 300);
  primary.kill();
  await primary.ended;
  await spare.state('live');
  const seen = countOf(primary.said)!;
  await spare.until(({ said }) => (countOf(joined(primary.said, said)) ?? 0) > seen + 20);
  expect(world.epochs).toEqual(['pair.1', 'pair.2', 'pair.3']);
});
