import { readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { diskFolder, Relay } from '../../host/disk/support.ts';
import { replay } from '../../host/support.ts';
import { eachWorld, nodeOf, type Side, sample } from './sides.ts';

const world = eachWorld();
const disks = diskFolder();
const SIZE_BYTES = 4 << 20;
const SLOT_BYTES = 4096;

/** Some more of them: every fourth reads back all that was ever written, and what differs ends the guest with 1. */
const rounds = (side: Side): Promise<unknown> => {
  const { length } = side.said;
  return side.until(({ said }) => said.slice(length).split('\n').length > 6);
};
const append = 'every=10 slots=16 writes=4 reads=8 sync=4';
const own = (name: string) => [{ path: world.path(name), mode: 'own' }] as const;
const image = (name: string): Buffer => readFileSync(world.path(name));

/** The survivor's recording, and of the other one all that there is of it, replay by themselves. */
async function replayed(...logs: readonly string[]): Promise<void> {
  for (const log of logs) expect((await replay(world.path(log))).outcome.error, log).toBeUndefined();
}

/** Bytes that the two have in common from the start. */
function common(a: string, b: string): number {
  const [one, other] = [image(a), image(b)];
  let at = 0;
  while (at < one.length && one[at] === other[at]) at++;
  return at;
}

test('a shared disk: the backup reads it itself, and what its guest writes there waits for that', async () => {
  const { at } = await disks.serve([{ path: disks.image(SIZE_BYTES) }]);
  // The backup's way to the disk is slow: it is behind by that.
  const relay = await Relay.start(disks, at);
  relay.delayMs = 5;
  const shared = (address: typeof at) => [{ path: { address, export: 'e0' }, mode: 'write' }] as const;
  const words = { drives: shared(at), kernel: sample('scribble'), append, diskReads: 'backup' } as const;
  const { primary, backup } = await world.pair({ ...words, givenDrives: shared(relay.at) });
  await primary.state('protected');
  await rounds(primary);
  const there = await nodeOf(backup);
  expect(there.reads).toMatchObject({ again: 0 });
  expect(there.reads!.reads).toBeGreaterThan(20);
  expect(there.reads!.bytes).toBe(there.reads!.reads * SLOT_BYTES);
  for (let waited = 0; waited === 0; ) {
    const { status } = await nodeOf(primary);
    waited = status?.role === 'primary' ? status.heldBehindReads : 0;
    await rounds(primary);
  }
  primary.kill();
  await backup.state('live');
  await rounds(backup);
  backup.kill('SIGINT');
  expect(await backup.ended).toBe(130);
  await replayed('primary.lks', 'backup.lks');
  // With what was read both recordings are of the same bytes, up to where one side died.
  expect(common('primary.lks', 'backup.lks')).toBeGreaterThan(there.reads!.bytes / 2);
}, 900_000);

test('images of their own: reads that fail at the backup are done again until they succeed', async () => {
  writeFileSync(world.path('a.img'), new Uint8Array(SIZE_BYTES));
  const { backup, port } = await world.backup({ givenDrives: own('b.img') });
  const { port: second } = await world.backup({ givenDrives: own('c.img'), output: world.path('c.lks') });
  const words = { drives: own('a.img'), kernel: sample('scribble'), diskReads: 'backup' } as const;
  const [at, spares] = [`tcp:127.0.0.1:${port}`, [`tcp:127.0.0.1:${second}`]];
  // It writes once, and reads from then on.
  const primary = world.side({ ...words, role: 'primary', at, spares, append: 'every=10 slots=64 writes=0 reads=8' });
  await primary.state('protected');
  await rounds(primary);
  truncateSync(world.path('b.img'), 0);
  for (let node = await nodeOf(backup); (node.reads?.again ?? 0) < 2; node = await nodeOf(backup))
    await new Promise((done) => setTimeout(done, 20));
  truncateSync(world.path('b.img'), SIZE_BYTES);
  expect(backup.complaints).toContain('a read fails on this side, and is done again');
  await rounds(primary);
  primary.kill();
  await backup.state('live');
  // And so is its own backup, made from the running guest.
  await backup.state('protected');
  await rounds(backup);
  backup.kill('SIGINT');
  expect(await backup.ended).toBe(130);
  expect(statSync(world.path('c.img')).size).toBe(SIZE_BYTES);
  await replayed('primary.lks', 'backup.lks', 'c.lks');
}, 900_000);

test('an image that is not what the primary reads: the backup gives nothing of it to its guest', async () => {
  writeFileSync(world.path('a.img'), new Uint8Array(SIZE_BYTES));
  const { backup, port } = await world.backup({ givenDrives: own('b.img') });
  const words = { drives: own('a.img'), kernel: sample('scribble'), diskReads: 'backup' } as const;
  const primary = world.side({ ...words, role: 'primary', at: `tcp:127.0.0.1:${port}`, append });
  await primary.state('protected');
  await rounds(primary);
  writeFileSync(world.path('b.img'), new Uint8Array(SIZE_BYTES).fill(0x5a), { flag: 'r+' });
  await backup.until(({ complaints }) => complaints.includes('what was read differs from what the primary read'));
  const { reads, status } = await nodeOf(backup);
  expect(reads!.again).toBeGreaterThan(0);
  expect(status?.state).toBe('following');
});
