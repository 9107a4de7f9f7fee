/** One line each way: what of a connection is read and kept, of whoever it is. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { expect, onTestFinished, test, vi } from 'vitest';
import { firstLine, lastWords } from '../../../src/host/ft/one-line.ts';

const LONG_MS = 60_000;
const patient = { timeout: LONG_MS, interval: 20 };
const MUCH = Buffer.alloc(64 << 20, 'x');

/** Both ends of a connection. */
async function ends(): Promise<{ readonly near: Socket; readonly far: Socket }> {
  const server = createServer({ allowHalfOpen: true });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const far = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', allowHalfOpen: true });
  const [near] = (await once(server, 'connection')) as [Socket];
  far.on('error', () => {});
  onTestFinished(() => {
    for (const socket of [near, far]) socket.destroy();
    server.close();
  });
  return { near, far };
}

test('a line is heard in whatever pieces it comes, and what is behind it is not read', async () => {
  const { near, far } = await ends();
  const line = firstLine(near, LONG_MS);
  for (const byte of Buffer.from('wähle \u{1f600}')) {
    far.write(Buffer.of(byte));
    await new Promise(setImmediate);
  }
  far.write('\nmore\n');
  far.write(MUCH);
  expect(await line).toBe('wähle \u{1f600}');
  const { bytesRead } = near;
  await new Promise((done) => setTimeout(done, 300));
  expect(near.bytesRead - bytesRead).toBeLessThan(1 << 20);
});

test('who says nothing, no end, or goes, is not waited for', async () => {
  const silent = await ends();
  silent.far.write('no end');
  await expect(firstLine(silent.near, 100)).rejects.toThrow('no answer');
  const endless = await ends();
  endless.far.write(MUCH);
  await expect(firstLine(endless.near, LONG_MS)).rejects.toThrow('no end');
  expect(endless.near.bytesRead).toBeLessThan(4 << 20);
  const gone = await ends();
  const line = firstLine(gone.near, LONG_MS);
  gone.far.resetAndDestroy();
  await expect(line).rejects.toThrow();
});

test('a process that has stood still past the time hears what was said meanwhile', async () => {
  const { near, far } = await ends();
  const line = firstLine(near, 20);
  far.write('in time\n');
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
  expect(await line).toBe('in time');
});

test('a connection ends with the last words, whether they are taken or not', async () => {
  const { near, far } = await ends();
  let said = '';
  far.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  lastWords(near, 'done\n');
  await once(near, 'close');
  await expect.poll(() => said, patient).toBe('done\n');
  const deaf = await ends();
  deaf.far.pause();
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  lastWords(deaf.near, MUCH.toString('latin1'));
  const closed = once(deaf.near, 'close');
  vi.advanceTimersByTime(60_000);
  await closed;
});
