import { once } from 'node:events';
import { chmodSync, writeFileSync } from 'node:fs';
import { connect as dialPlain, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import type { HeartbeatPath } from '../../../src/ft/protocol/io.ts';
import { parseEndpoint, requireKey } from '../../../src/host/ft/endpoint.ts';
import { Heartbeats } from '../../../src/host/ft/heartbeats.ts';
import { makeKey, pairKey, readKey } from '../../../src/host/ft/key.ts';
import { dial, type Listener, listen } from '../../../src/host/ft/transport.ts';
import { TappedLine } from '../../host/tapped-line.ts';
import { counted, eachWorld, sample } from './sides.ts';

const world = eachWorld();
const right = pairKey(new Uint8Array(32).fill(1));
const wrong = pairKey(new Uint8Array(32).fill(2));
const ignore = (): void => {};
const LOCAL = { host: '127.0.0.1', port: 0 };

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

interface Door {
  readonly listener: Listener;
  readonly connected: Socket[];
  readonly refused: string[];
}

async function door(): Promise<Door> {
  const connected: Socket[] = [];
  const refused: string[] = [];
  const listener = await listen(
    LOCAL,
    right,
    (socket) => connected.push(socket.on('error', () => {})),
    (from) => refused.push(from),
  );
  closers.push(() => {
    for (const socket of connected) socket.destroy();
    listener.close();
  });
  return { listener, connected, refused };
}

test('who holds the key gets through, and what is said arrives', async () => {
  const { listener, connected } = await door();
  const socket = await dial(listener.endpoint, right, 10_000);
  closers.push(() => socket.destroy());
  socket.write('hello');
  await expect.poll(() => connected.length).toBe(1);
  expect(String((await once(connected[0]!, 'data'))[0])).toBe('hello');
});

test('who listens on the way hears nothing of what is said', async () => {
  for (const key of [right, undefined]) {
    const connected: Socket[] = [];
    const listener = await listen(
      LOCAL,
      key,
      (socket) => connected.push(socket.on('error', () => {})),
      () => {},
    );
    const line = await TappedLine.to(listener.endpoint.port);
    const socket = await dial({ ...LOCAL, port: line.port }, key, 10_000);
    closers.push(() => {
      for (const each of [socket, ...connected]) each.destroy();
      line.close();
      listener.close();
    });
    await expect.poll(() => connected.length).toBe(1);
    socket.write('from the one who dialled');
    expect(String((await once(connected[0]!, 'data'))[0])).toBe('from the one who dialled');
    connected[0]!.write('from the one who listened');
    expect(String((await once(socket, 'data'))[0])).toBe('from the one who listened');
    for (const text of ['from the one who dialled', 'from the one who listened']) {
      // Without a key all is heard: the line does listen.
      expect(line.heard(text)).toBe(key === undefined);
    }
  }
});

test('a wrong key and no key are refused, on either side', async () => {
  const { listener, connected, refused } = await door();
  await expect(dial(listener.endpoint, wrong, 10_000)).rejects.toThrow();
  const plain = dialPlain(listener.endpoint.port, '127.0.0.1');
  plain.on('error', () => {});
  plain.write('this is no TLS at all, and long enough to be read as a record of it');
  await once(plain, 'close');
  expect(connected).toEqual([]);
  expect(refused).toHaveLength(2);
  // Nor does who holds the key speak with a listener that does not.
  const open = await listen(
    LOCAL,
    undefined,
    (socket) => socket.on('error', () => {}).end('welcome'),
    () => {},
  );
  closers.push(() => open.close());
  await expect(dial(open.endpoint, right, 10_000)).rejects.toThrow();
});

test('heartbeats count only from who holds the key', async () => {
  const backup = await Heartbeats.at({ host: '127.0.0.1', port: 42_000 + (process.pid % 20_000) }, right);
  const at = { host: '127.0.0.1', port: 42_000 + (process.pid % 20_000) };
  closers.push(() => backup.close());
  const heard: string[] = [];
  backup.listen(({ who }) => heard.push(who));
  const beat = (who: string) => ({ pair: 'pair', epoch: 1, who, count: 1 });
  for (const [key, who] of [
    [wrong, 'wrong'],
    [undefined, 'none'],
    [right, 'right'],
  ] as const) {
    const sender = Heartbeats.to(at, key);
    closers.push(() => sender.close());
    // UDP may lose one.
    const timer = setInterval(() => sender.send(beat(who)), 20);
    closers.push(() => clearInterval(timer));
  }
  await expect.poll(() => heard.length, { timeout: 20_000 }).toBeGreaterThan(5);
  expect(new Set(heard)).toEqual(new Set(['right']));
});

test('a backup answers to the address that it is told, whoever has sent to it since', async () => {
  const port = 42_000 + ((process.pid + 10_000) % 20_000);
  const backup = await Heartbeats.at({ host: '127.0.0.1', port }, right);
  const primary = Heartbeats.to({ host: '127.0.0.1', port }, right);
  const other = Heartbeats.to({ host: '127.0.0.1', port }, right);
  for (const side of [backup, primary, other]) closers.push(() => side.close());
  const whence = new Map<string, HeartbeatPath>();
  const answered = new Set<string>();
  backup.listen(({ who }, from) => whence.set(who, from));
  primary.listen(() => answered.add('primary'));
  other.listen(() => answered.add('other'));
  const beat = (who: string) => ({ pair: 'pair', epoch: 1, who, count: 1 });
  const timer = setInterval(() => {
    primary.send(beat('primary'));
    other.send(beat('other'));
    backup.send(beat('backup'), whence.size === 2 ? whence.get('primary') : undefined);
  }, 20);
  closers.push(() => clearInterval(timer));
  await expect.poll(() => [...answered], { timeout: 20_000 }).toEqual(['primary']);
  await new Promise((done) => setTimeout(done, 100));
  expect([...answered]).toEqual(['primary']);
});

test('an address that others reach needs a key, and the refusal says how to make one', () => {
  for (const text of ['tcp:10.0.0.1:7100', 'tcp:0.0.0.0:7100', 'tcp:example.org:7100', 'tcp:[2001:db8::1]:7100']) {
    const endpoint = parseEndpoint('--listen', text);
    expect(() => requireKey(endpoint, undefined)).toThrow(/lockstep ft keygen/);
    expect(() => requireKey(endpoint, right)).not.toThrow();
  }
  for (const text of ['tcp:127.0.0.1:7100', 'tcp:[::1]:7100', 'tcp:localhost:7100']) {
    expect(() => requireKey(parseEndpoint('--listen', text), undefined)).not.toThrow();
  }
  for (const text of ['127.0.0.1:7100', 'tcp:host', 'tcp:host:99999', 'udp:host:1']) {
    expect(() => parseEndpoint('--listen', text)).toThrow(/not understood/);
  }
});

test('a key file is made once and read again; one that holds none is refused', () => {
  makeKey(world.path('key'));
  expect(readKey(world.path('key')).channel).toEqual(readKey(world.path('key')).channel);
  expect(() => makeKey(world.path('key'))).toThrow(/exists already/);
  makeKey(world.path('other'));
  expect(readKey(world.path('other')).channel).not.toEqual(readKey(world.path('key')).channel);
  writeFileSync(world.path('bad'), 'no key');
  expect(() => readKey(world.path('bad'))).toThrow(/holds no key/);
});

test('a key that others can use is told of once, and used', () => {
  const path = world.path('open');
  makeKey(path);
  const warnings: string[] = [];
  readKey(path, (text) => warnings.push(text));
  expect(warnings).toEqual([]);
  for (const mode of [0o640, 0o604]) {
    chmodSync(path, mode);
    expect(readKey(path, (text) => warnings.push(text)).channel).toEqual(readKey(path).channel);
    expect(warnings.splice(0)).toEqual([`the key ${path} is open to others: chmod 600 ${path}`]);
  }
});

test('a pair with a key runs; a stranger meanwhile does not disturb it', async () => {
  makeKey(world.path('key'));
  makeKey(world.path('other'));
  const { backup, port } = await world.backup({ key: world.path('key') });
  const at = `tcp:127.0.0.1:${port}`;
  const stranger = world.side({
    role: 'primary',
    at,
    kernel: sample('count'),
    key: world.path('other'),
    output: 's.lks',
  });
  await backup.until(({ complaints }) => complaints.includes('does not hold the key'));
  stranger.kill();
  const words = { kernel: sample('count'), key: world.path('key'), append: 'every=5 to=50' };
  const primary = world.side({ role: 'primary', at, ...words });
  expect(await primary.ended).toBe(0);
  expect(await backup.ended).toBe(0);
  expect(primary.said).toBe(counted(50));
  expect(stranger.said).toBe('');
});

test('a primary that nobody listens for says so once, and status names the place and the reason', async () => {
  const none = await listen(LOCAL, undefined, ignore, ignore);
  const { port } = none.endpoint;
  none.close();
  const primary = world.side({ role: 'primary', at: `tcp:127.0.0.1:${port}`, kernel: sample('count') });
  const why = `no backup at tcp:127.0.0.1:${port}: nobody listens there`;
  await primary.until(({ complaints }) => complaints.includes(`notice ${why}; it is waited for\n`));
  const status = world.command('ft', 'status');
  expect(await status.ended).toBe(0);
  expect(status.said).toMatch(new RegExp(`^backup +${why}$`, 'm'));
  // It has dialled many times since.
  expect(primary.complaints.split('no backup at')).toHaveLength(2);
  const { backup } = await world.backup({ at: `tcp:127.0.0.1:${port}` });
  await primary.until(({ said }) => said.includes('count 5\n'));
  const after = world.command('ft', 'status', '--json');
  expect(await after.ended).toBe(0);
  expect(after.said).not.toContain('no backup at');
  primary.kill('SIGINT');
  expect(await primary.ended).toBe(130);
  expect(await backup.ended).toBe(0);
});

test.each([
  ['another key', 'key', 'other', /the other side does not hold the same key/, /does not hold the key/],
  ['a key, and the backup none', 'key', undefined, /started without --key/, /with a key, and none was given here/],
  ['no key, and the backup one', undefined, 'key', /started with --key, give the same/, /does not hold the key/],
])('a primary with %s: both sides say so', async (_, primaryKey, backupKey, primarySays, backupSays) => {
  makeKey(world.path('key'));
  makeKey(world.path('other'));
  const keyOf = (name: string | undefined) => (name === undefined ? {} : { key: world.path(name) });
  const { backup, port } = await world.backup(keyOf(backupKey));
  const at = `tcp:127.0.0.1:${port}`;
  const primary = world.side({ role: 'primary', at, kernel: sample('count'), ...keyOf(primaryKey) });
  await primary.until(({ complaints }) => primarySays.test(complaints));
  await backup.until(({ complaints }) => backupSays.test(complaints));
  expect(primary.complaints).toContain(`notice no backup at ${at}: `);
});

test('both sides on one host are refused unless they are asked for', async () => {
  const { backup, port } = await world.backup({ sameHost: false });
  const at = `tcp:127.0.0.1:${port}`;
  const primary = world.side({ role: 'primary', at, kernel: sample('count'), sameHost: false });
  expect(await primary.ended).toBe(4);
  expect(primary.complaints).toContain('error pair-refused');
  backup.kill('SIGINT');
  expect(await backup.ended).toBe(130);
});
