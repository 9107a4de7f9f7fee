/** What becomes of a side, and of its guest, when its process is told to go. */
import { renameSync } from 'node:fs';
import { expect, test } from 'vitest';
import { Departure, type DepartureHost } from '../../../src/host/ft/departure.ts';
import type { SwitchAnswer } from '../../../src/host/ft/handover.ts';
import { replay } from '../../host/support.ts';
import { counted, countOf, eachWorld, joined, type Side, sample } from './sides.ts';

const world = eachWorld();

test('the process of a primary is told to go: its guest goes on at the backup, every line once', async () => {
  const { primary, backup } = await world.pair({ append: 'every=5' });
  await primary.until(({ said }) => said.includes('count 20\n'));
  primary.kill('SIGTERM');
  expect(await primary.ended, primary.complaints).toBe(0);
  expect(primary.complaints).toMatch(/notice the guest of the pair pair lives at \S+ now/);
  await backup.state('live');
  await backup.until(({ said }) => said.length > 300);
  backup.kill('SIGINT');
  expect(await backup.ended).toBe(130);
  const whole = primary.said + backup.said;
  expect(countOf(whole)).toBeGreaterThan(20);
  expect(world.epochs).toEqual(['pair.1', 'pair.2']);
  expect((await replay(world.path('backup.lks'))).text).toBe(whole);
});

test('one that is to stay as a backup goes all the same, and so does a backup that is to stay', async () => {
  const { primary, backup } = await world.pair({ append: 'every=5', stay: 'tcp:127.0.0.1:0' });
  await primary.until(({ said }) => said.includes('count 20\n'));
  primary.kill('SIGTERM');
  expect(await primary.ended, primary.complaints).toBe(0);
  expect(primary.complaints).not.toContain('waiting for a primary');
  await backup.until(({ said }) => said.length > 100);
  backup.kill('SIGTERM');
  expect(await backup.ended).toBe(130);
  expect(backup.complaints).toContain('notice the guest ends here: it has no backup');
});

test('the process of a backup is told to go: it goes when its primary has let it go', async () => {
  const { primary, backup } = await world.pair({ append: 'every=5', stay: 'tcp:127.0.0.1:0' });
  await primary.until(({ said }) => said.includes('count 20\n'));
  renameSync(world.path('arbiter'), world.path('away'));
  backup.kill('SIGTERM');
  await backup.until(({ complaints }) => complaints.includes('notice this side cannot go yet: the storage cannot'));
  const { length } = primary.said;
  await primary.until(({ said }) => said.length > length + 200);
  renameSync(world.path('away'), world.path('arbiter'));
  expect(await backup.ended, backup.complaints).toBe(0);
  expect(backup.complaints).toContain('has been let go; its guest lives at');
  await primary.state('alone');
  primary.kill('SIGTERM');
  expect(await primary.ended).toBe(130);
  expect((await replay(world.path('primary.lks'))).text).toBe(primary.said);
});

test('a backup that is told to go stays when its primary is lost first', async () => {
  const { primary, backup } = await world.pair({ append: 'every=10', detectMs: 3000 });
  await primary.until(({ said }) => said.includes('count 20\n'));
  primary.standStill();
  backup.kill('SIGTERM');
  await backup.state('live');
  const { length } = backup.said;
  await backup.until(({ said }) => said.length > length + 200);
  expect(countOf(joined(primary.said, backup.said))).toBeGreaterThan(20);
});

test('a recorded guest that was protected while it ran is handed over too', async () => {
  const { backup, port } = await world.backup();
  const guest = world.side({ role: 'record', at: 'none', kernel: sample('count'), append: 'every=5' });
  await guest.until(({ said }) => said.includes('count 5\n'));
  const where = ['--backup', `tcp:127.0.0.1:${port}`, '--arbiter', world.arbiter, '--same-host', '--detect', '20000'];
  const protect = world.command('ft', 'protect', 'pair', ...where);
  expect(await protect.ended, protect.complaints).toBe(0);
  guest.kill('SIGTERM');
  expect(await guest.ended, guest.complaints).toBe(0);
  await backup.state('live');
  const { length } = backup.said;
  await backup.until(({ said }) => said.length > length + 200);
});

/** A side that is what the test says; `log`: what was asked of it. */
function side(stop: AbortSignal | undefined, facts: { lives?: boolean; isHeir?: boolean; hasBackup?: boolean }) {
  const log: string[] = [];
  const now = { lives: false, isHeir: false, hasBackup: false, ...facts };
  const answers: (SwitchAnswer | string | undefined)[] = [];
  const host: DepartureHost = {
    lives: () => now.lives,
    isHeir: () => now.isHeir,
    hasBackup: () => now.hasBackup,
    leave: async () => {
      log.push('leave');
      return answers.shift() as string | undefined;
    },
    switchOver: async () => {
      log.push('switch');
      return answers.shift() as SwitchAnswer;
    },
    endGuest: () => void log.push('end guest'),
    endBefore: (exitCode) => void log.push(`end ${exitCode}`),
    notice: (text) => void log.push(text),
    failed: (error) => void log.push(`failed: ${error}`),
  };
  return { log, now, answers, departure: new Departure(stop, host) };
}

const until = (log: readonly string[], last: string) => expect.poll(() => log.at(-1), { timeout: 30_000 }).toBe(last);

test('what is refused is asked again, and told once', async () => {
  const stop = new AbortController();
  const { log, answers, departure } = side(stop.signal, { lives: true, hasBackup: true });
  const refused = { refused: 'the guest is copied' };
  answers.push(refused, refused, { refused: 'a switch is under way' }, { to: 'there', stoodStillMs: 1 });
  departure.heed();
  stop.abort('leave');
  await expect.poll(() => answers.length, { timeout: 30_000 }).toBe(0);
  const yet = (why: string) => `the guest cannot go to its backup yet: ${why}`;
  const asked = ['switch', yet('the guest is copied'), 'switch', 'switch', yet('a switch is under way'), 'switch'];
  expect(log).toEqual(asked);
});

test('a guest that loses its backup while it is to go ends', async () => {
  const stop = new AbortController();
  const { log, now, answers, departure } = side(stop.signal, { lives: true, hasBackup: true });
  answers.push({ refused: 'called off' });
  departure.heed();
  stop.abort('leave');
  now.hasBackup = false;
  await until(log, 'end guest');
  expect(departure.isInterrupted).toBe(true);
});

test('the operator at the terminal ends the guest that is here, and leaves with one that is not', async () => {
  const here = side(undefined, { lives: true, hasBackup: true });
  here.departure.quit();
  expect(here.log).toEqual(['end guest']);
  expect(here.departure.isInterrupted).toBe(false);
  const follower = side(undefined, { isHeir: true });
  follower.departure.quit();
  expect(follower.log).toEqual(['leave']);
  const idle = side(undefined, {});
  idle.departure.quit();
  expect(idle.log).toEqual(['end 0']);
});

test('a side that waits is told to go, and one whose primary is lost before the guest is here', async () => {
  const stop = new AbortController();
  const waiting = side(stop.signal, {});
  stop.abort('leave');
  waiting.departure.heed();
  expect(waiting.log).toEqual(['end 130']);
  const { log, now, answers, departure } = side(stop.signal, { isHeir: true });
  answers.push('not now');
  departure.heed();
  now.isHeir = false;
  await until(log, 'end 130');
});

test('a side that comes to live while it is to be let go stays', async () => {
  const stop = new AbortController();
  const { log, now, answers, departure } = side(stop.signal, { isHeir: true });
  answers.push('the guest lives here, or may');
  departure.heed();
  stop.abort('leave');
  Object.assign(now, { isHeir: false, lives: true });
  await until(log, 'this side stays: the guest lives here now');
  expect(log).not.toContain('end guest');
});

/** The process that a trial pair has named last. */
const processOf = (pair: Side, role: string): Promise<number> =>
  pair.until(({ complaints }) => {
    const found = [...complaints.matchAll(new RegExp(`${role} is process (\\d+)`, 'g'))].at(-1);
    return found === undefined ? undefined : Number(found[1]);
  });

test('one side of a trial pair is told to go: the guest goes on, and has a new backup', async () => {
  const words = ['--kernel', sample('count'), '-m', '16M', '--append', 'every=5', '-o', world.path('a.lks')];
  const pair = world.command('ft', 'pair', ...words, '--respawn', '--detect', '10000');
  await pair.until(({ said }) => said.includes('count 20\n'));
  process.kill(await processOf(pair, 'the primary'), 'SIGTERM');
  await pair.until(({ complaints }) => complaints.includes('it was handed over (its process is told to end)'));
  await pair.until(({ complaints }) => /the new backup is process[\s\S]*is protected by/.test(complaints));
  process.kill(await processOf(pair, 'the new backup'), 'SIGTERM');
  await pair.until(({ complaints }) =>
    /been let go[\s\S]*the new backup is process[\s\S]*is protected by/.test(complaints),
  );
  const { length } = pair.said;
  await pair.until(({ said }) => said.length > length + 200);
  pair.kill('SIGTERM');
  expect(await pair.ended, pair.complaints).toBe(130);
  // Nothing twice, and nothing left out.
  expect(counted(10_000).startsWith(pair.said)).toBe(true);
});
