/** The block server's protocol, byte by byte, over real sockets. Numbers are those of NBD's proto.md. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { text16 } from '../../../src/host/disk/byte-parts.ts';
import { diskFolder, MIB, RawClient } from './support.ts';

const folder = diskFolder();
const ERR_UNSUP = 0x8000_0001;
const ERR_INVALID = 0x8000_0003;
const ERR_UNKNOWN = 0x8000_0006;
const ERR_TOO_BIG = 0x8000_0009;
const [READ, WRITE, DISC, FLUSH, TRIM, ZEROES] = [0, 1, 2, 3, 4, 6];
const [EPERM, EINVAL, ENOSPC] = [1, 22, 28];
/** HAS_FLAGS, FLUSH, FUA, TRIM, WRITE_ZEROES, MULTI_CONN. */
const WRITABLE_FLAGS = 0b1_0110_1101;
const READONLY_FLAGS = 0b1_0000_1111;

async function opened(exports: Parameters<typeof folder.serve>[0], name = 'e0') {
  const { at } = await folder.serve(exports);
  const client = new RawClient(at);
  await client.greet();
  return { client, ...(await client.open(name)) };
}

const nameAndInfos = (name: string, ...infos: number[]) =>
  [
    [Buffer.byteLength(name), 4],
    Buffer.from(name),
    [infos.length, 2],
    ...infos.map((info) => [info, 2] as const),
  ] as const;

test('the greeting is fixed newstyle, and a client flag that was not offered ends the connection', async () => {
  const { at } = await folder.serve([{ path: folder.image() }]);
  const client = new RawClient(at);
  const greeting = await client.greet(1);
  expect(greeting.toString('latin1', 0, 16)).toBe('NBDMAGICIHAVEOPT');
  expect(greeting.readUInt16BE(16)).toBe(3);
  client.option(2);
  expect((await client.optionReply()).type).toBe(1);
  expect(await client.ended()).toBe(true);
  const odd = new RawClient(at);
  await odd.greet(7);
  expect(await odd.ended()).toBe(true);
});

test('EXPORT_NAME gives size, flags and the zeroes that were not declined; an unknown name is hung up on', async () => {
  const { at } = await folder.serve([{ path: folder.image() }, { path: folder.image(4096), readonly: true }]);
  const old = new RawClient(at);
  await old.greet(1);
  old.option(1, Buffer.from('e0'));
  const reply = await old.take(134);
  expect(reply.readBigUInt64BE()).toBe(BigInt(MIB));
  expect(reply.readUInt16BE(8)).toBe(WRITABLE_FLAGS);
  expect(reply.subarray(10).every((byte) => byte === 0)).toBe(true);
  const modern = new RawClient(at);
  await modern.greet();
  expect(await modern.open('e1')).toEqual({ size: 4096, flags: READONLY_FLAGS });
  const lost = new RawClient(at);
  await lost.greet();
  lost.option(1, Buffer.from('nothing'));
  expect(await lost.ended()).toBe(true);
});

test('LIST names the exports; INFO tells without opening; GO opens; the empty name is the first', async () => {
  const { at } = await folder.serve([
    { path: folder.image(), name: 'root' },
    { path: folder.image(512), name: 'b' },
  ]);
  const client = new RawClient(at);
  await client.greet();
  client.option(3);
  const listed = await client.replies();
  expect(listed.map(({ type, data }) => [type, data.subarray(4).toString()])).toEqual([
    [2, 'root'],
    [2, 'b'],
    [1, ''],
  ]);
  client.option(6, ...nameAndInfos('', 1, 3));
  const [facts, sizes, name, ack] = await client.replies();
  expect(facts).toMatchObject({ type: 3 });
  expect(facts!.data.toString('hex')).toBe('0000' + '0000000000100000' + '016d');
  expect([0, 2, 6, 10].map((at) => (at === 0 ? sizes!.data.readUInt16BE() : sizes!.data.readUInt32BE(at)))).toEqual([
    3,
    1,
    4096,
    32 * MIB,
  ]);
  expect(name!.data.toString('latin1')).toBe('\0\x01root');
  expect(ack).toMatchObject({ type: 1 });
  client.option(7, ...nameAndInfos('absent'));
  expect((await client.replies()).map(({ type }) => type)).toEqual([ERR_UNKNOWN]);
  client.option(7, ...nameAndInfos('b'));
  expect((await client.replies()).map(({ type }) => type)).toEqual([3, 1]);
  client.request(READ, 1, 0, 512);
  expect(await client.reply(512)).toMatchObject({ errno: 0, handle: 1 });
});

test.each([
  ['an option nobody knows', 99, [], ERR_UNSUP],
  ['TLS', 5, [], ERR_UNSUP],
  ['metadata contexts', 11, [], ERR_UNSUP],
  ['LIST with data', 3, [[0, 1]], ERR_INVALID],
  ['a name longer than the option', 7, [[100, 4], Buffer.from('e0')], ERR_INVALID],
  ['a name that is no UTF-8', 7, [[1, 4], Buffer.from([0xff]), [0, 2]], ERR_INVALID],
  ['more after the list of infos', 6, [...nameAndInfos('e0'), [0, 1]], ERR_INVALID],
  ['an option of 100 kB', 7, [Buffer.alloc(100_000)], ERR_TOO_BIG],
  ['a claim of epoch 0', 0x4c53_0001, [text16('p'), [0, 8], text16('w')], ERR_INVALID],
  ['a claim of no pair', 0x4c53_0001, [text16(''), [1, 8], text16('w')], ERR_INVALID],
  ['a claim by nobody', 0x4c53_0001, [text16('p'), [1, 8], text16('')], ERR_INVALID],
  ['a claim by a name too long', 0x4c53_0001, [text16('p'), [1, 8], text16('w'.repeat(256))], ERR_INVALID],
  ['a claim of an epoch too large', 0x4c53_0001, [text16('p'), [1n << 60n, 8], text16('w')], ERR_INVALID],
  ['half a session', 0x4c53_0003, [Buffer.alloc(8)], ERR_INVALID],
] as const)('%s is refused, and the haggling goes on', async (_name, option, parts, error) => {
  const { at } = await folder.serve([{ path: folder.image() }]);
  const client = new RawClient(at);
  await client.greet();
  client.option(option, ...parts);
  expect((await client.replies()).map(({ type }) => type)).toEqual([error]);
  client.option(3);
  expect((await client.replies()).map(({ type }) => type)).toEqual([2, 1]);
});

test('reads, writes, zeroes, trims and flushes do what they say, with FUA too', async () => {
  const path = folder.image(MIB, 0xee);
  const { client } = await opened([{ path }]);
  const data = Buffer.from('some bytes at an odd place');
  client.request(WRITE, 1, 12_345, data.length, 0, data);
  expect(await client.reply()).toMatchObject({ errno: 0, handle: 1 });
  client.request(ZEROES, 2, 20_000, 3000, 3);
  expect(await client.reply()).toMatchObject({ errno: 0, handle: 2 });
  client.request(TRIM, 3, 0, 4096, 1);
  client.request(FLUSH, 4, 0, 0);
  expect([(await client.reply()).errno, (await client.reply()).errno]).toEqual([0, 0]);
  client.request(WRITE, 5, MIB - 4, 4, 1, Buffer.from('last'));
  expect(await client.reply()).toMatchObject({ errno: 0 });
  client.request(READ, 6, 12_340, 40);
  const expected = Buffer.alloc(MIB, 0xee);
  data.copy(expected, 12_345);
  expected.fill(0, 20_000, 23_000).write('last', MIB - 4);
  expect((await client.reply(40)).data).toEqual(expected.subarray(12_340, 12_380));
  client.request(DISC, 7, 0, 0);
  expect(await client.ended()).toBe(true);
  expect(Buffer.compare(readFileSync(path), expected)).toBe(0);
});

test('what cannot be done is an error of its own, and the connection goes on', async () => {
  const { client } = await opened([{ path: folder.image() }]);
  const cases: [number, number | bigint, number, number, number, Buffer?][] = [
    [READ, MIB - 10, 11, 0, EINVAL],
    [READ, 0xffff_ffff_ffff_ff00n, 512, 0, EINVAL],
    [READ, 0, 33 * MIB, 0, EINVAL],
    [READ, 0, 512, 4, EINVAL],
    [WRITE, MIB, 5, 0, ENOSPC, Buffer.from('12345')],
    [WRITE, 0, 5, 2, EINVAL, Buffer.from('12345')],
    [WRITE, 0, 33 * MIB, 0, EINVAL, Buffer.alloc(33 * MIB)],
    [ZEROES, 1, MIB, 0, ENOSPC],
    [TRIM, 1, MIB, 0, EINVAL],
    [5, 0, 512, 0, EINVAL],
    [77, 0, 0, 0, EINVAL],
    [READ, 0, 512, 0x8000, EINVAL],
  ];
  for (const [handle, [type, offset, length, flags, errno, data]] of cases.entries()) {
    client.request(type, handle, offset, length, flags, data);
    expect(await client.reply()).toMatchObject({ handle, errno });
  }
  client.request(READ, 1000, 0, 512);
  expect(await client.reply(512)).toMatchObject({ handle: 1000, errno: 0 });
});

test('a read-only export takes no write, trim or zero; one of a pair takes none of a stranger', async () => {
  const exports = [
    { path: folder.image(), readonly: true },
    { path: folder.image(), pair: 'web' },
  ];
  const { at } = await folder.serve(exports);
  for (const name of ['e0', 'e1']) {
    const client = new RawClient(at);
    await client.greet();
    expect((await client.open(name)).flags).toBe(READONLY_FLAGS);
    client.request(WRITE, 1, 0, 4, 0, Buffer.from('data'));
    client.request(ZEROES, 2, 0, 512);
    client.request(TRIM, 3, 0, 512);
    for (let i = 0; i < 3; i++) expect(await client.reply()).toMatchObject({ errno: EPERM });
    client.request(FLUSH, 4, 0, 0);
    expect(await client.reply()).toMatchObject({ errno: 0 });
  }
  for (const { path } of exports) expect(readFileSync(path).every((byte) => byte === 0)).toBe(true);
});

test('structured replies carry data with its offset, and errors with words', async () => {
  const { at } = await folder.serve([{ path: folder.image(MIB, 7) }]);
  const client = new RawClient(at);
  await client.greet();
  client.option(8);
  expect((await client.replies()).map(({ type }) => type)).toEqual([1]);
  expect((await client.open('e0')).flags).toBe(WRITABLE_FLAGS | 0x80);
  client.request(READ, 9, 4096, 100, 4);
  const chunk = await client.take(20);
  expect(chunk.toString('hex')).toBe('668e33ef' + '0001' + '0001' + '0000000000000009' + '0000006c');
  expect((await client.take(8)).readBigUInt64BE()).toBe(4096n);
  expect(await client.take(100)).toEqual(Buffer.alloc(100, 7));
  client.request(READ, 10, MIB, 1);
  const error = await client.take(20);
  expect([error.readUInt16BE(4), error.readUInt16BE(6)]).toEqual([1, 0x8001]);
  const words = await client.take(error.readUInt32BE(16));
  expect(words.readUInt32BE()).toBe(EINVAL);
  expect(words.subarray(6).toString()).toContain('end of the export');
});

test('hundreds of requests sent at once are all answered, each by its handle', async () => {
  const { client } = await opened([{ path: folder.image() }]);
  const count = 600;
  for (let i = 0; i < count; i++) client.request(WRITE, i, i * 512, 512, 0, Buffer.alloc(512, i % 251));
  const handles = new Set<number>();
  for (let i = 0; i < count; i++) handles.add((await client.reply()).handle);
  expect(handles.size).toBe(count);
  client.request(READ, 0, 0, count * 512);
  const { data } = await client.reply(count * 512);
  expect(Array.from({ length: count }, (_, i) => data[i * 512]! === i % 251).every(Boolean)).toBe(true);
});

test('what one connection has written, another reads; its flush covers it', async () => {
  const { at } = await folder.serve([{ path: folder.image() }]);
  const [a, b] = [new RawClient(at), new RawClient(at)];
  for (const client of [a, b]) {
    await client.greet();
    await client.open('e0');
  }
  a.request(WRITE, 1, 0, 5, 0, Buffer.from('hello'));
  expect(await a.reply()).toMatchObject({ errno: 0 });
  b.request(FLUSH, 1, 0, 0);
  expect((await b.reply()).errno).toBe(0);
  b.request(READ, 2, 0, 5);
  expect((await b.reply(5)).data.toString()).toBe('hello');
});
