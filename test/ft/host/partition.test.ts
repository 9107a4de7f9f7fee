import { expect, onTestFinished, test } from 'vitest';
import { CutLine } from './cut-line.ts';
import { countOf, eachWorld, joined, nodeOf, sample } from './sides.ts';

const world = eachWorld();
/** A heartbeat goes ten times a second. */
const POLL = { timeout: 60_000 };

test('the channel is cut with both alive: exactly one goes on, the other stops with exit code 4', async () => {
  const { backup, port } = await world.backup({ detectMs: 2000 });
  const line = await CutLine.to(port);
  const at = `tcp:127.0.0.1:${line.port}`;
  const primary = world.side({ role: 'primary', at, kernel: sample('count'), append: 'every=10', detectMs: 2000 });
  await primary.until(({ said }) => said.includes('count 20\n'));
  line.cut();
  const sides = { primary, backup };
  const loser = await Promise.race([primary.ended.then(() => 'primary'), backup.ended.then(() => 'backup')]);
  const [lost, alive] = loser === 'primary' ? [primary, backup] : [backup, primary];
  expect(await lost.ended).toBe(4);
  expect(lost.complaints).toContain('error pair-lost');
  await alive.state(alive === sides.primary ? 'alone' : 'live');
  // It goes on, and what both have said is one console.
  const { length } = alive.said;
  await alive.until(({ said }) => said.length > length + 500);
  expect(countOf(joined(primary.said, backup.said))).toBeGreaterThan(50);
  expect(world.epochs).toEqual(['pair.1', 'pair.2']);
  alive.kill('SIGINT');
  expect(await alive.ended).toBe(130);
  line.close();
});

test('a connection that breaks is dialled again, and nobody takes over', async () => {
  const { backup, port } = await world.backup();
  const line = await CutLine.to(port);
  const at = `tcp:127.0.0.1:${line.port}`;
  const primary = world.side({ role: 'primary', at, kernel: sample('count'), append: 'every=5' });
  for (const number of [20, 60, 100]) {
    await primary.until(({ said }) => said.includes(`count ${number}\n`));
    line.breakConnections();
  }
  primary.kill('SIGINT');
  expect(await primary.ended).toBe(130);
  expect(await backup.ended).toBe(0);
  expect(countOf(primary.said)).toBeGreaterThan(99);
  expect(world.epochs).toEqual(['pair.1']);
  line.close();
});

test('heartbeats go both ways beside the channel, and are signs of life when nothing comes over that', async () => {
  const { backup, port } = await world.backup({ detectMs: 250_000 });
  const line = await CutLine.to(port);
  onTestFinished(() => line.close());
  const at = `tcp:127.0.0.1:${line.port}`;
  const primary = world.side({ role: 'primary', at, kernel: sample('count'), append: 'every=5', detectMs: 250_000 });
  await primary.until(({ said }) => said.includes('count 20\n'));
  line.cut('tcp');
  const { there, back } = line.beats;
  await expect.poll(() => line.beats.there - there, POLL).toBeGreaterThan(5);
  await expect.poll(() => line.beats.back - back, POLL).toBeGreaterThan(5);
  for (const side of [primary, backup]) {
    const heardAt = async (): Promise<number> => (await nodeOf(side)).status!.lastHeardAt!;
    for (let times = 0; times < 3; times++) await expect.poll(heardAt, POLL).toBeGreaterThan(await heardAt());
  }
  expect(world.epochs).toEqual(['pair.1']);
});
