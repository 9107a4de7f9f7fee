import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import type { StreamAddress } from '../../../src/host/ports/stream-address.ts';
import { testFolder } from '../support.ts';
import { EVERYONE, frame, type RunningSwitch, startSwitch, TestListener, TestPeer, textOf } from './support.ts';

const folder = testFolder();
const peers: TestPeer[] = [];
const running: RunningSwitch[] = [];
const listeners: TestListener[] = [];

afterEach(async () => {
  await Promise.all(peers.splice(0).map(({ link }) => link.close()));
  await Promise.all(running.splice(0).map((each) => each.end()));
  await Promise.all(listeners.splice(0).map((each) => each.close()));
});

let paths = 0;
const newPath = (): string => folder.path(`lan${paths++}.sock`);
const unix = (path: string): StreamAddress => ({ kind: 'unix', path });

async function start(plan: Parameters<typeof startSwitch>[0]): Promise<RunningSwitch> {
  const started = await startSwitch(plan);
  running.push(started);
  return started;
}

async function client(address: StreamAddress): Promise<TestPeer> {
  const peer = await TestPeer.dial(address);
  peers.push(peer);
  return peer;
}

/** The guest at `address` number `n`, already known to the switch: its frames have reached `listener`. */
async function guest(address: StreamAddress, n: number, listener?: TestPeer): Promise<TestPeer> {
  const peer = await client(address);
  peer.link.send(frame(EVERYONE, n, `${n} here`));
  await listener?.until(() => listener.texts.includes(`${n} here`));
  return peer;
}

async function listening(where: string | number = 0): Promise<TestListener> {
  const listener = new TestListener();
  await listener.open(where);
  listeners.push(listener);
  return listener;
}

describe('--listen', () => {
  test('clients over unix and tcp speak with each other, and each alone hears what is for it', async () => {
    const path = newPath();
    const each = await start({ listen: [unix(path), { kind: 'tcp', host: '127.0.0.1', port: 0 }] });
    const port = Number(/tcp:127\.0\.0\.1:(\d+)/.exec(await each.told('tcp:'))![1]);
    const one = await guest(unix(path), 1);
    const two = await guest({ kind: 'tcp', host: '127.0.0.1', port }, 2, one);
    const three = await guest(unix(path), 3, two);
    three.link.send(frame(1, 3, 'to 1 alone'));
    await one.until(() => one.texts.includes('to 1 alone'));
    three.link.send(frame(2, 3, 'to 2 alone'));
    await two.until(() => two.texts.includes('to 2 alone'));
    expect(one.texts).not.toContain('to 2 alone');
    expect(two.texts).not.toContain('to 1 alone');
  });

  test('a client that leaves is forgotten, and the path goes with the switch', async () => {
    const path = newPath();
    const each = await start({ listen: [unix(path)] });
    const one = await guest(unix(path), 1);
    const two = await guest(unix(path), 2, one);
    await one.link.close();
    while (each.status().ports.length > 1) await new Promise((done) => setTimeout(done, 5));
    expect(each.status().addresses).toMatchObject([{ mac: '02:00:00:00:00:02' }]);
    await two.link.close();
    await each.end();
    expect(existsSync(path)).toBe(false);
  });

  test('a client that reads nothing loses frames while the others get all of theirs', async () => {
    const path = newPath();
    const each = await start({ listen: [unix(path)] });
    const deaf = await guest(unix(path), 1);
    const well = await guest(unix(path), 2, deaf);
    deaf.link.pause();
    const sender = await guest(unix(path), 3, well);
    const before = well.received.length;
    const big = frame(EVERYONE, 3, 'x'.repeat(60_000));
    const FRAMES = 150;
    for (let i = 1; i <= FRAMES; i++) {
      sender.link.send(big);
      await well.until(() => well.received.length === before + i);
    }
    const [deafStatus, wellStatus] = each.status().ports;
    expect(deafStatus!.lost).toBeGreaterThan(0);
    expect(wellStatus!.lost).toBe(0);
    deaf.link.resume();
  });

  test('a client whose framing is no framing is let go, and nobody else', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 4, maxLength: 64 }), async (noise) => {
        // A length that no frame has comes first, after nothing or after a sound frame.
        noise[0] = 0x80 | noise[0]!;
        const path = newPath();
        const each = await start({ listen: [unix(path)] });
        const one = await guest(unix(path), 1);
        const two = await guest(unix(path), 2, one);
        const socket = connect(path);
        const closed = once(socket, 'close');
        socket.on('error', () => {});
        socket.write(noise);
        await closed;
        two.link.send(frame(1, 2, 'still there'));
        await one.until(() => one.texts.includes('still there'));
        expect(each.status().ports).toHaveLength(2);
      }),
      { numRuns: 20 },
    );
  });

  test('a path left by a killed process is taken over, one that is served is not', async () => {
    const path = newPath();
    const code = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => console.log('up'))`;
    const child = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(child.stdout, 'data');
    await expect(startSwitch({ listen: [unix(path)] })).rejects.toMatchObject({
      code: 'bad-listen',
      what: expect.stringContaining('another process listens there'),
    });
    const gone = once(child, 'close');
    child.kill('SIGKILL');
    await gone;
    expect(existsSync(path)).toBe(true);
    await start({ listen: [unix(path)] });
    await guest(unix(path), 1);
  });

  test('an address that cannot be had leaves nothing open', async () => {
    const path = newPath();
    const where = folder.path('no/such/folder.sock');
    await expect(startSwitch({ listen: [unix(path), unix(where)] })).rejects.toMatchObject({ exitCode: 2 });
    expect(existsSync(path)).toBe(false);
  });
});

describe('--connect', () => {
  test('dials until the peer is there, and again when it is lost', async () => {
    const lan = newPath();
    const there = newPath();
    const each = await start({ listen: [unix(lan)], connect: [unix(there)] });
    const one = await guest(unix(lan), 1);
    expect(each.status().ports[0]).toMatchObject({ port: `unix:${there}`, up: false });
    const passt = await listening(there);
    const first = await passt.peer(0);
    first.link.send(frame(EVERYONE, 9, 'passt here'));
    await one.until(() => one.texts.includes('passt here'));
    one.link.send(frame(9, 1, 'to passt'));
    await first.until(() => first.texts.includes('to passt'));

    await first.link.close();
    const second = await passt.peer(1);
    await each.told('lost');
    one.link.send(frame(9, 1, 'found anew'));
    await second.until(() => second.texts.includes('found anew'));
    expect(each.notices.filter((text) => text.includes('connected to'))).toHaveLength(2);
    expect(each.notices.filter((text) => text.includes('lost'))).toHaveLength(1);
  });

  test('joins two switches into one network', async () => {
    const left = newPath();
    const right = newPath();
    await start({ listen: [unix(left)] });
    const joined = await start({ listen: [unix(right)], connect: [unix(left)] });
    await joined.told('connected to');
    const one = await guest(unix(left), 1);
    const two = await guest(unix(right), 2, one);
    one.link.send(frame(2, 1, 'across'));
    await two.until(() => two.texts.includes('across'));
  });
});

test('a card that moves to another client is found there from its first frame on', async () => {
  const path = newPath();
  const each = await start({ listen: [unix(path)] });
  const client9 = await guest(unix(path), 9);
  const before = await guest(unix(path), 1, client9);
  const after = await client(unix(path));
  client9.link.send(frame(1, 9, 'to the old place'));
  await before.until(() => before.texts.includes('to the old place'));
  after.link.send(frame(EVERYONE, 1, '1 moved'));
  await client9.until(() => client9.texts.includes('1 moved'));
  client9.link.send(frame(1, 9, 'to the new place'));
  await after.until(() => after.texts.includes('to the new place'));
  expect(before.texts).not.toContain('to the new place');
  expect(each.status().moves).toBe(1);
});

test('--status tells the state to whoever connects', async () => {
  const path = newPath();
  const lan = newPath();
  await start({ listen: [unix(lan)], status: unix(path) });
  const one = await guest(unix(lan), 1);
  await guest(unix(lan), 2, one);
  const socket = connect(path);
  let text = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  await once(socket, 'close');
  expect(JSON.parse(text)).toMatchObject({
    ports: [{ port: `unix:${lan}#1`, up: true, framesIn: 1 }, { port: `unix:${lan}#2` }],
    addresses: [{ mac: '02:00:00:00:00:01', port: `unix:${lan}#1` }, { mac: '02:00:00:00:00:02' }],
    moves: 0,
  });
});

test('frames keep their bytes through the switch, whatever they are and however they are cut', async () => {
  const path = newPath();
  await start({ listen: [unix(path)] });
  const one = await guest(unix(path), 1);
  const two = await guest(unix(path), 2, one);
  const payloads = fc.array(fc.string({ maxLength: 3000 }), { minLength: 1, maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(payloads, async (texts) => {
      const before = one.received.length;
      for (const text of texts) two.link.send(frame(1, 2, text));
      await one.until(() => one.received.length === before + texts.length);
      expect(one.received.slice(before).map(textOf)).toEqual(texts.map((text) => Buffer.from(text).toString()));
    }),
    { numRuns: 30 },
  );
});
