/** The logs of a pair's sides as recordings that are being made. */
import { rmSync, statSync } from 'node:fs';
import { expect, test } from 'vitest';
import { statusText } from '../../../src/cli/ft-status.ts';
import { listNodes } from '../../../src/host/ft/control-socket.ts';
import { packRecording, repairRecording } from '../../../src/host/rewrite-recording.ts';
import { replay } from '../../host/support.ts';
import { eachWorld, joined, nodeOf, type Side, sample } from './sides.ts';

const world = eachWorld();

test('the logs of both sides are left alone; a side whose log was removed says so, and ends as it should', async () => {
  const { primary, backup } = await world.pair({ append: 'every=5' });
  await primary.until(({ said }) => said.includes('count 10\n'));
  for (const side of ['primary', 'backup']) {
    const log = world.path(`${side}.lks`);
    const refused = { code: 'being-recorded', message: expect.stringContaining('the guest pair (process') };
    await expect(repairRecording(log)).rejects.toMatchObject(refused);
    await expect(packRecording(log, undefined, {})).rejects.toMatchObject(refused);
  }
  rmSync(world.path('primary.lks'));
  primary.kill('SIGINT');
  expect(await primary.ended).toBe(130);
  expect(primary.complaints).toMatch(/notice the recording .*primary\.lks was removed or replaced .* is lost/);
  expect(await backup.ended).toBe(0);
  expect(backup.complaints).not.toContain('lost');
  expect((await replay(world.path('backup.lks'))).text).toBe(primary.said);
});

/** More than the log holds before its guest runs, and less than it holds soon after. */
const LIMIT_KIB = 20;
const GUEST = { append: 'every=1', kernel: sample('count') } as const;
const LOST = /notice the recording .*\.lks cannot be written on: .*; it is kept .*; the guest goes on without/;

/** `side`, whose file is as large as it can be, lives on, and says once that it does so without its recording. */
async function outlived(side: Side): Promise<void> {
  await side.until(({ complaints }) => LOST.test(complaints));
  const node = await nodeOf(side);
  expect(node.file).toBeUndefined();
  expect(statusText({ nodes: [node], silent: [] })).toMatch(/recording +the recording .*cannot be written on/);
}

/** The recording of `name` holds the beginning of what the guest said, as if its recorder had been killed. */
async function beginning(name: string, said: string, limitKiB = LIMIT_KIB): Promise<void> {
  const path = world.path(`${name}.lks`);
  expect(statSync(path).size).toBeLessThanOrEqual(limitKiB << 10);
  const { text } = await replay(path);
  expect(text).toContain('count 10\n');
  expect(said.startsWith(text)).toBe(true);
}

test('a primary whose recording has no room goes on; the backup that takes over has the whole run', async () => {
  const { backup, port } = await world.backup();
  const primary = world.side({ role: 'primary', at: `tcp:127.0.0.1:${port}`, ...GUEST }, world.env, LIMIT_KIB);
  await outlived(primary);
  const { length } = primary.said;
  await primary.until(({ said }) => said.length > length + 5000);
  primary.kill();
  await backup.state('live');
  await backup.until(({ said }) => said.length > 5000);
  backup.kill('SIGINT');
  expect(await backup.ended).toBe(130);
  const said = joined(primary.said, backup.said);
  await beginning('primary', said);
  expect(primary.complaints.split(LOST)).toHaveLength(2);
  expect((await replay(world.path('backup.lks'))).text).toBe(said);
});

test('a backup whose recording has no room follows on, and takes over', async () => {
  const backup = world.side({ role: 'backup', at: 'tcp:127.0.0.1:0' }, world.env, LIMIT_KIB);
  const port = await backup.until(({ complaints }) => /^port (\d+)$/m.exec(complaints)?.[1]);
  const primary = world.side({ role: 'primary', at: `tcp:127.0.0.1:${port}`, ...GUEST });
  await outlived(backup);
  primary.kill();
  await backup.state('live');
  await backup.until(({ said }) => said.length > 5000);
  backup.kill('SIGINT');
  expect(await backup.ended).toBe(130);
  expect(backup.complaints).toMatch(/notice the recording .*backup\.lks ends before its guest/);
  expect(backup.complaints).toContain('ending stopped error none');
  await beginning('backup', joined(primary.said, backup.said));
});

test('a recorded guest outlives its recording once it is of a pair, and a new backup has one of its own', async () => {
  const { backup, port } = await world.backup();
  const at = `tcp:127.0.0.1:${port}`;
  const words = { role: 'record', at, output: world.path('guest.lks'), ...GUEST } as const;
  // Not reached before the guest is of the pair.
  const limitKiB = 64;
  const guest = world.side(words, world.env, limitKiB);
  const order = async (...args: string[]): Promise<void> => {
    const command = world.command('ft', ...args);
    expect(await command.ended, command.complaints).toBe(0);
  };
  await guest.until(({ said }) => said.includes('count 10\n'));
  const name = listNodes().find(({ pid }) => pid === guest.child.pid)!.pair;
  await order('suspend', name);
  await order('protect', name, '--backup', at, '--arbiter', world.arbiter, '--same-host', '--detect', '20000');
  await guest.state('protected');
  await order('resume', name);
  await outlived(guest);
  guest.kill();
  await backup.state('live');
  backup.kill('SIGINT');
  expect(await backup.ended).toBe(130);
  const said = joined(guest.said, backup.said);
  await beginning('guest', said, limitKiB);
  const { text } = await replay(world.path('backup.lks'));
  expect(text.length).toBeGreaterThan(0);
  expect(said.endsWith(text)).toBe(true);
});

test('a guest that is protected where there is no room for its log goes on, and its backup has one', async () => {
  const { backup, port } = await world.backup();
  const at = `tcp:127.0.0.1:${port}`;
  const guest = world.side({ role: 'run', at, ...GUEST }, world.env, LIMIT_KIB);
  await guest.until(({ said }) => said.includes('count 10\n'));
  const words = ['--backup', at, '--arbiter', world.arbiter, '--same-host', '--detect', '20000'];
  const protect = world.command('ft', 'protect', 'pair', ...words);
  expect(await protect.ended, protect.complaints).toBe(0);
  await outlived(guest);
  await guest.state('protected');
  guest.kill();
  await backup.state('live');
  const { length } = backup.said;
  await backup.until(({ said }) => said.length > length + 200);
  backup.kill('SIGINT');
  expect(await backup.ended).toBe(130);
  expect(joined(guest.said, backup.said).endsWith((await replay(world.path('backup.lks'))).text)).toBe(true);
});
