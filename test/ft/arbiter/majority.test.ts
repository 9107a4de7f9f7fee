/** The arbiter that is a majority of hosts: partitions, members that differ, what acceptors keep, strangers. */

import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import type { Arbiter } from '../../../src/ft/arbiter.ts';
import { SocketBytes } from '../../../src/host/disk/socket-bytes.ts';
import { AcceptorServer } from '../../../src/host/ft/arbiters/acceptor-server.ts';
import { AcceptorStore } from '../../../src/host/ft/arbiters/acceptor-store.ts';
import { arbiterOf } from '../../../src/host/ft/arbiters/arbiter-of.ts';
import { decodeTold, encodeAsked, takeBody } from '../../../src/host/ft/arbiters/ballot-wire.ts';
import { MajorityArbiter } from '../../../src/host/ft/arbiters/majority.ts';
import { type PairKey, pairKey } from '../../../src/host/ft/key.ts';
import { UserError } from '../../../src/lib/errors.ts';
import { diskFolder, MIB, mostUnsent, type Relay, type TcpAddress } from '../../host/disk/support.ts';
import { settle } from './conformance.ts';
import { acceptorHere, claimer, isAccept, relaysTo } from './majority-rig.ts';

const folder = diskFolder();
const won = { kind: 'won' } as const;

/** All ways to give less than half of `count` to the first side. */
function minorities(count: number): readonly (readonly number[])[] {
  const all = Array.from({ length: 2 ** count }, (_, bits) =>
    Array.from({ length: count }, (_, i) => i).filter((i) => (bits >> i) & 1),
  );
  return all.filter((some) => some.length * 2 < count);
}

/** Each side keeps the acceptors that are given to it. */
function part(a: readonly Relay<TcpAddress>[], b: readonly Relay<TcpAddress>[], toA: readonly number[]): void {
  for (const i of a.keys()) {
    a[i]!.set(toA.includes(i) ? 'open' : 'cut');
    b[i]!.set(toA.includes(i) ? 'cut' : 'open');
  }
}

const heal = (...sides: readonly (readonly Relay<TcpAddress>[])[]): void => {
  for (const relay of sides.flat()) relay.set('open');
};

test.each([3, 5])('%s hosts in every partition: the minority waits, the majority goes on', async (count) => {
  const acceptors = await Promise.all(Array.from({ length: count }, () => acceptorHere(folder)));
  const [toA, toB] = [await relaysTo(folder, acceptors), await relaysTo(folder, acceptors)];
  const [a, b] = [claimer(toA, 5000), claimer(toB, 5000)];
  let epoch = 0;
  for (const few of minorities(count)) {
    epoch++;
    part(toA, toB, few);
    // Both suspect the other at once; the minority asks first, in the middle, and again.
    const [before, winner, after] = [a.claim('p', epoch, 'a'), settle(b, epoch, 'b'), a.claim('p', epoch, 'a')];
    expect(await Promise.all([before, after, a.read('p')])).toEqual([unknown, unknown, unknown]);
    expect(await winner).toEqual(won);
    expect(await a.claim('p', epoch, 'a')).toEqual(unknown);
    heal(toA, toB);
    expect(await settle(a, epoch, 'a')).toEqual({ kind: 'lost', holder: 'b' });
  }
  expect(epoch).toBe(count === 3 ? 4 : 16);
});

/** What is to be accepted does not get through, nor anything after it. */
function cutBeforeAccept(relay: Relay<TcpAddress>, request: Buffer): boolean {
  if (isAccept(request)) relay.set('cut');
  return isAccept(request);
}

const unknown = { kind: 'unknown', reason: expect.any(String) };

test('a claim that only a minority has accepted is nobody’s yet: another may win, or it is kept', async () => {
  const acceptors = await Promise.all(Array.from({ length: 3 }, () => acceptorHere(folder)));
  for (let epoch = 1; epoch <= 3; epoch++) {
    const [toA, toB] = [await relaysTo(folder, acceptors), await relaysTo(folder, acceptors)];
    const a = claimer(toA, 5000);
    // A majority promises; then all but one are gone for it.
    for (const [i, relay] of toA.entries()) {
      if (i !== epoch - 1) relay.dropAnswersTo((request) => cutBeforeAccept(relay, request));
    }
    expect(await a.claim('p', epoch, 'a')).toEqual(unknown);
    const b = await settle(claimer(toB, 5000), epoch, 'b');
    heal(toA);
    const again = await settle(claimer(toB, 5000), epoch, 'a');
    expect([b.kind, again.kind].sort()).toEqual(['lost', 'won']);
  }
});

test('a pair is decided by the hosts that began it: other ones, or fewer, decide nothing', async () => {
  const acceptors = await Promise.all(Array.from({ length: 5 }, () => acceptorHere(folder)));
  const members = acceptors.map(({ at }, i) => ({ name: `m${i}`, endpoint: at }));
  const of = (...indices: number[]): Arbiter => new MajorityArbiter(indices.map((i) => members[i]!));
  expect(await of(0, 1, 2).claim('p', 1, 'a')).toEqual(won);
  expect(await of(2, 1, 0).claim('p', 1, 'a')).toEqual(won);
  for (const other of [of(0, 1, 3), of(0, 1, 2, 3, 4)]) {
    expect(await other.claim('p', 2, 'b')).toEqual({ kind: 'unknown', reason: expect.stringContaining('m0,m1,m2') });
  }
  expect(await of(0, 1, 2).read('p')).toEqual({ kind: 'held', epoch: 1, holder: 'a' });
});

test('a file that is damaged silences its acceptor for that pair, and is not taken for an absent one', async () => {
  const place = folder.fresh('acceptor');
  const start = async (): Promise<AcceptorServer> => {
    const server = await AcceptorServer.start({ listen: { host: '127.0.0.1', port: 0 }, folder: place });
    folder.later(() => server.close());
    return server;
  };
  const claimerAt = ({ endpoint }: AcceptorServer): Arbiter => new MajorityArbiter([{ name: 'm', endpoint }]);
  const first = await start();
  expect(await claimerAt(first).claim('a/b', 7, 'a')).toEqual(won);
  await first.close();
  const [name = ''] = readdirSync(place).filter((one) => one.endsWith('.json'));
  const path = join(place, name);
  const sound = readFileSync(path, 'utf8');
  expect(JSON.parse(sound)).toMatchObject({
    version: 1,
    pair: 'a/b',
    members: 'm',
    accepted: { held: { epoch: 7, holder: 'a' } },
  });
  for (const damaged of [
    '',
    sound.slice(0, 40),
    sound.replace('"version": 1', '"version": 2'),
    sound.replace('"epoch": 7', '"epoch": -7'),
  ]) {
    writeFileSync(path, damaged);
    const server = await start();
    expect(await claimerAt(server).claim('a/b', 8, 'b')).toMatchObject({ reason: expect.stringContaining(name) });
    expect(await claimerAt(server).claim('c', 1, 'b')).toEqual(won);
    await server.close();
  }
  writeFileSync(path, sound);
  const last = await start();
  expect(await claimerAt(last).read('a/b')).toEqual({ kind: 'held', epoch: 7, holder: 'a' });
  await expect(AcceptorServer.start({ listen: { host: '127.0.0.1', port: 0 }, folder: place })).rejects.toThrow(
    UserError,
  );
});

test('only who has the key is heard, and nonsense ends its own connection alone', async () => {
  const key = pairKey(Buffer.alloc(32, 7));
  const heard: string[] = [];
  const listen = { host: '127.0.0.1', port: 0 };
  const notice = (text: string): void => void heard.push(text);
  const server = await AcceptorServer.start({ listen, folder: folder.fresh('acceptor'), key, notice });
  folder.later(() => server.close());
  const { endpoint } = server;
  const as = (one?: PairKey): Arbiter => new MajorityArbiter([{ name: 'm', endpoint }], one, 3000);
  expect(await as(key).claim('p', 1, 'a')).toEqual(won);
  for (const other of [undefined, pairKey(Buffer.alloc(32, 8))]) {
    expect(await as(other).claim('p', 2, 'b')).toMatchObject({ kind: 'unknown' });
  }
  const stranger = connect(endpoint.port, endpoint.host);
  stranger.on('error', () => {}).write(Buffer.alloc(1 << 16, 0xff));
  await new Promise((done) => stranger.on('close', done));
  expect(await as(key).read('p')).toEqual({ kind: 'held', epoch: 1, holder: 'a' });
  // Three have tried without it; the operator is told once.
  expect(heard.filter((text) => text.includes('does not hold the key'))).toEqual([
    'somebody at 127.0.0.1 tried to connect and does not hold the key',
  ]);
  await expect(
    AcceptorServer.start({ listen: { host: '0.0.0.0', port: 0 }, folder: folder.fresh('open') }),
  ).rejects.toThrow('no key');
});

test('hosts as users write them: three or more, each once, with a key when they are elsewhere', async () => {
  const key = pairKey(Buffer.alloc(32, 7));
  await arbiterOf('majority:127.0.0.1:1,127.0.0.1:2,[::1]:3').close();
  await arbiterOf('majority:10.0.0.1:7200,10.0.0.2:7200,10.0.0.3:7200', '/', key).close();
  for (const text of ['a:1,b:1', 'a:1,b:1,a:1', 'a:1,b,c:1', 'a:1,b:1,unix:/s', 'a:1,b:0,c:1']) {
    expect(() => arbiterOf(`majority:${text}`, '/', key)).toThrow(UserError);
  }
  expect(() => arbiterOf('majority:10.0.0.1:7200,10.0.0.2:7200,10.0.0.3:7200')).toThrow('no key');
});

test('an acceptor that ends finishes what it has begun, and then says and writes nothing more', async () => {
  const place = folder.fresh('acceptor');
  mkdirSync(place);
  const store = new AcceptorStore(place);
  const asked = (pair: string) =>
    ({ members: 'm', pair, request: { kind: 'prepare', ballot: { round: 1, proposer: 'a' } } }) as const;
  const begun = store.answer(asked('p'), () => {});
  const late = store.close().then(() => store.answer(asked('q'), () => {}));
  expect(await begun).toMatchObject({ kind: 'promise' });
  expect(await late).toMatchObject({ kind: 'declined' });
  expect(readdirSync(place)).toEqual(['p.json']);
});

/** An acceptor on loopback, and a connection to it. */
async function reached() {
  const listen = { host: '127.0.0.1', port: 0 };
  const server = await AcceptorServer.start({ listen, folder: folder.fresh('acceptor') });
  folder.later(() => server.close());
  const dialled = (): Socket => {
    const socket = connect(server.endpoint.port, listen.host);
    folder.later(() => socket.destroy());
    return socket.on('error', () => {});
  };
  const arbiter = new MajorityArbiter([{ name: 'm', endpoint: server.endpoint }], undefined, 60_000);
  return { arbiter, dialled };
}

test('the replies that a claimer does not read are not gathered, and others are answered meanwhile', async () => {
  const { arbiter, dialled } = await reached();
  const asks = 600;
  const ballot = { round: 1, proposer: 'x'.repeat(60_000) };
  expect(await arbiter.claim('p', 1, 'a')).toEqual(won);
  const [flooding, reading] = [dialled(), dialled()];
  const most = mostUnsent(flooding);
  const ask = encodeAsked({ members: 'm', pair: 'p', request: { kind: 'inspect', ballot } });
  flooding.pause();
  for (let i = 0; i < asks; i++) flooding.write(ask);
  // Requests are answered in turn: after as many others the flood would be answered too.
  const input = new SocketBytes(reading);
  for (let i = 0; i < 2 * asks; i++) {
    reading.write(
      encodeAsked({ members: 'm', pair: 'p', request: { kind: 'inspect', ballot: { round: 1, proposer: 'y' } } }),
    );
    expect(decodeTold((await takeBody(input))!)).toMatchObject({ kind: 'state' });
  }
  expect(most()).toBeGreaterThan(0);
  expect(most()).toBeLessThan(MIB);
  vi.restoreAllMocks();
});

test('of connections without end the oldest give way, and a claim gets through', async () => {
  const { arbiter, dialled } = await reached();
  const crowd = Array.from({ length: 300 }, dialled);
  await Promise.all(crowd.slice(0, 44).map((socket) => once(socket.resume(), 'close')));
  expect(await arbiter.claim('p', 1, 'a')).toEqual(won);
});
