/** The drive's side: nothing is lost or reordered while servers come, go, freeze and forget. */
import { readFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bytesOf, type Part } from '../../../src/host/disk/byte-parts.ts';
import { HANDSHAKE_MAGIC, Info, OPTION_MAGIC, OPTION_REPLY_MAGIC, Option, Reply } from '../../../src/host/disk/nbd.ts';
import { SocketBytes } from '../../../src/host/disk/socket-bytes.ts';
import { DriveFile } from '../../../src/host/ports/drive-file.ts';
import type { Membership } from '../../../src/host/ports/nbd-session.ts';
import { NbdStore } from '../../../src/host/ports/nbd-store.ts';
import { UnflushedWrites } from '../../../src/host/ports/nbd-unflushed.ts';
import type { StreamAddress } from '../../../src/host/ports/stream-address.ts';
import { TestInbox } from '../ports/inbox.ts';
import { diskFolder, MIB, RawClient, Relay, ServerProcess } from './support.ts';

const folder = diskFolder();

async function storeAt(address: StreamAddress, options: { member?: Membership; deadlineMs?: number } = {}) {
  const notices: string[] = [];
  const place = { address, export: 'e0' };
  const store = await NbdStore.open({ place, writable: true, notice: (text) => notices.push(text), ...options });
  folder.later(() => store.close());
  return { store, notices };
}

const filled = (byte: number, length = 512): Uint8Array => new Uint8Array(length).fill(byte);

async function readAll(store: NbdStore, length: number): Promise<Uint8Array> {
  const data = new Uint8Array(length);
  await store.read(0, data);
  return data;
}

test('a drive on an export does what a disk does, requests longer than the server takes included', async () => {
  const path = folder.image(40 * MIB);
  const { at } = await folder.serve([{ path }]);
  const { store } = await storeAt(at);
  expect(store.facts.sizeBytes).toBe(40 * MIB);
  const data = Buffer.alloc(34 * MIB);
  for (let byte = 0; byte < data.length; byte += 4096) data.fill(1 + ((byte >> 12) % 255), byte, byte + 4096);
  await store.write(512, data);
  await store.zero(2 * MIB, 3 * MIB);
  await store.flush();
  data.fill(0, 2 * MIB - 512, 5 * MIB - 512);
  const image = readFileSync(path);
  expect(Buffer.compare(image.subarray(512, 512 + data.length), data)).toBe(0);
  expect(Buffer.compare(await readAll(store, 40 * MIB), image)).toBe(0);
});

test('connections cut at random lose nothing: what was answered is there, in order', async () => {
  const path = folder.image();
  const { at } = await folder.serve([{ path }]);
  const slots = 32;
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat({ max: slots - 1 }), fc.nat({ max: 255 }), fc.boolean()), {
        minLength: 20,
        maxLength: 60,
      }),
      async (writes) => {
        const proxy = await Relay.start(folder, at);
        const { store, notices } = await storeAt(proxy.at);
        const disk = new Uint8Array(slots * 512);
        await store.zero(0, disk.length);
        const inSlot = new Map<number, Promise<void>>();
        for (const [slot, byte, cut] of writes) {
          await inSlot.get(slot);
          inSlot.set(slot, store.write(slot * 512, filled(byte)));
          disk.fill(byte, slot * 512, slot * 512 + 512);
          if (cut) proxy.drop();
          if (byte % 4 === 0) await new Promise(setImmediate);
        }
        await Promise.all(inSlot.values());
        await store.flush();
        expect(Buffer.compare(readFileSync(path).subarray(0, disk.length), disk)).toBe(0);
        expect(notices.filter((text) => text.includes('guest waits')).length).toBe(
          notices.filter((text) => text.includes('is back')).length,
        );
        await store.close();
        proxy.close();
      },
    ),
    { numRuns: 15 },
  );
});

test('a server killed in the middle and started again is waited for, told once, and every flush holds', async () => {
  const path = folder.image();
  const server = new ServerProcess(folder, [`e0=${path}`]);
  await server.start();
  const { store, notices } = await storeAt(server.at);
  await store.write(0, filled(1));
  await store.flush();
  const going = Array.from({ length: 100 }, (_, i) => store.write((i + 1) * 512, filled(i)));
  await server.kill();
  const more = store.write(101 * 512, filled(101)).then(() => store.flush());
  await server.start();
  await Promise.all([...going, more]);
  const image = readFileSync(path);
  expect(image.subarray(0, 512)).toEqual(Buffer.alloc(512, 1));
  for (let i = 0; i < 100; i++) expect(image[(i + 1) * 512]).toBe(i);
  expect(image[101 * 512]).toBe(101);
  expect(notices.map((text) => text.replace(/.*: |nbd:\S+ /, ''))).toEqual([
    expect.stringContaining('the guest waits for it'),
    'is back',
  ]);
});

test('a frozen server is given up at the deadline; thawed, it cannot put old writes over new ones', async () => {
  const path = folder.image();
  const server = new ServerProcess(folder, [`e0=${path}`]);
  await server.start();
  const { store, notices } = await storeAt(server.at, { deadlineMs: 300 });
  await store.write(0, filled(1));
  server.freeze();
  const slow = store.write(0, filled(2));
  while (notices.length === 0) await new Promise((done) => setTimeout(done, 20));
  expect(notices[0]).toContain('no answer for 0.3 s');
  server.thaw();
  await slow;
  await store.write(0, filled(3));
  await store.flush();
  const reader = new RawClient(server.at);
  await reader.greet();
  await reader.open('e0');
  reader.request(0, 1, 0, 512);
  expect((await reader.reply(512)).data).toEqual(Buffer.alloc(512, 3));
});

test('a server slower than the deadline is given more and more time', async () => {
  const path = folder.image();
  const { at } = await folder.serve([{ path }]);
  const relay = await Relay.start(folder, at);
  const { store, notices } = await storeAt(relay.at, { deadlineMs: 100 });
  relay.delayMs = 150;
  await Promise.all([store.write(0, filled(1)), store.write(512, filled(2))]);
  await store.flush();
  expect([readFileSync(path)[0], readFileSync(path)[512]]).toEqual([1, 2]);
  expect(notices.filter((text) => text.includes('guest waits'))).not.toEqual([]);
});

test('writes that a server forgot are sent again before the flush that covers them', async () => {
  // A server whose computer loses what was not flushed: another image is there when it comes back.
  const [before, after] = [folder.image(), folder.image()];
  const first = await folder.serve([{ path: before }]);
  const second = await folder.serve([{ path: after }]);
  const to = { address: first.at };
  const proxy = createServer((client) => {
    const server = connect(to.address.path);
    client.pipe(server).pipe(client);
    for (const socket of [client, server]) socket.on('error', () => {});
    cuts.push(() => {
      client.destroy();
      server.destroy();
    });
  });
  const cuts: (() => void)[] = [];
  const at = folder.unix();
  await new Promise<void>((done) => void proxy.listen(at.path, done));
  folder.later(() => proxy.close());
  const { store } = await storeAt(at);
  await store.write(0, filled(1, 1024));
  await store.flush();
  await store.write(512, filled(2, 1024));
  await store.write(1024, filled(3));
  await store.zero(1536, 512);
  to.address = second.at;
  for (const cut of cuts.splice(0)) cut();
  await store.flush();
  const image = readFileSync(after);
  expect([0, 512, 1024, 1536].map((byte) => image[byte])).toEqual([0, 2, 3, 0]);
  for (const cut of cuts) cut();
  await store.close();
});

test('unflushed writes are kept in order, in groups that do not meet, until a flush that began after them', () => {
  const writes = new UnflushedWrites();
  const write = (offset: number, length = 512) => ({ command: 1, offset, length, data: new Uint8Array(length) });
  for (const offset of [0, 512, 256, 1024]) writes.wrote(write(offset));
  writes.wrote({ command: 0, offset: 0, length: 512 });
  const offsets = () => writes.groups(8).map((group) => group.map(({ offset }) => offset));
  expect(offsets()).toEqual([
    [0, 512],
    [256, 1024],
  ]);
  const mark = writes.mark();
  writes.wrote(write(0));
  const later = writes.mark();
  writes.flushed(mark);
  expect(offsets()).toEqual([[0]]);
  writes.flushed(mark);
  expect(offsets()).toEqual([[0]]);
  writes.flushed(later);
  expect(offsets()).toEqual([]);
  for (let i = 0; i < 65; i++) writes.wrote(write(0, MIB));
  expect(writes.full).toBe(true);
});

test('a node that its pair left has no answer; at its next epoch its writes go out, at the end they fail', async () => {
  const path = folder.image();
  const { at } = await folder.serve([{ path, pair: 'p' }]);
  const { store: a } = await storeAt(at, { member: { pair: 'p', epoch: 1 } });
  await a.write(0, filled(1));
  const { store: b } = await storeAt(at, { member: { pair: 'p', epoch: 1 } });
  await b.raise(2);
  await b.write(0, filled(2));
  let settled = false;
  const late = a.write(0, filled(9)).finally(() => {
    settled = true;
  });
  expect((await readAll(a, 512))[0]).toBe(2);
  expect(settled).toBe(false);
  await b.flush();
  await a.raise(3);
  await late;
  expect(readFileSync(path)[0]).toBe(9);
  const over = b.write(0, filled(8));
  await readAll(b, 512);
  b.ending();
  await expect(over).rejects.toThrow('another node');
  expect(readFileSync(path)[0]).toBe(9);
});

test('a drive that another node of the pair has now closes at once, and nobody hears of a loss', async () => {
  const path = folder.image();
  const { at } = await folder.serve([{ path, pair: 'p' }]);
  const drive = await DriveFile.at('virtio0', { address: at, export: 'e0' }, 'write', { pair: 'p', epoch: 1 });
  const inbox = new TestInbox();
  await drive.open(inbox);
  const write = { op: 'write' as const, offset: 0, data: filled(1) };
  drive.take({ kind: 'disk', device: 'virtio0', request: 1, operation: write });
  await inbox.until(() => inbox.inputs.length > 0);
  const { store: next } = await storeAt(at, { member: { pair: 'p', epoch: 1 } });
  await next.raise(2);
  await next.write(512, filled(2));
  // The last flush, and a write that is not answered yet, are refused while it closes.
  drive.take({ kind: 'disk', device: 'virtio0', request: 2, operation: { ...write, data: filled(9) } });
  await drive.close();
  expect(inbox.inputs).toMatchObject([{ status: 0 }, { request: 2, status: 1 }]);
  expect(inbox.notices).toEqual([]);
  expect(readFileSync(path).subarray(0, 1024)).toEqual(Buffer.concat([filled(1), filled(2)]));
});

test('a node alone raises its epoch with requests in flight: each is done once it may', async () => {
  const path = folder.image();
  const { at } = await folder.serve([{ path, pair: 'p' }]);
  const { store } = await storeAt(at, { member: { pair: 'p', epoch: 1 } });
  const going = Array.from({ length: 300 }, (_, i) => store.write(i * 512, filled(i & 0xff)));
  const raised = store.raise(2);
  going.push(store.write(300 * 512, filled(44)));
  await Promise.all([...going, raised]);
  const image = readFileSync(path);
  expect(Array.from({ length: 300 }, (_, i) => image[i * 512] === (i & 0xff)).every(Boolean)).toBe(true);
  expect(image[300 * 512]).toBe(44);
});

test('what cannot be a drive is refused in words', async () => {
  const { at } = await folder.serve([
    { path: folder.image(), readonly: true },
    { path: folder.image(700) },
    { path: folder.image() },
  ]);
  const place = (name: string) => ({ address: at, export: name });
  const open = (name: string, member?: Membership) => DriveFile.at('virtio0', place(name), 'write', member);
  await expect(open('e0')).rejects.toMatchObject({ code: 'bad-drive', what: expect.stringContaining('read-only') });
  await expect(open('e1')).rejects.toMatchObject({ code: 'bad-drive', what: expect.stringContaining('700 bytes') });
  await expect(open('none')).rejects.toMatchObject({ what: expect.stringContaining('no such export') });
  const nobody = { address: folder.unix(), export: '' };
  await expect(DriveFile.at('virtio0', nobody, 'cow')).rejects.toMatchObject({ code: 'bad-drive', exitCode: 2 });
});

test('a server that knows neither GO nor flags nor flushes is a drive all the same', async () => {
  const disk = Buffer.alloc(4096);
  const commands: number[] = [];
  const at = folder.unix();
  const plain = createServer(async (socket) => {
    const input = new SocketBytes(socket);
    const take = async (count: number): Promise<Buffer> => (await input.take(count)) ?? Buffer.alloc(count, 0xff);
    socket.write(Buffer.concat([Buffer.from('NBDMAGICIHAVEOPT'), Buffer.of(0, 1)]));
    await take(4);
    for (;;) {
      const option = await take(16);
      await take(option.readUInt32BE(12));
      const code = option.subarray(8, 12);
      if (code.readUInt32BE() === 1) break;
      socket.write(
        Buffer.concat([Buffer.from('0003e889045565a9', 'hex'), code, Buffer.from('8000000100000000', 'hex')]),
      );
    }
    socket.write(Buffer.concat([bytesOf([disk.length, 8], [1, 2]), Buffer.alloc(124)]));
    for (;;) {
      const header = await take(28);
      if (header.readUInt32BE() !== 0x25609513) return;
      const [type, at, length] = [header.readUInt16BE(6), Number(header.readBigUInt64BE(16)), header.readUInt32BE(24)];
      commands.push(type);
      if (type === 1) (await take(length)).copy(disk, at);
      const data = type === 0 ? disk.subarray(at, at + length) : Buffer.alloc(0);
      socket.write(Buffer.concat([bytesOf([0x67446698, 4], [0, 4]), header.subarray(8, 16), data]));
    }
  });
  await new Promise<void>((done) => void plain.listen(at.path, done));
  folder.later(() => plain.close());
  const { store } = await storeAt(at);
  await store.write(512, filled(7, 1024));
  await store.zero(1024, 512);
  await store.flush();
  expect((await readAll(store, 4096)).filter((byte) => byte === 7)).toHaveLength(512);
  await store.close();
  expect(commands).toEqual([1, 1, 0, 2]);
});

/** A server that answers GO as it is told, and every other option with an error. */
async function answering(go: (reply: (type: number, ...data: readonly Part[]) => boolean, socket: Socket) => void) {
  const at = folder.unix();
  const server = createServer(async (socket) => {
    socket.on('error', () => {});
    const input = new SocketBytes(socket);
    socket.write(bytesOf([HANDSHAKE_MAGIC, 8], [OPTION_MAGIC, 8], [3, 2]));
    await input.take(4);
    for (;;) {
      const head = await input.take(16);
      if (head === undefined || (await input.take(head.readUInt32BE(12))) === undefined) return;
      const option = head.readUInt32BE(8);
      const reply = (type: number, ...data: readonly Part[]): boolean => {
        const bytes = bytesOf(...data);
        return socket.write(bytesOf([OPTION_REPLY_MAGIC, 8], [option, 4], [type, 4], [bytes.length, 4], bytes));
      };
      if (option === Option.go) go(reply, socket);
      else reply(Reply.errUnsupported);
    }
  });
  await new Promise<void>((done) => void server.listen(at.path, done));
  folder.later(() => server.close());
  return at;
}

test.each([
  ['long', MIB / 4],
  ['short', 0],
])('a server whose %s answers have no end is given up', async (_name, bytes) => {
  const at = await answering((reply, socket) => {
    const more = (): void => {
      while (!socket.destroyed && reply(Reply.info, Buffer.alloc(bytes)));
      socket.once('drain', more);
    };
    more();
  });
  await expect(storeAt(at)).rejects.toMatchObject({ code: 'bad-drive', what: expect.stringContaining('no end') });
});

test('a server that takes less than a sector at once is refused, not asked for nothing over and over', async () => {
  for (const most of [0, 511]) {
    const at = await answering((reply) => {
      reply(Reply.info, [Info.export, 2], [MIB, 8], [1, 2]);
      reply(Reply.info, [Info.blockSize, 2], [1, 4], [1, 4], [most, 4]);
      reply(Reply.ack);
    });
    const what = expect.stringContaining(`takes ${most} bytes at once at most`);
    await expect(storeAt(at)).rejects.toMatchObject({ code: 'bad-drive', what });
  }
});

test('a drive closes though its server is gone, and the operator hears of it', async () => {
  const { at, close } = await folder.serve([{ path: folder.image() }]);
  const drive = await DriveFile.at('virtio0', { address: at, export: 'e0' }, 'write');
  const inbox = new TestInbox();
  await drive.open(inbox);
  await close();
  const operation = { op: 'write' as const, offset: 0, data: filled(1) };
  drive.take({ kind: 'disk', device: 'virtio0', request: 1, operation });
  await inbox.until(() => inbox.notices.length > 0);
  await drive.close();
  expect(inbox.inputs).toMatchObject([{ kind: 'disk', request: 1, status: 1 }]);
  expect(inbox.notices.join('\n')).toMatch(/the guest waits for it[\s\S]*may be lost/);
});
