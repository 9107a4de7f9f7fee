import { expect, test } from 'vitest';
import { DEFAULTS } from '../../../src/host/guest-options.ts';
import { openTimeline } from '../../../src/host/open-timeline.ts';
import { replayFile } from '../../../src/host/replay-file.ts';
import { tick } from '../../../src/lib/brands.ts';
import { UserError } from '../../../src/lib/errors.ts';
import { replay } from '../../host/support.ts';
import { counted, countOf, eachWorld, joined, type Side, sample } from './sides.ts';

const world = eachWorld();

/** A backup that waits, and the place where it does. */
async function spare(name: string): Promise<{ readonly side: Side; readonly at: string }> {
  const { backup, port } = await world.backup({ output: world.path(`${name}.lks`) });
  return { side: backup, at: `tcp:127.0.0.1:${port}` };
}

/** How a replay up to a tick ends that cannot begin. */
async function replayTo(file: string, untilTick: bigint): Promise<{ readonly error?: UserError }> {
  try {
    return await replayFile({ file, untilTick, engine: DEFAULTS.engine }, {});
  } catch (error) {
    if (error instanceof UserError) return { error };
    throw error;
  }
}

test('one side after the other is killed, and the survivor has a new backup each time', async () => {
  const spares: { readonly side: Side; readonly at: string }[] = [];
  for (const name of ['b', 'c', 'd', 'e']) spares.push(await spare(name));
  const [b, ...others] = spares;
  const words = { kernel: sample('count'), append: 'every=5', spares: others.map(({ at }) => at) };
  let live = world.side({ role: 'primary', at: b!.at, ...words });
  const sides = [live];
  let follower = b!.side;
  for (let round = 0; round < 4; round++) {
    await follower.state('following');
    await live.state('protected');
    const seen = live.said.length;
    await live.until(({ said }) => said.length > seen + 200);
    live.kill();
    await live.ended;
    live = follower;
    sides.push(live);
    await live.state('live');
    if (round === 3) break;
    const next = await Promise.race(
      spares.filter(({ side }) => !sides.includes(side)).map(({ side }) => side.state('following').then(() => side)),
    );
    await live.until(({ complaints }) => /notice the guest is copied to/.test(complaints));
    follower = next;
  }
  await live.until(({ said }) => said.length > 200);
  live.kill('SIGINT');
  expect(await live.ended).toBe(130);
  let all = '';
  for (const side of sides) all = joined(all, side.said);
  expect(counted(100_000).startsWith(all)).toBe(true);
  expect(world.epochs).toEqual(['pair.1', 'pair.2', 'pair.3', 'pair.4', 'pair.5']);
});

test('a guest that began alone is protected by hand, and its backup has a recording of its own', async () => {
  const primary = world.side({ role: 'primary', at: 'none', kernel: sample('count'), append: 'every=10' });
  await primary.until(({ said }) => said.includes('count 30\n'));
  const { side: backup, at } = await spare('backup');
  const protect = world.command('ft', 'protect', '--backup', at);
  expect(await protect.ended).toBe(0);
  expect(protect.complaints).toMatch(/protected by .* the guest stood still for/);
  const again = world.command('ft', 'protect', 'pair', '--backup', at);
  expect(await again.ended, again.complaints + primary.complaints).toBe(4);
  const seen = primary.said.length;
  await primary.until(({ said }) => said.length > seen + 200);
  primary.kill();
  await primary.ended;
  await backup.until(({ said }) => said.length > 300);
  backup.kill('SIGINT');
  expect(await backup.ended).toBe(130);
  const all = joined(primary.said, backup.said);
  expect(counted(10_000).startsWith(all)).toBe(true);

  const file = world.path('backup.lks');
  const replayed = await replay(file);
  expect(replayed.outcome).toMatchObject({ ending: 'stopped', exitCode: 0 });
  expect(all.endsWith(replayed.text)).toBe(true);
  expect(replayed.text.length).toBeGreaterThan(300);
  const { fromTick, ticks } = replayed.outcome.totals;
  expect(fromTick).toBeGreaterThan(0n);
  const opened = openTimeline(file);
  try {
    const { timeline } = opened;
    expect([timeline.start, timeline.now, timeline.end]).toEqual([fromTick, fromTick, ticks]);
    await timeline.seek(tick(ticks));
    const digest = timeline.board.digest('all');
    await timeline.seek(timeline.start);
    await timeline.seek(tick(ticks));
    expect(timeline.board.digest('all')).toBe(digest);
    await expect(timeline.seek(tick(fromTick - 1n))).rejects.toThrow(`it goes from ${fromTick} to ${ticks}`);
  } finally {
    opened.close();
  }
  expect((await replayTo(file, fromTick - 1n)).error?.code).toBe('no-such-tick');
  for (const command of ['info', 'verify']) expect(await world.command('log', command, file).ended).toBe(0);
  const indexed = world.command('log', 'index', file);
  expect(await indexed.ended).toBe(2);
  expect(indexed.complaints).toContain('begins with a checkpoint');
});

test('a spare that dies, or stands still, costs nothing: the next one is taken', async () => {
  const frozen = await spare('frozen');
  const dying = await spare('dying');
  const good = await spare('good');
  frozen.side.standStill();
  const spares = [frozen, dying, good].map(({ at }) => at);
  const words = { kernel: sample('count'), append: 'every=5', detectMs: 1000, spares };
  const primary = world.side({ role: 'primary', at: 'none', ...words });
  void dying.side.state('following').then(() => dying.side.kill());
  await primary.until(({ said }) => said.includes('count 20\n'));
  await good.side.state('following');
  await primary.until(({ complaints }) => complaints.includes(`the guest is copied to ${good.at}`));
  expect(primary.complaints).toContain(`no backup at ${frozen.at}`);
  const seen = primary.said.length;
  await primary.until(({ said }) => said.length > seen + 200);
  primary.kill();
  await primary.ended;
  await good.side.until(({ said }) => said.length > 200);
  good.side.kill('SIGINT');
  expect(await good.side.ended).toBe(130);
  expect(counted(100_000).startsWith(joined(primary.said, good.side.said))).toBe(true);
});

test('who wants the backup at a place that refuses it is told why, and where it is instead', async () => {
  const [first, instead] = [await spare('first'), await spare('instead')];
  // Another arbiter than its primary's: it lets nobody in.
  const { port } = await world.backup({ arbiter: `file:${world.path('run')}`, output: world.path('refusing.lks') });
  const words = { kernel: sample('count'), append: 'every=5', spares: [instead.at] };
  const primary = world.side({ role: 'primary', at: first.at, ...words });
  await primary.until(({ said }) => said.includes('count 20\n'));
  const move = world.command('ft', 'move', '--backup', '--to', `tcp:127.0.0.1:${port}`);
  expect(await move.ended, move.complaints).toBe(4);
  expect(move.complaints).toMatch(/knows nothing of the pair/);
  expect(move.complaints).toContain(`its backup is at ${instead.at} now`);
  const seen = primary.said.length;
  await primary.until(({ said }) => said.length > seen + 100);
});

test('ft pair --respawn: whichever process is killed, there are two again, and the count goes on', async () => {
  const guest = ['--kernel', sample('count'), '-m', '16M', '--append', 'every=5'];
  const pair = world.command('ft', 'pair', ...guest, '--respawn', '--detect', '5000');
  const pidOf = (role: string): Promise<number> =>
    pair.until(
      ({ complaints }) => Number(new RegExp(`the ${role} is process (\\d+)`).exec(complaints)?.[1]) || undefined,
    );
  const times = (text: string): number => pair.complaints.split(text).length - 1;
  const processes = [await pidOf('primary'), await pidOf('backup')];
  await pair.until(({ said }) => said.includes('count 30\n'));
  // The live side, then the one that follows, then the live side again.
  for (const [i, which] of [0, 1, 0].entries()) {
    const [gone] = processes.splice(which, 1);
    process.kill(gone!, 'SIGKILL');
    await pair.until(() => times('the new backup is process') > i);
    processes.push(Number([...pair.complaints.matchAll(/the new backup is process (\d+)/g)].at(-1)![1]));
    await pair.until(() => times('the guest is copied to tcp') > i);
    const { length } = pair.said;
    await pair.until(({ said }) => said.length > length + 300);
  }
  expect(await world.command('ft', 'stop').ended).toBe(0);
  expect(await pair.ended).toBe(0);
  expect(countOf(pair.said)).toBeGreaterThan(100);
});
