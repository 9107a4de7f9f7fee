import { expect, test } from 'vitest';
import { METHODS } from '../../../src/ft/guest/method.ts';
import { findNodes } from '../../../src/host/ft/nodes.ts';
import { orderGuest } from '../../../src/host/ft/order-guest.ts';
import { replay } from '../../host/support.ts';
import { countOf, eachWorld, joined, type Side } from './sides.ts';

const world = eachWorld();
/** A process that is killed closes its channel; one that waits for a busy host is not lost. */
const detectMs = 60_000;

/** Lines that the world has seen, whichever side said them. */
const seen = (primary: Side, backup: Side): number => countOf(joined(primary.said, backup.said)) ?? 0;

test.each(METHODS)('kept in step by %s, the guest goes on at the backup without a gap', async (method) => {
  const { primary, backup } = await world.pair({ append: 'every=5', method, detectMs });
  await primary.until(({ said }) => said.includes('count 60\n'));
  primary.kill();
  await primary.ended;
  await backup.state('live');
  await backup.until(() => seen(primary, backup) > 200);
  backup.kill('SIGINT');
  expect(await backup.ended).toBe(130);
  const whole = joined(primary.said, backup.said);
  expect(countOf(whole)).toBeGreaterThan(200);
  expect(world.epochs).toEqual(['pair.1', 'pair.2']);
  // What the primary has recorded is a recording with every method.
  expect((await replay(world.path('primary.lks'))).outcome).toMatchObject({ ending: 'cut', exitCode: 0 });
  if (method !== 'checkpoints') {
    expect((await replay(world.path('backup.lks'))).text).toBe(whole);
  }
});

test.each(METHODS)('kept in step by %s, a guest that is suspended is so at the backup too', async (method) => {
  const { primary, backup } = await world.pair({ append: 'every=5', method, detectMs });
  await primary.until(({ said }) => said.includes('count 40\n'));
  await orderGuest('pair', 'share 70');
  await orderGuest('pair', 'suspend');
  const { ticks } = (await findNodes('pair')).find(({ command }) => command === 'primary')!;
  primary.kill();
  await primary.ended;
  await backup.state('live');
  await orderGuest('pair', 'share 80');
  expect(await findNodes('pair')).toMatchObject([{ ticks, suspended: true, sharePercent: 80 }]);
  await orderGuest('pair', 'resume');
  await backup.until(() => seen(primary, backup) > 80);
});

test('a survivor of a pair with checkpoints gets a new backup, which survives it too', async () => {
  const { backup: spare, port } = await world.backup({ output: world.path('spare.lks'), detectMs });
  const spares = [`tcp:127.0.0.1:${port}`];
  const { primary, backup } = await world.pair({ append: 'every=5', method: 'checkpoints', spares, detectMs });
  await primary.until(({ said }) => said.includes('count 40\n'));
  primary.kill();
  await primary.ended;
  await backup.state('protected');
  const [before, { length }] = [primary.said, backup.said];
  await backup.until(({ said }) => said.length > length + 500);
  backup.kill();
  await backup.ended;
  await spare.state('live');
  const first = joined(before, backup.said);
  await spare.until(({ said }) => (countOf(joined(first, said)) ?? 0) > (countOf(first) ?? 0) + 50);
  // A host that is very busy may cost another takeover in between.
  expect(world.epochs.length).toBeGreaterThanOrEqual(3);
  spare.kill('SIGINT');
  expect(await spare.ended).toBe(130);
});

test.each(['checkpoints', 'epochs', 'stop'] as const)(
  'kept in step by %s, a lost backup leaves no gap',
  async (method) => {
    const { primary, backup } = await world.pair({ append: 'every=5', method, detectMs });
    await primary.until(({ said }) => said.includes('count 40\n'));
    backup.kill();
    await primary.state('alone');
    const { length } = primary.said;
    await primary.until(({ said }) => said.length > length + 1000);
    primary.kill('SIGINT');
    expect(await primary.ended).toBe(130);
    expect(countOf(primary.said)).toBeGreaterThan(40);
  },
);

test.each(METHODS)('kept in step by %s, a guest that powers off ends both sides', async (method) => {
  const { primary, backup } = await world.pair({ append: 'every=1 to=30', method, detectMs });
  expect(await primary.ended).toBe(0);
  expect(await backup.ended).toBe(0);
  expect(countOf(primary.said)).toBe(30);
});
