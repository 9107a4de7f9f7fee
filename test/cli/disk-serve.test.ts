/** `lockstep disk serve` as an operator meets it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { DiskArbiter } from '../../src/host/ft/arbiters/disk.ts';
import { folder, lockstep, root, sample } from './cli.ts';

async function serving(...args: string[]) {
  const child = spawn(process.execPath, [join(root, 'bin/dev.js'), 'disk', 'serve', ...args], { cwd: folder });
  let stderr = '';
  let stdout = '';
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const ended = once(child, 'close').then(([status]) => status as number);
  while (!/serving NBD on tcp/.test(stderr)) {
    const status = await Promise.race([once(child.stderr, 'data'), ended]);
    if (typeof status === 'number') throw new Error(`it ended with ${status}: ${stderr}`);
  }
  const port = Number(/tcp:127\.0\.0\.1:(\d+)/.exec(stderr)?.[1]);
  return { child, port, ended, stderr: () => stderr, stdout: () => stdout };
}

it('serves a guest and a claim on one port, and says at the end what it did', async () => {
  writeFileSync(join(folder, 'd.img'), new Uint8Array(2 << 20));
  const server = await serving('--listen', 'tcp:127.0.0.1:0', '--json', 'root=d.img');
  const drive = `nbd:127.0.0.1:${server.port}/root,mode=write`;
  const ran = await lockstep('run', '--kernel', sample('disk'), '--drive', drive);
  expect(ran).toMatchObject({ status: 0 });
  const arbiter = new DiskArbiter({ kind: 'tcp', host: '127.0.0.1', port: server.port });
  expect(await arbiter.claim('p', 1, 'me')).toEqual({ kind: 'won' });
  expect(server.stderr()).toContain('lockstep: pair p: epoch 1 is that of me\n');
  server.child.kill('SIGTERM');
  expect(await server.ended).toBe(0);
  const { listen, exports, connections, requests } = JSON.parse(server.stdout());
  expect(listen).toEqual([`tcp:127.0.0.1:${server.port}`]);
  expect(exports).toEqual([{ name: 'root', path: join(folder, 'd.img'), sizeBytes: 2 << 20 }]);
  expect(connections).toBe(2);
  expect(requests).toBeGreaterThan(50);
});

it('a name that a stranger chose is shown on the terminal and does nothing there', async () => {
  writeFileSync(join(folder, 'e.img'), new Uint8Array(2 << 20));
  const server = await serving('--listen', 'tcp:127.0.0.1:0', 'root=e.img');
  const arbiter = new DiskArbiter({ kind: 'tcp', host: '127.0.0.1', port: server.port });
  const pair = 'x\nlockstep: export a: lost\x1b[2J\x9b1m\u202e';
  expect(await arbiter.claim(pair, 1, 'me\r')).toEqual({ kind: 'won' });
  server.child.kill('SIGTERM');
  expect(await server.ended).toBe(0);
  expect(server.stderr()).toContain(
    String.raw`lockstep: pair x\x0alockstep: export a: lost\x1b[2J\x9b1m\u{202e}: epoch 1 is that of me\x0d`,
  );
  expect(server.stderr()).not.toMatch(/[^\P{Cc}\n]/u);
});

it('refuses an image that is not there in one line, with exit code 2', async () => {
  const { status, stderr } = await lockstep('disk', 'serve', 'root=absent.img');
  expect(status).toBe(2);
  expect(stderr).toMatch(/^lockstep: cannot open the image .*absent\.img: no such file; [^\n]*\n$/);
});

it('a drive of a server that is not there is refused before the guest runs', async () => {
  const { status, stderr } = await lockstep('run', '--kernel', sample('disk'), '--drive', 'nbd:127.0.0.1:1/x');
  expect(status).toBe(2);
  expect(stderr).toContain('nobody listens there');
});

it('is refused beyond the loopback without a key, unless the network is trusted', async () => {
  writeFileSync(join(folder, 'e.img'), new Uint8Array(4096));
  const words = ['disk', 'serve', '--listen', 'tcp:0.0.0.0:0', 'root=e.img'];
  const { status, stderr } = await lockstep(...words);
  expect(status).toBe(2);
  expect(stderr).toMatch(/not on this host's loopback, and there is no key; make one with: lockstep ft keygen FILE/);
  expect(stderr).toContain('--plaintext');
  expect(await lockstep(...words, '--key', 'k', '--plaintext')).toMatchObject({ status: 2 });
});

it('with the key of ft keygen it serves whoever shows that, here a guest', async () => {
  writeFileSync(join(folder, 'f.img'), new Uint8Array(2 << 20));
  expect(await lockstep('ft', 'keygen', 'pair.key', '--psk', 'keys.psk')).toMatchObject({ status: 0 });
  expect(readFileSync(join(folder, 'keys.psk'), 'utf8')).toMatch(/^lockstep:[0-9a-f]{64}\n$/);
  const again = await lockstep('ft', 'keygen', 'pair.key', '--psk', 'again.psk');
  expect(again).toMatchObject({ status: 0, stdout: 'again.psk\n' });
  expect(readFileSync(join(folder, 'again.psk'))).toEqual(readFileSync(join(folder, 'keys.psk')));
  const server = await serving('--listen', 'tcp:127.0.0.1:0', '--key', 'pair.key', 'root=f.img');
  const drive = `nbd:127.0.0.1:${server.port}/root,mode=write`;
  const strange = await lockstep('run', '--kernel', sample('disk'), '--drive', drive);
  expect(strange.status).toBe(2);
  expect(strange.stderr).toContain('this server wants its key to be shown');
  const ran = await lockstep('run', '--kernel', sample('disk'), '--drive', `${drive},key=pair.key`);
  expect(ran).toMatchObject({ status: 0 });
  server.child.kill('SIGTERM');
  expect(await server.ended).toBe(0);
});
