/** Clients that say nothing, read nothing or come in crowds: the server's memory and other clients do not notice. */
import { once } from 'node:events';
import { afterEach, expect, test, vi } from 'vitest';
import { bytesOf } from '../../../src/host/disk/byte-parts.ts';
import { OPTION_MAGIC } from '../../../src/host/disk/nbd.ts';
import { DiskArbiter } from '../../../src/host/ft/arbiters/disk.ts';
import type { StreamAddress } from '../../../src/host/ports/stream-address.ts';
import { diskFolder, MIB, mostUnsent, RawClient } from './support.ts';

const folder = diskFolder();
afterEach(() => {
  vi.restoreAllMocks();
});

/** More than any client takes that wants something, on a slow machine too. */
const PATIENCE_MS = 3000;
const UNKNOWN_OPTION = 99;

function client(at: StreamAddress): RawClient {
  const made = new RawClient(at);
  folder.later(() => made.socket.destroy());
  return made;
}

async function opened(at: StreamAddress): Promise<RawClient> {
  const made = client(at);
  await made.greet();
  await made.open('e0');
  return made;
}

async function works(made: RawClient): Promise<void> {
  made.request(0, 1, 0, 512);
  expect(await made.reply(512)).toMatchObject({ errno: 0 });
}

test('the answers that a client does not read are not gathered, and it is cut when its time is over', async () => {
  const { at } = await folder.serve([{ path: folder.image() }], undefined, { patienceMs: PATIENCE_MS });
  const flooding = client(at);
  await flooding.greet();
  const most = mostUnsent(flooding.socket);
  flooding.socket.pause();
  const option = bytesOf([OPTION_MAGIC, 8], [UNKNOWN_OPTION, 4], [0, 4]);
  const many = Buffer.alloc(8 * MIB, option);
  const taken = new Promise((done) => flooding.socket.write(many, done));
  await Promise.race([taken, once(flooding.socket, 'close')]);
  expect(most()).toBeGreaterThan(0);
  expect(most()).toBeLessThan(MIB);
});

test('who opens nothing is cut when its time is over; who has an export open may be silent', async () => {
  const { at } = await folder.serve([{ path: folder.image() }], undefined, { patienceMs: PATIENCE_MS });
  const silent = client(at);
  const guest = await opened(at);
  const slow = client(at);
  await slow.greet();
  slow.send([OPTION_MAGIC, 8]);
  await silent.take(18);
  expect(await silent.ended()).toBe(true);
  expect(await slow.ended()).toBe(true);
  await works(guest);
});

test('who says more than any client does before it opens an export is hung up on', async () => {
  const { at } = await folder.serve([{ path: folder.image() }]);
  const talking = client(at);
  await talking.greet();
  let refusals = 0;
  for (; refusals < 40; refusals++) {
    talking.option(UNKNOWN_OPTION, Buffer.alloc(MIB));
    if ((await talking.input.take(20)) === undefined) break;
    await talking.input.take('the option is too long'.length);
  }
  expect(refusals).toBe(15);
});

test('a crowd of clients that open nothing shuts nobody out, and those that have an export keep it', async () => {
  const notices: string[] = [];
  const { at } = await folder.serve([{ path: folder.image() }], undefined, {
    connectionsMax: 4,
    notice: (text) => notices.push(text),
  });
  const guests = [await opened(at), await opened(at)];
  const crowd = Array.from({ length: 12 }, () => client(at));
  expect(
    await Promise.all(crowd.slice(0, 10).map(async (one) => (await one.input.take(1 << 16)) === undefined)),
  ).toEqual(Array.from({ length: 10 }, () => true));
  expect(await new DiskArbiter(at, 60_000).claim('p', 1, 'a')).toEqual({ kind: 'won' });
  for (const guest of guests) await works(guest);
  expect(notices.filter((text) => text.includes('4 connections'))).toHaveLength(1);
  // When all have an export open, there is no room.
  const more = [await opened(at), await opened(at)];
  expect(await client(at).ended()).toBe(true);
  for (const guest of [...guests, ...more]) await works(guest);
});
