/** Listening at a path: what a killed process left is taken over, and nothing else is touched. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { DiskServer } from '../../../src/host/disk/disk-server.ts';
import { listenAt, stopListening } from '../../../src/host/ports/listen-at.ts';
import { diskFolder } from '../disk/support.ts';
import { startSwitch } from '../switch/support.ts';

const folder = diskFolder();
const ROUNDS = 30;

function leaveDead(path: string): void {
  const code = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => {
    process.kill(process.pid, 'SIGKILL');
  })`;
  spawnSync(process.execPath, ['-e', code]);
}

/** The server that answers at `path`: it says its number. */
function answerAt(path: string): Promise<string> {
  return new Promise((done, failed) => {
    connect(path)
      .on('data', (chunk) => done(chunk.toString()))
      .on('error', failed);
  });
}

const server = (number: number): Server => createServer((socket) => void socket.on('error', () => {}).end(`${number}`));

test.each([
  ['file', (path: string) => writeFileSync(path, 'precious'), (path: string) => readFileSync(path, 'utf8')],
  ['folder', (path: string) => mkdirSync(path), (path: string) => readdirSync(path).join()],
  ['link', (path: string) => symlinkSync('precious', path), (path: string) => readlinkSync(path)],
])('a %s at the path stays as it is, and the operator is told what is there', async (kind, make, look) => {
  const path = folder.fresh('p');
  make(path);
  const before = look(path);
  const told = { code: 'bad-listen', exitCode: 2, what: expect.stringContaining(`a ${kind} is at ${path}`) };
  const at = { kind: 'unix', path } as const;
  await expect(listenAt(createServer(), at)).rejects.toMatchObject(told);
  await expect(startSwitch({ listen: [at] })).rejects.toMatchObject(told);
  await expect(startSwitch({ status: at })).rejects.toMatchObject(told);
  expect(look(path)).toBe(before);
});

test('the disk server does not listen in the place of an image', async () => {
  const path = folder.image(4096, 7);
  const exports = [{ name: 'e0', path, readonly: false }];
  const starting = DiskServer.start({ exports, listen: [{ kind: 'unix', path }], state: folder.fresh('state') });
  await expect(starting).rejects.toMatchObject({ code: 'bad-listen' });
  expect(readFileSync(path)).toEqual(Buffer.alloc(4096, 7));
});

test('of two that take over the same dead socket at once one listens, and is found there', async () => {
  const place = folder.fresh('place');
  mkdirSync(place);
  for (let round = 0; round < ROUNDS; round++) {
    const path = join(place, 's');
    leaveDead(path);
    const servers = [server(0), server(1)];
    const tried = await Promise.allSettled(servers.map((one) => listenAt(one, { kind: 'unix', path })));
    const listens = tried.flatMap(({ status }, i) => (status === 'fulfilled' ? [i] : []));
    expect(listens).toHaveLength(1);
    expect(await answerAt(path)).toBe(`${listens[0]}`);
    expect(readdirSync(place)).toEqual(['s']);
    for (const one of servers) await stopListening(one);
    expect(readdirSync(place)).toEqual([]);
  }
});
