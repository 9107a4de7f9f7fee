/** A block server with a key: who has it, who has not, and who listens on the way. */
import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { bytesOf, text16 } from '../../../src/host/disk/byte-parts.ts';
import { DiskServer } from '../../../src/host/disk/disk-server.ts';
import { OPTION_MAGIC, Option, Reply } from '../../../src/host/disk/nbd.ts';
import { arbiterOf } from '../../../src/host/ft/arbiters/arbiter-of.ts';
import { makeKey, type PairKey, pairKey, readKey } from '../../../src/host/ft/key.ts';
import type { NbdPlace } from '../../../src/host/ports/nbd-place.ts';
import { NbdStore } from '../../../src/host/ports/nbd-store.ts';
import { TappedLine } from '../tapped-line.ts';
import { diskFolder, MIB, RawClient, type TcpAddress, type UnixAddress } from './support.ts';

const folder = diskFolder();
const right = pairKey(new Uint8Array(32).fill(1));
const wrong = pairKey(new Uint8Array(32).fill(2));
const MARKER = 'what the guest has written';
const block = Buffer.alloc(4096, MARKER);

async function served(key?: PairKey) {
  const path = folder.image();
  const unix = folder.unix();
  const notices: string[] = [];
  const server = await DiskServer.start({
    exports: [{ name: 'disk', path, readonly: false }],
    listen: [{ kind: 'tcp', host: '127.0.0.1', port: 0 }, unix],
    state: folder.fresh('state'),
    notice: (text) => notices.push(text),
    ...(key === undefined ? {} : { key }),
  });
  folder.later(() => server.close());
  return { path, notices, at: server.addresses[0] as TcpAddress, unix: unix as UnixAddress };
}

const placeAt = (port: number, more: Partial<NbdPlace> = {}): NbdPlace => ({
  address: { kind: 'tcp', host: '127.0.0.1', port },
  export: 'disk',
  ...more,
});

async function open(place: NbdPlace, key?: PairKey): Promise<NbdStore> {
  const store = await NbdStore.open({ place, writable: true, key, notice: () => {} });
  folder.later(() => store.close());
  return store;
}

function arbiterAt(port: number, key?: PairKey) {
  const arbiter = arbiterOf(`disk:127.0.0.1:${port}`, '/', key);
  folder.later(() => arbiter.close());
  return arbiter;
}

test('without the key nothing is claimed, opened, listed or read', async () => {
  const { at, unix, notices } = await served(right);
  const client = new RawClient(at);
  await client.greet();
  const epoch = [9, 8] as const;
  client.option(Option.claim, text16('web'), epoch, text16('a stranger'));
  client.option(Option.session, new Uint8Array(16), text16('web'), epoch);
  client.option(Option.read, text16('web'));
  client.option(Option.list);
  client.option(Option.go, [4, 4], Buffer.from('disk'), [0, 2]);
  for (let i = 0; i < 5; i++) expect((await client.optionReply()).type).toBe(Reply.errTlsRequired);
  client.option(Option.exportName, Buffer.from('disk'));
  expect(await client.ended()).toBe(true);
  expect(await arbiterAt(at.port).claim('web', 9, 'a stranger')).toMatchObject({ kind: 'unknown' });
  await expect(open(placeAt(at.port))).rejects.toThrow('key');
  // Whoever may open the server's socket has no need of it, and sees that nothing has come of all that.
  expect(await arbiterOf(`disk:unix:${unix.path}`, '/').read('web')).toEqual({ kind: 'free' });
  expect(notices).toEqual([]);
});

test('with another key neither, and the operator is told of it once', async () => {
  const { at, unix, notices } = await served(right);
  expect(await arbiterAt(at.port, wrong).claim('web', 9, 'a stranger')).toMatchObject({ kind: 'unknown' });
  await expect(open(placeAt(at.port), wrong)).rejects.toThrow();
  expect(await arbiterOf(`disk:unix:${unix.path}`, '/').read('web')).toEqual({ kind: 'free' });
  expect(notices).toEqual(['somebody at 127.0.0.1 tried to connect and does not hold the key']);
});

test('with the key all goes through, and who listens on the way hears nothing of it', async () => {
  for (const key of [right, undefined]) {
    const { at, path } = await served(key);
    const line = await TappedLine.to(at.port);
    folder.later(() => line.close());
    const store = await open(placeAt(line.port), key);
    await store.write(8192, block);
    await store.flush();
    const back = Buffer.alloc(block.length);
    await store.read(8192, back);
    expect(back.equals(block)).toBe(true);
    expect(
      readFileSync(path)
        .subarray(8192, 8192 + block.length)
        .equals(block),
    ).toBe(true);
    expect(await arbiterAt(line.port, key).claim('web', 1, 'name of a node')).toEqual({ kind: 'won' });
    expect(line.heardBytes).toBeGreaterThan(2 * block.length);
    // Without a key all is heard: the line does listen.
    expect(line.heard(MARKER)).toBe(key === undefined);
    expect(line.heard('name of a node')).toBe(key === undefined);
  }
});

test('a large transfer with many requests in flight arrives whole through TLS', async () => {
  const { at, path } = await served(right);
  const store = await open(placeAt(at.port), right);
  const blocks = Array.from({ length: 16 }, (_, i) => Buffer.alloc(MIB / 16, i + 1));
  await Promise.all(blocks.map((data, i) => store.write((i * MIB) / 16, data)));
  await store.flush();
  expect(readFileSync(path).equals(Buffer.concat(blocks))).toBe(true);
});

test('a crowd that never shows the key shuts nobody out who has it', async () => {
  const { at } = await served(right);
  const crowd = Array.from({ length: 300 }, () => new RawClient(at));
  folder.later(() => crowd.forEach(({ socket }) => void socket.destroy()));
  await Promise.all(crowd.slice(-100).map((each) => each.greet()));
  const store = await open(placeAt(at.port), right);
  await store.write(0, block);
  expect(await arbiterAt(at.port, right).claim('web', 1, 'a node')).toEqual({ kind: 'won' });
  // The first of them have given way.
  await expect.poll(() => crowd[0]!.socket.closed, { timeout: 5000 }).toBe(true);
  expect(crowd.at(-1)!.socket.closed).toBe(false);
});

test('what is said before TLS does not count within it', async () => {
  const { at, unix } = await served(right);
  const client = new RawClient(at);
  await client.greet();
  const data = bytesOf(text16('web'), [9, 8], text16('a stranger'));
  const smuggled = bytesOf([OPTION_MAGIC, 8], [Option.claim, 4], [data.length, 4], data);
  client.send([OPTION_MAGIC, 8], [Option.startTls, 4], [0, 4], smuggled);
  expect(await client.ended()).toBe(true);
  expect(await arbiterOf(`disk:unix:${unix.path}`, '/').read('web')).toEqual({ kind: 'free' });
});

test('a drive with a key of its own refuses a server without TLS; with that of its pair not on this host', async () => {
  const { at } = await served();
  const file = folder.fresh('key');
  makeKey(file);
  await expect(open(placeAt(at.port, { key: file }))).rejects.toThrow('it has no TLS');
  const store = await open(placeAt(at.port), right);
  await store.write(0, block);
  const keyed = await served(readKey(file));
  await (await open(placeAt(keyed.at.port, { key: file }))).write(0, block);
  await expect(open(placeAt(keyed.at.port, { plaintext: true }), readKey(file))).rejects.toThrow('key');
  writeFileSync(file, 'none');
  await expect(open(placeAt(keyed.at.port, { key: file }))).rejects.toMatchObject({ code: 'bad-key' });
});

test('beyond the loopback there is a key, or the word plaintext', async () => {
  const address = { kind: 'tcp', host: '192.0.2.1', port: 10_809 } as const;
  const opening = NbdStore.open({ place: { address, export: '' }, writable: false, notice: () => {} });
  await expect(opening).rejects.toMatchObject({ code: 'no-key', exitCode: 2 });
  expect(() => arbiterOf('disk:192.0.2.1:10809', '/')).toThrow(/not on this host's loopback.*lockstep ft keygen/);
  await arbiterOf('disk:192.0.2.1:10809', '/', right).close();
  await arbiterOf('disk:192.0.2.1:10809,plaintext', '/').close();
});
