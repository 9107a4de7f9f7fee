/** Claims and the fence that follows from them: an old epoch writes nothing any more, however late its requests. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test, vi } from 'vitest';
import { text16 } from '../../../src/host/disk/byte-parts.ts';
import { Claims } from '../../../src/host/disk/claims.ts';
import { DiskExport } from '../../../src/host/disk/disk-export.ts';
import { DiskServer } from '../../../src/host/disk/disk-server.ts';
import { Option, REQUEST_MAGIC } from '../../../src/host/disk/nbd.ts';
import { OwnedFolder } from '../../../src/host/disk/owned-folder.ts';
import { DiskArbiter } from '../../../src/host/ft/arbiters/disk.ts';
import type { StreamAddress } from '../../../src/host/ports/stream-address.ts';
import { standStill } from '../stand-still.ts';
import { diskFolder, RawClient } from './support.ts';

const folder = diskFolder();
const [READ, WRITE, FLUSH, TRIM, ZEROES] = [0, 1, 3, 4, 6];
const EPERM = 1;
const BLOCK = 64 << 10;

/** A connection of a node: of its pair and epoch, opened. */
async function node(at: StreamAddress, epoch: number, session = epoch, pair = 'p'): Promise<RawClient> {
  const client = new RawClient(at);
  await client.greet();
  client.option(Option.session, Buffer.alloc(16, session), text16(pair), [epoch, 8]);
  expect((await client.replies()).map(({ type }) => type)).toEqual([1]);
  await client.open('e0');
  return client;
}

async function claim(at: StreamAddress, epoch: number, who: string) {
  const arbiter = new DiskArbiter(at, 60_000);
  return arbiter.claim('p', epoch, who);
}

test('from the claim on every change by an old epoch is refused, reads are not, the new epoch writes', async () => {
  const { at } = await folder.serve([{ path: folder.image() }]);
  expect(await claim(at, 1, 'a')).toEqual({ kind: 'won' });
  const old = await node(at, 1);
  old.request(WRITE, 1, 0, 3, 0, Buffer.from('old'));
  expect((await old.reply()).errno).toBe(0);
  expect(await claim(at, 2, 'b')).toEqual({ kind: 'won' });
  for (const [type, data] of [[WRITE, Buffer.alloc(512)], [ZEROES], [TRIM], [FLUSH]] as const) {
    old.request(type!, 1, 0, type === FLUSH ? 0 : 512, 0, data);
    expect((await old.reply()).errno).toBe(EPERM);
  }
  old.request(READ, 2, 0, 3);
  expect((await old.reply(3)).data.toString()).toBe('old');
  const next = await node(at, 2);
  next.request(WRITE, 1, 0, 3, 0, Buffer.from('new'));
  expect((await next.reply()).errno).toBe(0);
  const other = await node(at, 1, 77, 'another pair');
  other.request(WRITE, 1, 512, 1, 0, Buffer.from('x'));
  expect((await other.reply()).errno).toBe(0);
});

test('a write half of which has arrived at the claim is refused: the block is as its next owner left it', async () => {
  const path = folder.image();
  const { at } = await folder.serve([{ path }]);
  await claim(at, 1, 'a');
  const old = await node(at, 1);
  old.send([REQUEST_MAGIC, 4], [0, 2], [WRITE, 2], [5, 8], [0, 8], [512, 4], Buffer.alloc(300, 0xaa));
  expect(await claim(at, 2, 'b')).toEqual({ kind: 'won' });
  const next = await node(at, 2);
  for (const fill of [0xb1, 0xb2]) {
    next.request(WRITE, fill, 0, 512, 1, Buffer.alloc(512, fill));
    expect((await next.reply()).errno).toBe(0);
  }
  old.send(Buffer.alloc(212, 0xaa));
  expect(await old.reply()).toMatchObject({ handle: 5, errno: EPERM });
  expect(readFileSync(path).subarray(0, 512)).toEqual(Buffer.alloc(512, 0xb2));
});

test('a node stopped while it writes, and woken when the pair has gone on, cannot harm a block', async () => {
  const path = folder.image();
  const { at } = await folder.serve([{ path, pair: 'p' }]);
  expect(await claim(at, 1, 'a')).toEqual({ kind: 'won' });
  const script = fileURLToPath(new URL('./fixtures/writer.ts', import.meta.url));
  const stale = spawn(process.execPath, [script, at.path], { stdio: ['ignore', 'pipe', 'inherit'] });
  folder.later(() => stale.kill('SIGKILL'));
  let reads = 0;
  const heard = async (count: number): Promise<void> => {
    for (const least = reads + count; reads < least; ) {
      const [chunk] = (await once(stale.stdout, 'data')) as [Buffer];
      reads = Number(chunk.toString().trim().split('\n').at(-1));
    }
  };
  await heard(3);
  standStill(stale.pid!);
  expect(await claim(at, 2, 'b')).toEqual({ kind: 'won' });
  const next = await node(at, 2);
  for (const fill of [0xb1, 0xb2]) {
    next.request(WRITE, fill, 0, 512, 1, Buffer.alloc(512, fill));
    expect((await next.reply()).errno).toBe(0);
  }
  stale.kill('SIGCONT');
  await heard(100);
  expect(readFileSync(path).subarray(0, 512)).toEqual(Buffer.alloc(512, 0xb2));
});

test('under a flood of writes, nothing of the old epoch changes the image after the claim is answered', async () => {
  const blocks = 256;
  const path = folder.image(blocks * BLOCK);
  const { at } = await folder.serve([{ path }]);
  await claim(at, 1, 'a');
  const old = await node(at, 1);
  let answered = 0;
  const errnos: number[] = [];
  const flood = (from: number, to: number): void => {
    for (let i = from; i < to; i++) old.request(WRITE, i, i * BLOCK, BLOCK, 0, Buffer.alloc(BLOCK, 1 + (i % 255)));
  };
  flood(0, blocks - 8);
  // Some are done, some being written, most are waiting in the server or its socket.
  for (; answered < 8; answered++) errnos.push((await old.reply()).errno);
  expect(await claim(at, 2, 'b')).toEqual({ kind: 'won' });
  const then = readFileSync(path);
  flood(blocks - 8, blocks);
  for (; answered < blocks; answered++) errnos.push((await old.reply()).errno);
  expect(Buffer.compare(readFileSync(path), then)).toBe(0);
  expect(new Set(errnos)).toEqual(new Set([0, EPERM]));
  // What was answered as done is there, what was refused is not.
  const there = Array.from({ length: blocks }, (_, i) => (then[i * BLOCK] === 0 ? 'no' : 'yes'));
  expect(there.filter((is) => is === 'yes')).toHaveLength(errnos.filter((errno) => errno === 0).length);
});

test('a claim waits for the writes of lower epochs that have begun, and for no others', async () => {
  const claims = await Claims.at(folder.fresh('claims.json'));
  await claims.claim('p', 1, 'a');
  const begun: string[] = [];
  let finish = (): void => {};
  const writing = new Promise<void>((done) => {
    finish = done;
  });
  claims.begun('p', 1, writing);
  claims.begun('q', 1, new Promise(() => {}));
  claims.begun('p', 2, new Promise(() => {}));
  const claiming = claims.claim('p', 2, 'b').then(({ kind }) => begun.push(kind));
  while (claims.admits('p', 1)) await new Promise(setImmediate);
  expect(begun).toEqual([]);
  begun.push('written');
  finish();
  await claiming;
  expect(begun).toEqual(['written', 'won']);
});

test('claims and fences survive a restart; a node that comes in a later epoch raises the fence too', async () => {
  const path = folder.image();
  const first = await folder.serve([{ path }]);
  await claim(first.at, 3, 'a');
  expect(await new DiskArbiter(first.at).read('p')).toEqual({ kind: 'held', epoch: 3, holder: 'a' });
  await node(first.at, 5);
  await first.close();
  const { at } = await folder.serve([{ path }], first.state);
  const arbiter = new DiskArbiter(at);
  const other = 'a node of another arbiter';
  expect(await arbiter.read('p')).toEqual({ kind: 'held', epoch: 5, holder: other });
  for (const epoch of [3, 4]) expect(await arbiter.claim('p', epoch, 'a')).toEqual({ kind: 'lost', holder: other });
  const stale = await node(at, 4);
  stale.request(WRITE, 1, 0, 1, 0, Buffer.from('x'));
  expect((await stale.reply()).errno).toBe(EPERM);
});

test('a claim that cannot be kept is not won, and fences nobody off', async () => {
  const { at, state } = await folder.serve([{ path: folder.image() }]);
  const arbiter = new DiskArbiter(at);
  expect(await arbiter.claim('p', 1, 'a')).toEqual({ kind: 'won' });
  const writer = await node(at, 1);
  // A folder in the place of the file: nothing can be renamed to there.
  const file = join(state, 'claims.json');
  const kept = readFileSync(file);
  rmSync(file);
  mkdirSync(file);
  expect(await arbiter.claim('p', 2, 'b')).toMatchObject({ kind: 'unknown' });
  writer.request(WRITE, 1, 0, 1, 0, Buffer.from('x'));
  expect((await writer.reply()).errno).toBe(0);
  rmSync(file, { recursive: true });
  writeFileSync(file, kept);
  expect(await arbiter.claim('p', 2, 'c')).toEqual({ kind: 'won' });
  expect(readdirSync(state).sort()).toEqual(['claims.json', 'lock']);
});

test('a storage that fails is an error to the client, told to the operator once', async () => {
  const path = folder.image();
  const notices: string[] = [];
  const at = folder.unix();
  const exports = [{ name: 'e0', path, readonly: false }];
  const server = await DiskServer.start({ exports, listen: [at], notice: (text) => notices.push(text) });
  folder.later(() => server.close());
  const client = new RawClient(at);
  await client.greet();
  await client.open('e0');
  // The image is shorter than it was.
  truncateSync(path, 512);
  for (const offset of [4096, 8192]) {
    client.request(READ, 1, offset, 512);
    expect((await client.reply()).errno).toBe(5);
  }
  client.request(READ, 1, 0, 512);
  expect((await client.reply(512)).errno).toBe(0);
  expect(notices).toEqual([expect.stringContaining('export e0')]);
});

test.each([
  ['no JSON', '{"version": 1'],
  ['another version', '{"version": 2, "pairs": {}}'],
  ['an epoch that is no number', '{"version": 1, "pairs": {"p": {"epoch": "1", "holder": "a", "fence": 1}}}'],
  ['a fence below its epoch', '{"version": 1, "pairs": {"p": {"epoch": 2, "holder": "a", "fence": 1}}}'],
])('damaged claims (%s) are refused, for nobody may win by their loss', async (_name, text) => {
  const file = folder.fresh('claims.json');
  writeFileSync(file, text);
  await expect(Claims.at(file)).rejects.toMatchObject({ code: 'bad-claims', exitCode: 2 });
});

test('names of pairs are only names', async () => {
  const file = folder.fresh('claims.json');
  const claims = await Claims.at(file);
  for (const pair of ['__proto__', 'constructor', 'a.b/../c', '']) {
    expect(await claims.claim(pair, 1, 'x')).toEqual({ kind: 'won' });
  }
  const again = await Claims.at(file);
  for (const pair of ['__proto__', 'constructor', 'a.b/../c', '']) {
    expect(await again.read(pair)).toEqual({ epoch: 1, holder: 'x' });
  }
  expect(await again.read('toString')).toBeUndefined();
});

test('one server uses a state folder at a time; one that was killed leaves it free', async () => {
  const path = folder.image();
  const { state, close } = await folder.serve([{ path }]);
  await expect(folder.serve([{ path: folder.image() }], state)).rejects.toMatchObject({ code: 'in-use' });
  await close();
  await folder.serve([{ path }], state);
});

test('the state folder is let go last, when no image is open any more', async () => {
  const { state, close } = await folder.serve([{ path: folder.image() }]);
  const order: string[] = [];
  const [image, release] = [DiskExport.prototype.close, OwnedFolder.prototype.release];
  const spies = [
    vi.spyOn(DiskExport.prototype, 'close').mockImplementation(async function (this: DiskExport) {
      await image.call(this);
      order.push('image');
    }),
    vi.spyOn(OwnedFolder.prototype, 'release').mockImplementation(async function (this: OwnedFolder) {
      order.push(this.path);
      await release.call(this);
    }),
  ];
  folder.later(() => spies.forEach((spy) => void spy.mockRestore()));
  await close();
  const own = order.filter((one) => one === 'image' || one === state);
  expect(own).toEqual(['image', state]);
});

test('a session that connects again ends its earlier connection, whose late writes do nothing', async () => {
  const path = folder.image();
  const { at } = await folder.serve([{ path }]);
  const first = await node(at, 1, 9);
  first.send([REQUEST_MAGIC, 4], [0, 2], [WRITE, 2], [5, 8], [0, 8], [512, 4], Buffer.alloc(300, 0xaa));
  const second = await node(at, 1, 9);
  second.request(WRITE, 1, 0, 512, 0, Buffer.alloc(512, 0xbb));
  expect((await second.reply()).errno).toBe(0);
  first.send(Buffer.alloc(212, 0xaa));
  expect(await first.ended()).toBe(true);
  const stranger = new RawClient(at);
  await stranger.greet();
  await stranger.open('e0');
  stranger.request(READ, 1, 0, 512);
  expect((await stranger.reply(512)).data).toEqual(Buffer.alloc(512, 0xbb));
});
