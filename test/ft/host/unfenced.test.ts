/** A shared disk on a server that knows nothing of pairs. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { DriveFile } from '../../../src/host/ports/drive-file.ts';
import { diskFolder, type UnixAddress } from '../../host/disk/support.ts';
import { replay } from '../../host/support.ts';
import { eachWorld, joined, moved, type Side, sample } from './sides.ts';

const world = eachWorld();
const disks = diskFolder();
const SIZE_BYTES = 4 << 20;
const GUEST = { kernel: sample('scribble'), append: 'every=5 slots=16 writes=4 sync=4', detectMs: 10_000 };

async function goesOn(side: Side): Promise<void> {
  const { length } = side.said;
  await side.until(({ said }) => said.length > length + 100);
}

/** The guest reads back all that it has ever written, again and again, and ends with 1 where that differs. */
async function takenOver(address: UnixAddress, name: string): Promise<void> {
  const drives = [{ path: { address, export: name, unfenced: true }, mode: 'write' }] as const;
  const { primary, backup } = await world.pair({ ...GUEST, drives });
  await primary.state('protected');
  await goesOn(primary);
  primary.kill();
  await backup.state('live');
  for (let i = 0; i < 3; i++) await goesOn(backup);
  backup.kill('SIGINT');
  expect(await backup.ended).toBe(130);
  expect((await replay(world.path('backup.lks'))).text).toBe(joined(primary.said, backup.said));
}

test('the backup of a guest on a server without epochs takes over, where that is asked for', async () => {
  const { at } = await disks.serve([{ path: disks.image(SIZE_BYTES) }]);
  await takenOver(at, 'e0');
});

test('the guest is handed over as on any other', async () => {
  const { at } = await disks.serve([{ path: disks.image(SIZE_BYTES) }]);
  const drives = [{ path: { address: at, export: 'e0', unfenced: true }, mode: 'write' }] as const;
  const { primary, backup } = await world.pair({ ...GUEST, drives });
  await primary.state('protected');
  await goesOn(primary);
  await moved(primary, backup);
  expect(await primary.ended).toBe(0);
  for (let i = 0; i < 3; i++) await goesOn(backup);
});

const isThere = spawnSync('which', ['nbdkit']).status === 0;

describe.skipIf(!isThere)('nbdkit', () => {
  async function nbdkit(...words: readonly string[]): Promise<UnixAddress> {
    const at = disks.unix();
    const child: ChildProcess = spawn('nbdkit', ['--foreground', '--unix', at.path, ...words], { stdio: 'ignore' });
    const ended = once(child, 'close');
    disks.later(async () => {
      child.kill('SIGKILL');
      await ended;
    });
    while (!existsSync(at.path) || !(await answers(at.path))) await new Promise((done) => setTimeout(done, 20));
    return at;
  }

  test('a shared disk of nbdkit: the primary is killed, and nothing that was written is lost', async () => {
    await takenOver(await nbdkit('file', disks.image(SIZE_BYTES)), '');
  });

  test('a server whose connections do not see each other’s writes is refused', async () => {
    const address = await nbdkit('--filter=multi-conn', 'file', disks.image(SIZE_BYTES), 'multi-conn-mode=disable');
    const place = { address, export: '', unfenced: true } as const;
    const shared = DriveFile.at('virtio0', place, 'write', { pair: 'p', epoch: 1 });
    await expect(shared).rejects.toMatchObject({ code: 'no-multi-conn', exitCode: 2 });
    const alone = await DriveFile.at('virtio0', place, 'write');
    await expect(alone.join({ pair: 'p', epoch: 1 })).rejects.toMatchObject({ code: 'no-multi-conn' });
    await alone.close();
  });
});

const answers = (path: string): Promise<boolean> =>
  new Promise((done) => {
    const socket = connect(path, () => {
      socket.destroy();
      done(true);
    });
    socket.once('error', () => done(false));
  });
