import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import type { PairStatus } from '../../../src/ft/protocol/status.ts';
import { runPair } from '../../../src/host/ft/pair.ts';
import { DEFAULTS } from '../../../src/host/guest-options.ts';
import { replay } from '../../host/support.ts';
import { countOf, eachWorld, type Side, sample } from './sides.ts';

const world = eachWorld();
const pidOf = (pair: Side, role: string): Promise<number> =>
  pair.until(
    ({ complaints }) => Number(new RegExp(`the ${role} is process (\\d+)`).exec(complaints)?.[1]) || undefined,
  );
const guest = (append: string): string[] => ['--kernel', sample('count'), '-m', '16M', '--append', append];

test('ft pair: the primary is killed in view, and the count goes on without a gap or a repeat', async () => {
  const output = world.path('pair.lks');
  const pair = world.command('ft', 'pair', ...guest('every=5'), '--detect', '5000', '-o', output, '--json');
  const primary = await pidOf(pair, 'primary');
  await pair.until(({ complaints }) => complaints.includes('count 50\r\n'));
  process.kill(primary, 'SIGKILL');
  await pair.until(({ complaints }) => complaints.includes('the guest is live here'));
  const { length } = pair.complaints;
  await pair.until(({ complaints }) => complaints.length > length + 1000);
  expect(await world.command('ft', 'stop').ended).toBe(0);
  expect(await pair.ended).toBe(0);
  const said = pair.complaints.replaceAll('\r', '').replaceAll(/^lockstep: .*\n/gm, '');
  expect(countOf(said)).toBeGreaterThan(100);
  expect(pair.complaints).toMatch(
    /backup: the guest is live here, epoch 2: \d+ ms after .* ms since the other process/,
  );
  const outcome = JSON.parse(pair.said);
  expect(outcome).toMatchObject({ ending: 'halted', exitCode: 0, recording: world.path('pair.backup.lks') });
  expect(outcome.pair).toMatchObject({ role: 'backup', epoch: 2, detected: 'channel-closed' });
  expect((await replay(world.path('pair.backup.lks'))).text).toBe(said);
});

test.each([false, true])(
  'ft pair ends when its primary dies before the guest is whole there, respawn: %s',
  async (respawn) => {
    // A primary that cannot record dies when its backup follows, and before the first frame with a guest is made.
    const digestTicks = { small: 2n, all: 3n };
    const options = { ...DEFAULTS, memoryBytes: 16 << 20, kernel: sample('count'), digestTicks };
    const [input, output] = [new PassThrough(), new PassThrough()];
    const states: string[] = [];
    const ui = {
      input,
      output,
      notice: () => {},
      started: () => {},
      changed: (role: string, { state }: PairStatus) => states.push(`${role} ${state}`),
    };
    const tuning = { detectMs: 2000, reconnectMs: 200 };
    const pair = runPair(
      { name: 'early', guest: { ...options, output: world.path('early.lks') }, tuning, respawn },
      ui,
    );
    await expect(pair).rejects.toThrow(/both sides of the pair are lost/);
    expect(states).toContain('backup following');
  },
);

test('ft status tells of both sides; ft stop ends both, and nobody takes over', async () => {
  const pair = world.command('ft', 'pair', ...guest('every=20'), '--detect', '5000', '--name', 'web');
  await pair.until(({ said }) => said.includes('count 5\n'));
  const status = world.command('ft', 'status', 'web', '--json');
  expect(await status.ended).toBe(0);
  const { nodes } = JSON.parse(status.said);
  expect(nodes).toHaveLength(2);
  const byRole = (role: string) => nodes.find((node: { command: string }) => node.command === role).status;
  expect(byRole('primary')).toMatchObject({ state: 'protected', epoch: 1, connected: true, share: expect.any(Number) });
  expect(byRole('backup')).toMatchObject({ state: 'following', epoch: 1, connected: true });
  const text = world.command('ft', 'status');
  expect(await text.ended).toBe(0);
  expect(text.said).toMatch(/pair +web, primary, process \d+/);
  expect(text.said).toMatch(/lag +[\d.]+ ms/);
  const other = world.command('ft', 'status', 'nope');
  expect(await other.ended).toBe(2);
  expect(other.complaints).toContain('the pair nope has no side on this host');
  const stop = world.command('ft', 'stop');
  expect(await stop.ended).toBe(0);
  expect(await pair.ended).toBe(0);
  expect(pair.complaints).toContain('the guest powered off');
  expect(pair.complaints).not.toContain('claiming');
});

test('ft stop at the backup alone is refused and names the primary', async () => {
  const { backup, port } = await world.backup();
  // The primary is found elsewhere: it has another runtime folder.
  const at = `tcp:127.0.0.1:${port}`;
  const elsewhere = { ...world.env, XDG_RUNTIME_DIR: world.path('elsewhere') };
  const primary = world.side({ role: 'primary', at, kernel: sample('count'), append: 'every=10' }, elsewhere);
  await primary.until(({ said }) => said.includes('count 5\n'));
  const stop = world.command('ft', 'stop');
  expect(await stop.ended).toBe(2);
  expect(stop.complaints).toMatch(/this is the backup of the pair pair; its primary is \S+ on /);
  primary.kill('SIGINT');
  expect(await primary.ended).toBe(130);
  expect(await backup.ended).toBe(0);
  const none = world.command('ft', 'stop');
  expect(await none.ended).toBe(2);
  expect(none.complaints).toContain('no pair has a side on this host');
});

test.each([
  ['a drive whose changes are private', ['--drive', 'x.img'], 'private'],
  ['an arbiter that is none', ['--arbiter', 'nothing'], 'not understood'],
  ['an address that others reach, without a key', ['--backup', 'tcp:10.0.0.1:7000'], 'keygen'],
])('ft primary refuses %s', async (_, args, says) => {
  const given = { '--backup': 'tcp:127.0.0.1:1', '--arbiter': world.arbiter };
  const rest = Object.entries(given).flatMap(([flag, value]) => (args.includes(flag) ? [] : [flag, value]));
  const primary = world.command('ft', 'primary', ...guest('every=1'), ...rest, ...args);
  expect(await primary.ended).toBe(2);
  expect(primary.complaints).toContain(says);
});
