/** Switches that are connected over TCP with a key: who has it, who has not, and who listens on the way. */
import { afterEach, expect, test } from 'vitest';
import { type PairKey, pairKey } from '../../../src/host/ft/key.ts';
import type { StreamAddress } from '../../../src/host/ports/stream-address.ts';
import { testFolder } from '../support.ts';
import { TappedLine } from '../tapped-line.ts';
import { EVERYONE, frame, type RunningSwitch, startSwitch, TestPeer } from './support.ts';

const folder = testFolder();
const right = pairKey(new Uint8Array(32).fill(1));
const wrong = pairKey(new Uint8Array(32).fill(2));
const FRAME = 'what a guest says to another';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

let paths = 0;
const lan = (): StreamAddress => ({ kind: 'unix', path: folder.path(`${paths++}.sock`) });
const tcp = (port: number): StreamAddress => ({ kind: 'tcp', host: '127.0.0.1', port });

async function start(plan: Parameters<typeof startSwitch>[0]): Promise<RunningSwitch> {
  const started = await startSwitch(plan);
  closers.push(() => started.end());
  return started;
}

async function guest(address: StreamAddress): Promise<TestPeer> {
  const peer = await TestPeer.dial(address);
  closers.push(() => peer.link.close());
  return peer;
}

/** A switch that takes others, one guest on it, and a line to it that is listened at. */
async function hub(key?: PairKey) {
  const address = lan();
  const each = await start({ listen: [address, tcp(0)], ...(key === undefined ? {} : { key }) });
  const port = Number(/tcp:127\.0\.0\.1:(\d+)/.exec(await each.told('tcp:'))![1]);
  const line = await TappedLine.to(port);
  closers.push(() => line.close());
  return { each, line, guest: await guest(address) };
}

test('frames go between two switches with the key, and who listens on the way hears nothing of them', async () => {
  for (const key of [right, undefined]) {
    const there = await hub(key);
    const address = lan();
    const keyed = key === undefined ? {} : { key };
    const here = await start({ listen: [address], connect: [tcp(there.line.port)], ...keyed });
    await here.told('connected to');
    const one = await guest(address);
    one.link.send(frame(EVERYONE, 1, FRAME));
    await there.guest.until(() => there.guest.texts.includes(FRAME));
    there.guest.link.send(frame(1, 2, `${FRAME}, and back`));
    await one.until(() => one.texts.includes(`${FRAME}, and back`));
    // Without a key all is heard: the line does listen.
    expect(there.line.heard(FRAME)).toBe(key === undefined);
  }
});

test('another key, or none, gets no port; both sides say so once, and guests on this host need no key', async () => {
  const there = await hub(right);
  const here = await start({ connect: [tcp(there.line.port)], key: wrong });
  await here.told('does not hold the key');
  await there.each.told('somebody at 127.0.0.1 tried to connect and does not hold the key');
  const stranger = await guest(tcp(there.line.port));
  stranger.link.send(frame(EVERYONE, 3, 'from a stranger, and long enough for a record'));
  await stranger.until(() => stranger.ended !== undefined);
  expect(there.each.status().ports).toHaveLength(1);
  expect(there.guest.received).toEqual([]);
  expect(here.status().ports).toMatchObject([{ up: false }]);
  for (const { notices } of [here, there.each]) {
    expect(notices.filter((text) => text.includes('does not hold the key'))).toHaveLength(1);
  }
});

test('a switch with a key does not speak with one that has none', async () => {
  const there = await hub();
  const here = await start({ connect: [tcp(there.line.port)], key: right });
  await here.told('does not hold the key');
  expect(here.status().ports).toMatchObject([{ up: false, framesIn: 0 }]);
  expect(there.guest.received).toEqual([]);
});
