/** Whatever strangers send, the server lives, and those who keep to the protocol are served. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { text16 } from '../../../src/host/disk/byte-parts.ts';
import { OPTION_MAGIC, REQUEST_MAGIC } from '../../../src/host/disk/nbd.ts';
import { NbdStore } from '../../../src/host/ports/nbd-store.ts';
import { diskFolder, RawClient } from './support.ts';

const folder = diskFolder();
const u32 = fc.nat({ max: 0xffff_ffff });
const small = fc.oneof(fc.nat({ max: 300 }), u32);
const junk = fc.uint8Array({ maxLength: 200 });
const option = fc.oneof(fc.constantFrom(1, 2, 3, 5, 6, 7, 8, 10, 11, 0x4c53_0001, 0x4c53_0002, 0x4c53_0003), u32);
/** An option with a length that may lie. */
const haggle = fc.tuple(option, fc.oneof(fc.constant(undefined), small), junk).map(([code, length, data]) => {
  const header = Buffer.alloc(16);
  header.writeBigUInt64BE(OPTION_MAGIC);
  header.writeUInt32BE(code, 8);
  header.writeUInt32BE(length ?? data.length, 12);
  return Buffer.concat([header, data]);
});
const request = fc
  .tuple(fc.nat({ max: 9 }), fc.nat({ max: 0xffff }), fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }), small, junk)
  .map(([type, flags, offset, length, data]) => {
    const header = Buffer.alloc(28);
    header.writeUInt32BE(REQUEST_MAGIC);
    header.writeUInt16BE(flags, 4);
    header.writeUInt16BE(type, 6);
    header.writeBigUInt64BE(offset, 16);
    header.writeUInt32BE(length, 24);
    return Buffer.concat([header, data]);
  });
const script = fc.record({
  greet: fc.oneof(fc.constant(3), u32),
  haggling: fc.array(fc.oneof(haggle, junk), { maxLength: 5 }),
  opens: fc.boolean(),
  requests: fc.array(fc.oneof(request, junk), { maxLength: 8 }),
  rude: fc.boolean(),
});

test('malformed bytes at any place crash nothing and disturb nobody', async () => {
  const image = folder.image();
  const precious = folder.image(1 << 20, 0x77);
  const { at } = await folder.serve([{ path: image }, { path: precious, readonly: true }]);
  const notices: string[] = [];
  const place = { address: at, export: 'e0' };
  const store = await NbdStore.open({ place, writable: true, notice: (text) => notices.push(text) });
  folder.later(() => store.close());
  const block = new Uint8Array(4096);
  let round = 0;
  await fc.assert(
    fc.asyncProperty(script, async ({ greet, haggling, opens, requests, rude }) => {
      const client = new RawClient(at);
      client.send([greet, 4]);
      for (const bytes of haggling) client.send(bytes);
      if (opens) client.option(1, Buffer.from('e1'));
      for (const bytes of requests) client.send(bytes);
      if (rude) client.socket.destroy();
      else client.socket.end();
      client.socket.resume();
      // Somebody who behaves, meanwhile.
      block.fill(++round);
      await store.write(8192, block);
      const back = new Uint8Array(4096);
      await store.read(8192, back);
      expect(back).toEqual(block);
      await new Promise<void>((done) => {
        if (client.socket.destroyed) done();
        else client.socket.once('close', () => done());
      });
    }),
    { numRuns: 200 },
  );
  expect(notices).toEqual([]);
  expect(readFileSync(precious).every((byte) => byte === 0x77)).toBe(true);
});

test('a client that never says a word, and one that never reads, hold up nobody', async () => {
  const { at, server } = await folder.serve([{ path: folder.image() }]);
  const silent = new RawClient(at);
  const greedy = new RawClient(at);
  await greedy.greet();
  await greedy.open('e0');
  for (let i = 0; i < 500; i++) greedy.request(0, i, 0, 1 << 20);
  const busy = new RawClient(at);
  await busy.greet();
  busy.option(0x4c53_0001, text16('p'), [1, 8], text16('w'));
  expect((await busy.replies()).map(({ type }) => type)).toEqual([0x4c53_0010, 1]);
  await busy.open('e0');
  busy.request(1, 1, 0, 4, 1, Buffer.from('data'));
  expect((await busy.reply()).errno).toBe(0);
  expect(server.totals.connections).toBe(3);
  silent.socket.destroy();
  greedy.socket.destroy();
});
