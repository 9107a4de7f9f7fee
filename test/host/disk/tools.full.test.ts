/** Others' tools on our server, our drive on others': qemu-img, qemu-io, nbdinfo, nbdcopy, nbdkit, qemu-nbd. */
import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { DiskServer } from '../../../src/host/disk/disk-server.ts';
import { makeKey, pairKey, readKey, writePsk } from '../../../src/host/ft/key.ts';
import { NbdStore } from '../../../src/host/ports/nbd-store.ts';
import type { StreamAddress } from '../../../src/host/ports/stream-address.ts';
import { MIB, record, replay, testFolder } from '../support.ts';
import { diskFolder, type TcpAddress, type UnixAddress } from './support.ts';

const run = promisify(execFile);
const folder = diskFolder();
const recordings = testFolder();
const uri = (at: UnixAddress, name = 'e0'): string => `nbd+unix:///${name}?socket=${at.path}`;

const tools = ['qemu-img', 'qemu-io', 'qemu-nbd', 'nbdinfo', 'nbdcopy', 'nbdkit', 'mke2fs', 'e2fsck'];
/** Without the packages qemu-utils, libnbd-bin, nbdkit and e2fsprogs there is nothing to test against. */
const absent = tools.some((tool) => spawnSync('which', [tool]).status !== 0);

describe.skipIf(absent)('others on lockstep disk serve', () => {
  test('nbdinfo lists the exports with what they can do', async () => {
    const { at } = await folder.serve([{ path: folder.image() }, { path: folder.image(4096), readonly: true }]);
    const { stdout } = await run('nbdinfo', ['--json', '--list', uri(at, '')]);
    const { protocol, exports } = JSON.parse(stdout);
    expect(protocol).toBe('newstyle-fixed');
    const can = { can_flush: true, can_fua: true, can_multi_conn: true, can_df: true, can_cache: false };
    expect(exports).toMatchObject([
      { 'export-name': 'e0', 'export-size': MIB, is_read_only: false, can_trim: true, can_zero: true, ...can },
      { 'export-name': 'e1', 'export-size': 4096, is_read_only: true, can_trim: false, can_zero: false, ...can },
    ]);
    expect(exports[0]).toMatchObject({ block_size_minimum: 1, block_size_maximum: 32 * MIB });
  });

  test('with a key: nbdinfo, nbdcopy and qemu-img show it from the file of ft keygen --psk', async () => {
    const keys = folder.fresh('keys');
    mkdirSync(keys);
    const psk = join(keys, 'keys.psk');
    const key = pairKey(randomBytes(32));
    writePsk(psk, key);
    const image = folder.image(16 * MIB);
    const server = await DiskServer.start({
      exports: [{ name: 'e0', path: image, readonly: false }],
      listen: [{ kind: 'tcp', host: '127.0.0.1', port: 0 }],
      state: folder.fresh('state'),
      key,
    });
    folder.later(() => server.close());
    const { port } = server.addresses[0] as TcpAddress;
    const there = `nbds://lockstep@127.0.0.1:${port}/e0?tls-psk-file=${psk}`;
    expect((await run('nbdinfo', [there])).stdout).toContain('newstyle-fixed with TLS');
    await expect(run('nbdinfo', ['--size', `nbd://127.0.0.1:${port}/e0`])).rejects.toThrow();
    const from = folder.fresh('from');
    writeFileSync(from, randomBytes(16 * MIB));
    await run('nbdcopy', ['--connections=4', '--requests=64', '--flush', from, there]);
    expect(readFileSync(image).equals(readFileSync(from))).toBe(true);
    const secret = ['--object', `tls-creds-psk,id=key,endpoint=client,dir=${keys},username=lockstep`];
    const options = `driver=nbd,host=127.0.0.1,port=${port},export=e0,tls-creds=key`;
    const back = folder.fresh('back');
    await run('qemu-img', ['convert', ...secret, '--image-opts', options, '-O', 'raw', back]);
    expect(readFileSync(back).equals(readFileSync(from))).toBe(true);
  });

  test('nbdcopy over several connections, both ways, and qemu-img compare and convert', async () => {
    const [from, image, back] = [folder.fresh('from'), folder.image(64 * MIB), folder.image(64 * MIB)];
    writeFileSync(from, randomBytes(64 * MIB));
    const { at } = await folder.serve([{ path: image }]);
    await run('nbdcopy', ['--connections=4', '--requests=64', '--flush', from, uri(at)]);
    expect(readFileSync(image).equals(readFileSync(from))).toBe(true);
    await run('nbdcopy', ['--connections=4', uri(at), back]);
    expect(readFileSync(back).equals(readFileSync(from))).toBe(true);
    expect((await run('qemu-img', ['compare', '-f', 'raw', '-F', 'raw', from, uri(at)])).stdout).toContain('identical');
    const converted = folder.fresh('converted.qcow2');
    await run('qemu-img', ['convert', '-f', 'raw', '-O', 'qcow2', uri(at), converted]);
    expect((await run('qemu-img', ['compare', converted, uri(at)])).stdout).toContain('identical');
    await run('qemu-img', ['convert', '-n', '-O', 'raw', converted, uri(at)]);
    expect(readFileSync(image).equals(readFileSync(from))).toBe(true);
  });

  test('qemu-io: parallel requests, zeroes, discards, FUA and flush, patterns checked', async () => {
    const { at } = await folder.serve([{ path: folder.image(16 * MIB) }]);
    const commands = [
      'aio_write -P 1 0 1M',
      'aio_write -P 2 1M 1M',
      'aio_write -P 3 3M 512',
      'aio_flush',
      'write -f -P 4 5M 64k',
      'write -z -u 5M 4k',
      'discard 8M 1M',
      'flush',
      'read -P 1 0 1M',
      'read -P 2 1M 1M',
      'read -P 3 3M 512',
      'read -P 0 5M 4k',
      'read -P 4 5246976 60k',
      'read -P 0 15M 1M',
    ];
    const { stdout } = await run('qemu-io', ['-f', 'raw', ...commands.flatMap((one) => ['-c', one]), uri(at)]);
    expect(stdout).not.toMatch(/fail|error|verification/i);
    await expect(run('qemu-io', ['-f', 'raw', '-c', 'read 15M 2M', uri(at)])).rejects.toThrow();
  });

  test('a file system copied there by nbdcopy is sound', async () => {
    const image = folder.image(16 * MIB);
    const { at } = await folder.serve([{ path: image }]);
    const made = folder.fresh('fs.raw');
    writeFileSync(made, Buffer.alloc(16 * MIB));
    await run('mke2fs', ['-q', '-t', 'ext4', made]);
    await run('nbdcopy', [made, uri(at)]);
    expect((await run('e2fsck', ['-fn', image])).stdout).toMatch(/clean|files/);
  });

  test("nbdkit's nbd plugin and its filters stand between a client and the server", async () => {
    const image = folder.image(4 * MIB, 0x31);
    const { at } = await folder.serve([{ path: image }]);
    const front = folder.unix();
    await nbdkit(front, ['--filter=delay', '--filter=cow', 'nbd', `uri=${uri(at)}`, 'delay-read=1ms']);
    await run('qemu-io', ['-f', 'raw', '-c', 'write -P 9 0 1M', '-c', 'read -P 9 0 1M', uri(front, '')]);
    expect(readFileSync(image).every((byte) => byte === 0x31)).toBe(true);
  });
});

describe.skipIf(absent)('a lockstep drive on other servers', () => {
  test('a guest on nbdkit with delays works, is recorded and replays', async () => {
    const at = folder.unix();
    await nbdkit(at, ['--filter=delay', 'memory', '2M', 'delay-read=2ms', 'delay-write=3ms']);
    const file = recordings.path('nbdkit.lks');
    const drives = [{ path: { address: at, export: '' }, mode: 'write' as const }];
    const live = await record('disk', file, { drives });
    expect(live).toMatchObject({ notices: [], outcome: { ending: 'halted', exitCode: 0 } });
    expect((await replay(file)).text).toBe(live.text);
  });

  test('errors of the server are errors of the request, each alone', async () => {
    const at = folder.unix();
    const failing = folder.fresh('failing');
    await nbdkit(at, [
      '--filter=error',
      'memory',
      '2M',
      'error-pread=ENOSPC',
      'error-rate=100%',
      `error-file=${failing}`,
    ]);
    const store = await opened(at);
    writeFileSync(failing, '');
    await expect(store.read(0, new Uint8Array(512))).rejects.toThrow('ENOSPC');
    expect(existsSync(failing)).toBe(true);
  });

  test.each([
    ['without structured replies', ['--no-sr']],
    ['without NO_ZEROES', ['--mask-handshake=1']],
    ['without zero requests', ['--filter=nozero']],
    [
      'with blocks of 512 at the least and 4 kB at the most',
      [
        '--filter=blocksize-policy',
        'blocksize-minimum=512',
        'blocksize-preferred=512',
        'blocksize-maximum=4096',
        'blocksize-error-policy=error',
      ],
    ],
  ])('nbdkit %s', async (_name, options) => {
    const at = folder.unix();
    const flags = options.filter((word) => word.startsWith('-'));
    await nbdkit(at, [...flags, 'memory', '8M', ...options.filter((word) => !word.startsWith('-'))]);
    const store = await opened(at);
    const data = randomBytes(3 * MIB);
    await store.write(512, data);
    await store.zero(MIB, MIB);
    await store.flush();
    data.fill(0, MIB - 512, 2 * MIB - 512);
    const back = Buffer.alloc(3 * MIB);
    await store.read(512, back);
    expect(back.equals(data)).toBe(true);
  });

  test('a server with blocks larger than a sector, and one of the old style, are refused in words', async () => {
    const [large, old] = [folder.unix(), folder.unix()];
    const sizes = ['blocksize-minimum=4096', 'blocksize-preferred=4096', 'blocksize-maximum=1M'];
    await nbdkit(large, ['--filter=blocksize-policy', 'memory', '8M', ...sizes]);
    await expect(opened(large)).rejects.toMatchObject({ what: expect.stringContaining('blocks of 4096') });
    await nbdkit(old, ['--oldstyle', 'memory', '8M']);
    await expect(opened(old)).rejects.toMatchObject({ code: 'bad-drive' });
  });

  test('a pair is refused a server that knows no epochs', async () => {
    const at = folder.unix();
    await nbdkit(at, ['memory', '8M']);
    const place = { address: at, export: '' };
    const opening = NbdStore.open({ place, writable: true, notice: () => {}, member: { pair: 'p', epoch: 1 } });
    await expect(opening).rejects.toMatchObject({ code: 'no-epochs' });
  });

  test('nbdkit with TLS and the same key', async () => {
    const [file, psk, at] = [folder.fresh('key'), folder.fresh('psk'), folder.unix()];
    makeKey(file);
    writePsk(psk, readKey(file));
    await nbdkit(at, ['--tls=require', `--tls-psk=${psk}`, 'memory', '8M']);
    const place = { address: at, export: '' };
    await expect(NbdStore.open({ place, writable: true, notice: () => {} })).rejects.toThrow();
    const store = await NbdStore.open({ place: { ...place, key: file }, writable: true, notice: () => {} });
    const data = randomBytes(8 * MIB);
    await store.write(0, data);
    const back = Buffer.alloc(data.length);
    await store.read(0, back);
    expect(back.equals(data)).toBe(true);
    await store.close();
  });

  test('nbdkit killed and started again on its file: nothing is lost', async () => {
    const at = folder.unix();
    const image = folder.image(2 * MIB);
    const first = await nbdkit(at, ['file', image]);
    const notices: string[] = [];
    const place = { address: at, export: '' };
    const store = await NbdStore.open({ place, writable: true, notice: (text) => notices.push(text) });
    folder.later(() => store.close());
    const writes = Array.from({ length: 512 }, (_, i) => store.write(i * 4096, new Uint8Array(4096).fill(i & 0xff)));
    first.kill('SIGKILL');
    await once(first, 'exit');
    rmSync(at.path, { force: true });
    await nbdkit(at, ['file', image]);
    await Promise.all(writes);
    await store.flush();
    const bytes = readFileSync(image);
    expect(Array.from({ length: 512 }, (_, i) => bytes[i * 4096] === (i & 0xff)).every(Boolean)).toBe(true);
    expect(notices).toHaveLength(2);
  });

  test('a guest on qemu-nbd, with an image that is no raw file', async () => {
    const at = folder.unix();
    const image = folder.fresh('disk.qcow2');
    await run('qemu-img', ['create', '-q', '-f', 'qcow2', image, '2M']);
    const child = spawn('qemu-nbd', ['-f', 'qcow2', '-k', at.path, '-x', 'root', '-t', image], { stdio: 'inherit' });
    folder.later(() => child.kill('SIGKILL'));
    await listening(at);
    const drives = [{ path: { address: at, export: 'root' }, mode: 'write' as const }];
    const live = await record('disk', recordings.path('qemu-nbd.lks'), { drives });
    expect(live).toMatchObject({ notices: [], outcome: { ending: 'halted', exitCode: 0 } });
  });
});

async function opened(address: StreamAddress): Promise<NbdStore> {
  const store = await NbdStore.open({ place: { address, export: '' }, writable: true, notice: () => {} });
  folder.later(() => store.close());
  return store;
}

async function nbdkit(at: UnixAddress, words: readonly string[]): Promise<ChildProcess> {
  const child = spawn('nbdkit', ['-f', '-U', at.path, ...words], { stdio: ['ignore', 'inherit', 'inherit'] });
  folder.later(() => child.kill('SIGKILL'));
  await listening(at);
  return child;
}

async function listening(at: UnixAddress): Promise<void> {
  while (!existsSync(at.path)) await new Promise((done) => setTimeout(done, 10));
}
