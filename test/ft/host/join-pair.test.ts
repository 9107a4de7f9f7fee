import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { stampAt } from '../../../src/host/file-stamp.ts';
import type { CopyStatus } from '../../../src/host/ft/copy-course.ts';
import { makeKey } from '../../../src/host/ft/key.ts';
import { findNodes, namedGuest, stopPair } from '../../../src/host/ft/nodes.ts';
import type { PairWords } from '../../../src/host/ft/pair-words.ts';
import { pairUp, protectedAt } from '../../../src/host/ft/protection.ts';
import { openRecording } from '../../../src/host/log-file-source.ts';
import { FrameSplitter } from '../../../src/host/ports/frame-splitter.ts';
import { diskFolder } from '../../host/disk/support.ts';
import { dataOf, udpFrame } from '../../host/ethernet.ts';
import { replay } from '../../host/support.ts';
import type { SideWords } from './fixtures/side.ts';
import { countOf, eachWorld, joined, moved, type Side, sample } from './sides.ts';

const world = eachWorld();
const disks = diskFolder();

type Role = 'record' | 'run';
const RECORDINGS = 'state/lockstep/recordings';

const guestOf = (role: Role, words: Partial<SideWords> = {}): Side =>
  world.side({ role, at: 'none', kernel: sample('count'), append: 'every=5', ...words });

/** It answers; by then it has begun. */
async function found(guest: Side): Promise<void> {
  while (!(await findNodes('pair')).some(({ pid }) => pid === guest.child.pid)) {
    if (guest.child.exitCode !== null) throw new Error(`it ended: ${guest.complaints}`);
    await new Promise((done) => setTimeout(done, 20));
  }
}

/** A backup that waits, and where. */
async function waiting(words: Partial<SideWords> = {}): Promise<{ readonly backup: Side; readonly at: string }> {
  const { backup, port } = await world.backup(words);
  return { backup, at: `tcp:127.0.0.1:${port}` };
}

interface Serving {
  readonly guest: Side;
  /** An answer of the guest. */
  ask(request: string): Promise<string>;
  /** Network cards that are connected here, in their order. */
  readonly sockets: readonly Socket[];
}

/** A guest that serves over its network card, recorded. */
async function serving(): Promise<Serving> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const sockets: Socket[] = [];
  server.on('connection', (socket: Socket) => sockets.push(socket.on('error', () => {})));
  const peer = { kind: 'tcp', host: '127.0.0.1', port } as const;
  const words = { kernel: sample('udp-kv'), append: '', nets: [{ peer }], output: world.path('guest.lks') };
  const guest = guestOf('record', words);
  await guest.until((side) => side.said.includes('serving'));
  const splitter = new FrameSplitter();
  const ask = async (request: string): Promise<string> => {
    sockets[0]!.write(udpFrame(request));
    for (;;) {
      const [chunk] = (await once(sockets[0]!, 'data')) as [Buffer];
      const answer = splitter
        .push(chunk)
        .map(dataOf)
        .find((data) => data !== undefined);
      if (answer !== undefined) return answer.trim();
    }
  };
  return { guest, ask, sockets };
}

/** As the operator says it of a pair. */
const words = (more: Partial<PairWords> = {}): PairWords => ({
  arbiter: world.arbiter,
  tuning: { detectMs: 10_000, sameHost: true, reconnectMs: 200 },
  ...more,
});

async function protect(at: string, more: Partial<PairWords> = {}): Promise<CopyStatus> {
  const node = await pairUp(await namedGuest(undefined), words({ backup: at, ...more }));
  return protectedAt(node, at);
}

const said = (side: Side, more: number): Promise<unknown> => {
  const { length } = side.said;
  return side.until((now) => now.said.length > length + more);
};

test.each(['record', 'run'] as const)(
  '%s, protected, killed: the backup goes on, and both recordings are of one run',
  async (role) => {
    const { backup, at } = await waiting();
    const guest = guestOf(role, { output: world.path('guest.lks') });
    await guest.until((side) => side.said.includes('count 50\n'));
    const before = await namedGuest('pair');
    expect(before).toMatchObject({ command: role, pid: guest.child.pid, pair: 'pair' });
    const copy = await protect(at);
    expect(copy.pausedNs).toBeGreaterThan(0);
    await said(guest, 300);
    expect(await namedGuest('pair')).toMatchObject({ command: 'primary', status: { state: 'protected', epoch: 1 } });
    guest.kill();
    await guest.ended;
    await said(backup, 500);
    backup.kill('SIGINT');
    expect(await backup.ended).toBe(130);
    const all = joined(guest.said, backup.said);
    expect(countOf(all)).toBeGreaterThan(100);
    expect(world.epochs).toEqual(['pair.1', 'pair.2']);

    const own = role === 'record' ? 'guest.lks' : `${RECORDINGS}/${readdirSync(world.path(RECORDINGS))[0]}`;
    const mine = await replay(world.path(own));
    expect(mine.outcome).toMatchObject({ ending: 'cut', exitCode: 0 });
    // Of what left since the guest has a backup every byte was recorded before.
    if (role === 'record') expect(mine.text.startsWith(guest.said)).toBe(true);
    else expect(countOf(joined(guest.said, mine.text))).toBeDefined();
    expect(mine.outcome.totals.fromTick > 0n).toBe(role === 'run');
    const theirs = await replay(world.path('backup.lks'));
    expect(theirs.outcome).toMatchObject({ ending: 'stopped', exitCode: 0 });
    expect(all.endsWith(theirs.text)).toBe(true);
  },
);

test('of a recording of which the end is kept nothing more is let go once there is a pair', async () => {
  const { backup, at } = await waiting();
  const file = world.path('guest.lks');
  const guest = guestOf('record', { output: file, kept: 2000 });
  await guest.until((side) => side.said.includes('count 50\n'));
  while (beginsOf(file) === undefined) await said(guest, 20);
  await protect(at);
  const { length } = guest.said;
  const from = stampAt(file)!.ino;
  await said(guest, 4000);
  expect(stampAt(file)!.ino).toBe(from);
  expect(readdirSync(world.path('')).filter((name) => name.startsWith('guest.lks'))).toEqual(['guest.lks']);
  await stopPair('pair');
  expect(await guest.ended, guest.complaints).toBe(0);
  expect(await backup.ended).toBe(0);
  const again = await replay(file);
  expect(again.outcome).toMatchObject({ ending: 'halted', exitCode: 0 });
  expect(guest.said.endsWith(again.text)).toBe(true);
  expect(again.text.length).toBeGreaterThan(guest.said.length - length);
});

function beginsOf(file: string): string | undefined {
  const recording = openRecording(file);
  try {
    return recording.reader.header.begins;
  } finally {
    recording.close();
  }
}

test('a recording over the join is one run from power on to its end, which both sides come to', async () => {
  const { guest, ask } = await serving();
  expect(await ask('SET colour green')).toBe('OK');
  const { backup, at } = await waiting();
  await protect(at);
  expect(await ask('GET colour')).toBe('VALUE green');
  expect(await ask('QUIT')).toBe('BYE');
  expect(await guest.ended, guest.complaints).toBe(0);
  expect(guest.complaints).toContain('ending halted error none');
  expect(await backup.ended).toBe(0);
  expect(backup.said).toBe('');
  const replayed = await replay(world.path('guest.lks'));
  expect(replayed).toMatchObject({ text: guest.said, outcome: { ending: 'halted', exitCode: 0 } });
  expect(replayed.outcome.totals.fromTick).toBe(0n);
});

test('a guest that has joined is moved, and stopped, like any other', async () => {
  const { backup, at } = await waiting();
  const guest = guestOf('record', { output: world.path('guest.lks') });
  await found(guest);
  await expect(stopPair('pair')).rejects.toMatchObject({ code: 'no-pair' });
  await protect(at);
  await said(guest, 200);
  expect((await moved(guest, backup)).pair).toBe('pair');
  expect(await guest.ended).toBe(0);
  await said(backup, 200);
  expect(await stopPair('pair')).toBe('pair');
  expect(await backup.ended).toBe(0);
  const all = guest.said + backup.said;
  expect(countOf(all), 'nothing twice').toBeGreaterThan(50);
  expect((await replay(world.path('guest.lks'))).outcome.error).toBeUndefined();
  expect((await replay(world.path('backup.lks'))).text.endsWith(backup.said)).toBe(true);
});

test('what is against it is told, and the guest goes on in no pair until nothing is', async () => {
  const guest = guestOf('record', { drives: [], output: world.path('guest.lks') });
  await found(guest);
  const node = await namedGuest('pair');
  for (const name of ['key', 'other']) makeKey(world.path(name));
  const key = world.path('key');
  const { backup, at } = await waiting({ key });
  const refusal = (more: Partial<PairWords>) => pairUp(node, words({ backup: at, key, ...more }));
  await expect(refusal({ key: world.path('other') })).rejects.toMatchObject({ code: 'not-protected', exitCode: 4 });
  await expect(refusal({ key: world.path('none') })).rejects.toMatchObject({ code: 'no-key', exitCode: 2 });
  await expect(refusal({ backup: 'tcp:127.0.0.1:1' })).rejects.toMatchObject({ code: 'not-protected', exitCode: 4 });
  const away = `file:${world.path('away')}`;
  await expect(refusal({ arbiter: away })).rejects.toMatchObject({ code: 'no-arbiter', exitCode: 4 });
  expect(await namedGuest('pair')).toMatchObject({ command: 'record' });
  expect(world.epochs).toEqual([]);

  expect(await protectedAt(await refusal({}), at)).toMatchObject({ to: at });
  await expect(refusal({})).rejects.toMatchObject({ code: 'not-paired', exitCode: 4 });
  const again = world.command('ft', 'protect', '--backup', at);
  expect(await again.ended, again.complaints).toBe(4);
  await said(guest, 100);
  guest.kill('SIGINT');
  expect([await guest.ended, await backup.ended]).toEqual([130, 0]);
  expect(countOf(guest.said)).toBeGreaterThan(10);
  const gone = world.command('ft', 'protect', 'pair', '--backup', at, '--arbiter', world.arbiter);
  expect(await gone.ended, gone.complaints).toBe(2);
  expect(gone.complaints).toContain('has no side on this host');
  expect(readdirSync(world.path('run/lockstep/ft'))).toEqual([]);
});

test('as commands: record names its guest, protect needs an arbiter, no pair of another is taken over', async () => {
  writeFileSync(world.path('arbiter/web-1.1'), 'somebody');
  const guest = world.command(
    ...['record', '--kernel', sample('count'), '-m', '16M', '-o', world.path('web-1.lks'), '--append', 'every=5'],
    ...['--drive', `${disks.image()},mode=readonly`],
  );
  await guest.until((side) => side.said.includes('count 20\n'));
  const protectAs = async (...more: readonly string[]): Promise<Side> => {
    const side = world.command('ft', 'protect', 'web-1', '--backup', at, '--same-host', ...more);
    await side.ended;
    return side;
  };
  const { backup, at } = await waiting();
  const unsaid = await protectAs();
  expect([await unsaid.ended, unsaid.complaints]).toEqual([2, expect.stringContaining('--arbiter KIND:PLACE')]);
  const known = await protectAs('--arbiter', world.arbiter);
  expect([await known.ended, known.complaints]).toEqual([2, expect.stringContaining('knows a pair web-1 already')]);
  const done = await protectAs('--arbiter', world.arbiter, '--as', 'pair');
  expect(await done.ended, done.complaints).toBe(0);
  expect(done.complaints).toMatch(/protected by .* the guest stood still for/);
  await guest.until(({ complaints }) => complaints.includes('the pair pair is protected by'));
  const other = world.command('ft', 'protect', 'pair', '--backup', at, '--arbiter', `file:${world.path('other')}`);
  expect([await other.ended, other.complaints]).toEqual([2, expect.stringContaining('--arbiter could be said only')]);
  expect((await findNodes()).map(({ pair }) => pair)).toEqual(['pair', 'pair']);
  guest.kill();
  await guest.ended;
  await said(backup, 200);
  expect(countOf(joined(guest.said, backup.said))).toBeDefined();
});

test('changes that end with the run keep a guest out of a pair', async () => {
  const guest = guestOf('run', { drives: [{ path: disks.image(), mode: 'cow' }] });
  await found(guest);
  const { at } = await waiting();
  await expect(protect(at)).rejects.toMatchObject({ code: 'private-drive', exitCode: 2 });
  await said(guest, 50);
});

test('a file that the guest writes to is its own from then on, and the backup has an equal one', async () => {
  const append = 'every=20 slots=128 writes=4 reads=2 sync=4';
  const drives = [{ path: world.path('a.img'), mode: 'write' }] as const;
  writeFileSync(world.path('a.img'), new Uint8Array(4 << 20));
  const guest = guestOf('record', { kernel: sample('scribble'), append, drives, output: world.path('guest.lks') });
  const { backup, at } = await waiting({ givenDrives: [{ path: world.path('b.img'), mode: 'own' }] });
  await said(guest, 50);
  // The mark cannot be written, and nothing but the claim has been made: that is its own when it tries again.
  mkdirSync(world.path('a.img.own'));
  await expect(protect(at)).rejects.toMatchObject({ code: 'not-paired', exitCode: 4 });
  rmdirSync(world.path('a.img.own'));
  await protect(at);
  expect(world.epochs).toEqual(['pair.1']);
  expect(guest.complaints).toContain("is this side's own");
  const rounds = async (side: Side): Promise<unknown> => {
    const from = side.said.length;
    return side.until((now) => now.said.slice(from).split('\n').length > 5);
  };
  await rounds(guest);
  guest.kill();
  await guest.ended;
  // Every fourth round reads back all that was ever written; a block that is not what the guest wrote ends it with 1.
  await backup.state('live');
  await rounds(backup);
  backup.kill('SIGINT');
  expect(await backup.ended).toBe(130);
  for (const log of ['guest.lks', 'backup.lks']) expect((await replay(world.path(log))).outcome.error).toBeUndefined();
  expect(JSON.parse(readFileSync(world.path('b.img.own'), 'utf8'))).toMatchObject({ state: 'live', epoch: 2 });
});

test('a drive of the disk server is written to under the epoch of the pair from then on', async () => {
  const { at: address } = await disks.serve([{ path: disks.image(4 << 20) }]);
  const place = { address, export: 'e0' };
  const append = 'every=20 slots=64 writes=4 reads=2 sync=4';
  const guest = guestOf('record', { kernel: sample('scribble'), append, drives: [{ path: place, mode: 'write' }] });
  const arbiter = `disk:unix:${address.path}`;
  const detectMs = 1500;
  const { backup, at: listens } = await waiting({ arbiter, detectMs });
  await said(guest, 50);
  await protect(listens, { arbiter, tuning: { ...words().tuning, detectMs } });
  await said(guest, 50);
  // It stands still, is given up, and finds its writes refused when it wakes.
  guest.standStill();
  await backup.state('live');
  await said(backup, 50);
  guest.kill('SIGCONT');
  expect(await guest.ended, guest.complaints).toBe(4);
  expect(guest.complaints).toContain('error pair-lost');
  await said(backup, 50);
  backup.kill('SIGINT');
  expect(await backup.ended).toBe(130);
}, 120_000);

test('a network connection goes on, and serves the same peer', async () => {
  const { guest, ask, sockets } = await serving();
  expect(await ask('SET colour green')).toBe('OK');
  const { backup, at } = await waiting();
  await protect(at);
  expect(await ask('GET colour')).toBe('VALUE green');
  // The backup has its card there too, and is quiet.
  expect([sockets.length, sockets[0]!.closed]).toEqual([2, false]);
  guest.kill();
  backup.kill();
  await Promise.all([guest.ended, backup.ended]);
});
