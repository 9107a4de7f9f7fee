import { EventEmitter, once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { versionText } from '../../../src/ft/cluster/records.ts';
import { openRegistry } from '../../../src/host/cluster/registry-of.ts';
import { moveBackup, switchPair } from '../../../src/host/ft/moves.ts';
import { UserError } from '../../../src/lib/errors.ts';
import { diskFolder, Relay } from '../../host/disk/support.ts';
import { replay } from '../../host/support.ts';
import { fakeHost } from '../cluster/fake-host.ts';
import { countOf, eachWorld, joined, moved, primaryOf, type Side, sample } from './sides.ts';

const world = eachWorld();
const disks = diskFolder();

/** Waits until the guest has said some more there. */
async function goesOn(side: Side, bytes = 300): Promise<void> {
  const { length } = side.said;
  await side.until(({ said }) => said.length > length + bytes);
}

/** What a network card is plugged into; it takes frames, and can go away and come back. */
async function peer(name: string) {
  const path = world.path(`${name}.net`);
  const sockets = new Set<Socket>();
  let server: Server | undefined;
  const plugged = new EventEmitter();
  const listen = async (): Promise<void> => {
    server = createServer((socket) => {
      sockets.add(socket.on('error', () => {}).resume());
      plugged.emit('in');
    }).listen(path);
    await once(server, 'listening');
  };
  const close = (): void => {
    server?.close();
    for (const socket of sockets) socket.destroy();
  };
  await listen();
  const nets = [{ peer: { kind: 'unix', path } }] as const;
  return { path, nets, listen, close, plugged: once(plugged, 'in') };
}

test('the guest is handed over: every line once, exit code 0, and both logs are of one run', async () => {
  const { primary, backup } = await world.pair({ append: 'every=5' });
  await primary.until(({ said }) => said.includes('count 40\n'));
  const { to, stoodStillMs } = await moved(primary, backup);
  expect(await primary.ended).toBe(0);
  const told = /notice the guest of the pair pair lives at (.*) now; it stood still for (\d+) ms/;
  expect(told.exec(primary.complaints)?.slice(1)).toEqual([to, `${stoodStillMs}`]);
  await backup.state('live');
  await goesOn(backup);
  backup.kill('SIGINT');
  expect(await backup.ended).toBe(130);
  // Nobody was lost, so nothing was said twice.
  const whole = primary.said + backup.said;
  expect(countOf(whole)).toBeGreaterThan(60);
  expect(world.epochs).toEqual(['pair.1', 'pair.2']);
  expect((await replay(world.path('backup.lks'))).text).toBe(whole);
  const given = await replay(world.path('primary.lks'));
  expect(given).toMatchObject({ text: primary.said, outcome: { ending: 'stopped', exitCode: 0 } });
});

test('to and fro: who has handed over stays, becomes the backup, and takes the guest again', async () => {
  const { backup, port } = await world.backup({ stay: 'yes' });
  const words = { append: 'every=5', stay: 'tcp:127.0.0.1:0', spares: [] };
  const at = `tcp:127.0.0.1:${port}`;
  const primary = world.side({ role: 'primary', at, kernel: sample('count'), ...words });
  await primary.state('protected');
  await goesOn(primary);
  await moved(primary, backup);
  // It listens at any port that is free, which the new primary has to be told.
  const place = await primary.until(({ complaints }) => /^port (\d+)$/m.exec(complaints)?.[1]);
  await goesOn(backup);
  const protect = world.command('ft', 'protect', '--backup', `tcp:127.0.0.1:${place}`);
  expect(await protect.ended, protect.complaints + backup.complaints).toBe(0);
  await goesOn(backup);
  await moved(primary, backup);
  // The place of the first backup is known to who has the guest now: it is used again, without a word.
  await primary.until(({ complaints }) => complaints.includes(`notice the guest is copied to ${at}`));
  await goesOn(primary);
  expect(world.epochs).toEqual(['pair.1', 'pair.2', 'pair.3']);
  primary.kill('SIGINT');
  expect(await primary.ended).toBe(130);
  expect(await backup.ended).toBe(0);
});

test('the backup is made anew elsewhere, and the guest lives there when its primary is killed', async () => {
  const { backup, port: first } = await world.backup({ stay: 'yes' });
  const words = { kernel: sample('count'), append: 'every=5' };
  const primary = world.side({ role: 'primary', at: `tcp:127.0.0.1:${first}`, ...words });
  const { backup: other, port } = await world.backup({ output: world.path('other.lks') });
  const to = { host: '127.0.0.1', port };
  await primary.state('protected');
  await goesOn(primary);
  const nowhere = await moveBackup('pair', { ...to, port: 1 }).catch((error: unknown) => error);
  expect(`${nowhere}`).toContain('nobody waits at tcp:127.0.0.1:1');
  const copy = await moveBackup('pair', to);
  expect(copy.unprotectedMs).toBeGreaterThan(0);
  // The old one has been let go, and waits for another guest.
  await backup.until(({ complaints }) => complaints.includes('notice waiting for a primary'));
  await goesOn(primary);
  primary.kill();
  await primary.ended;
  await goesOn(other);
  expect(countOf(joined(primary.said, other.said))).toBeGreaterThan(50);
  expect(world.epochs).toEqual(['pair.1', 'pair.2', 'pair.3']);
});

test('a primary whose clients are lost hands over by itself; when both sides have lost theirs it stays', async () => {
  const [here, there] = [await peer('here'), await peer('there')];
  const quick = { linkLostMs: 200, switchEveryMs: 100 };
  const { backup, port } = await world.backup({ nets: there.nets, ...quick });
  const words = { kernel: sample('count'), append: 'every=5', nets: here.nets, ...quick };
  const primary = world.side({ role: 'primary', at: `tcp:127.0.0.1:${port}`, ...words });
  await primary.state('protected');
  await Promise.all([here.plugged, there.plugged]);
  // Both are gone: there is nothing to gain.
  there.close();
  await backup.until(({ complaints }) => complaints.includes(`lost unix:${there.path}`));
  await goesOn(primary);
  here.close();
  await primary.until(({ complaints }) => complaints.includes(`lost unix:${here.path}`));
  await goesOn(primary);
  expect(primary.complaints).not.toContain('the network of its clients');
  await there.listen();
  expect(await primary.ended).toBe(0);
  expect(primary.complaints).toMatch(/notice the guest moves to .*: the network of its clients is lost here/);
  await goesOn(backup);
  expect(primary.said + backup.said).toContain('count 50\n');
  expect(countOf(primary.said + backup.said)).toBeDefined();
  there.close();
});

test('a guest is not handed over before what it has asked of its disk is done', async () => {
  const { at } = await disks.serve([{ path: disks.image(4 << 20) }]);
  const relay = await Relay.start(disks, at);
  const shared = (address: typeof at) => [{ path: { address, export: 'e0' }, mode: 'write' }] as const;
  const words = { kernel: sample('scribble'), append: 'every=5 slots=16 writes=4 sync=4', detectMs: 60_000 };
  const { primary, backup } = await world.pair({ ...words, drives: shared(relay.at), givenDrives: shared(at) });
  await primary.state('protected');
  await goesOn(primary, 30);
  relay.set('frozen');
  while (!relay.holds) await new Promise((done) => setTimeout(done, 5));
  // A look at the disk now and then may be under way instead of a write: then its guest says no more a little later.
  for (let said = ''; said !== primary.said; await new Promise((done) => setTimeout(done, 100))) ({ said } = primary);
  const going = moved(primary, backup);
  for (let state = ''; state !== 'switching'; { state } = await primaryOf(primary))
    await new Promise((done) => setTimeout(done, 5));
  await new Promise((done) => setTimeout(done, 300));
  expect(await primaryOf(primary)).toMatchObject({ state: 'switching', epoch: 1 });
  expect(world.epochs).toEqual(['pair.1']);
  relay.set('open');
  await going;
  expect(await primary.ended).toBe(0);
  // Every fourth round reads back all that was ever written; what differs ends the guest with 1.
  await goesOn(backup, 60);
  expect(world.epochs).toEqual(['pair.1', 'pair.2']);
});

test('a guest without a backup is not moved, and goes on', async () => {
  const primary = world.side({ role: 'primary', at: 'none', kernel: sample('count'), append: 'every=10' });
  await primary.until(({ said }) => said.includes('count 10\n'));
  const move = world.command('ft', 'move', 'pair', '--primary');
  expect(await move.ended).toBe(4);
  expect(move.complaints).toContain('the guest of pair is not moved');
  const refusal = await switchPair('pair').catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(UserError);
  expect(refusal).toMatchObject({ code: 'not-switched', remedy: 'give it a backup first: lockstep ft protect' });
  await goesOn(primary, 50);
});

test('in a cluster the backup moves to a host that can take it, without a place being named', async () => {
  mkdirSync(world.path('cluster'));
  const registry = `dir:${world.path('cluster')}`;
  const { primary, backup } = await world.pair({ append: 'every=5', registry });
  await primary.until(({ said }) => said.includes('count 10\n'));
  const none = world.command('ft', 'move', '--backup');
  expect(await none.ended).toBe(4);
  expect(none.complaints).toMatch(/the backup of pair is not moved: no host can take a backup: /);
  const { backup: other, port } = await world.backup({ output: world.path('other.lks') });
  const opened = await openRegistry(registry);
  const endpoint = { host: '127.0.0.1', port };
  const started = { kind: 'listening', endpoint } as const;
  const host = await fakeHost(opened, 'other', () => started, versionText('test'));
  onTestFinished(async () => {
    host.silence();
    await opened.close();
  });
  const move = world.command('ft', 'move', '--backup');
  expect(await move.ended).toBe(0);
  expect(move.complaints).toContain(`protected by tcp:127.0.0.1:${port}; the guest had no backup for `);
  expect(host.asked).toEqual(['start']);
  expect(await backup.ended).toBe(4);
  await other.state('following');
  await goesOn(primary);
  primary.kill('SIGINT');
  expect(await primary.ended).toBe(130);
  expect(await other.ended).toBe(0);
});

test('in no cluster a place for the backup has to be named', async () => {
  const { primary } = await world.pair({ append: 'every=5' });
  await primary.until(({ said }) => said.includes('count 10\n'));
  const move = world.command('ft', 'move', '--backup');
  expect(await move.ended).toBe(4);
  expect(move.complaints).toMatch(/no place is named, and it is in no cluster[\s\S]*--to/);
});
