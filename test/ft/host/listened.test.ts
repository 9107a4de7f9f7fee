/**
 * Pairs under a key, with somebody who listens on every way between their hosts: what the guest is told, has in memory
 * and on its disks is not heard. Without a key all of it is: the test does listen.
 */
import { writeFileSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import { DiskServer } from '../../../src/host/disk/disk-server.ts';
import { makeKey, readKey } from '../../../src/host/ft/key.ts';
import { replay } from '../../host/support.ts';
import { TappedLine } from '../../host/tapped-line.ts';
import { CutLine } from './cut-line.ts';
import { eachWorld, type Side, sample } from './sides.ts';

const world = eachWorld();
const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const ON_DISK = 'what is on the disk';
const TOLD = 'what-the-guest-was-told';
const append = `every=20 slots=128 writes=4 reads=8 sync=4 secret=${TOLD}`;
const SIZE_BYTES = 4 << 20;

function image(name: string): string {
  writeFileSync(world.path(name), Buffer.alloc(SIZE_BYTES, ON_DISK));
  return world.path(name);
}

/** The words of a side that has the key, if there is one. */
function keyOf(isKeyed: boolean): { readonly key?: string } {
  if (!isKeyed) return {};
  makeKey(world.path('key'));
  return { key: world.path('key') };
}

/** A way to a backup, and whether a text was heard on it. */
async function channelTo(port: number) {
  const heard: Uint8Array[] = [];
  const line = await CutLine.to(port, (bytes) => heard.push(bytes));
  closers.push(() => line.close());
  return { at: `tcp:127.0.0.1:${line.port}`, heard: (text: string) => Buffer.concat(heard).includes(text) };
}

/** The guest does some more. */
async function rounds(side: Side): Promise<void> {
  const { length } = side.said;
  await side.until(({ said }) => said.slice(length).split('\n').length > 8);
}

describe.each([true, false])('with a key: %s', (isKeyed) => {
  test('drive, arbiter and channel through a failover', async () => {
    const key = keyOf(isKeyed);
    const server = await DiskServer.start({
      exports: [{ name: 'disk', path: image('disk.img'), readonly: false, pair: 'pair' }],
      listen: [{ kind: 'tcp', host: '127.0.0.1', port: 0 }],
      ...(key.key === undefined ? {} : { key: readKey(key.key) }),
    });
    closers.push(() => server.close());
    const [address] = server.addresses;
    if (address?.kind !== 'tcp') throw new Error('it listens over TCP');
    const toDisk = await TappedLine.to(address.port);
    closers.push(() => toDisk.close());
    const words = { ...key, arbiter: `disk:127.0.0.1:${toDisk.port}` };
    const { backup, port } = await world.backup(words);
    const channel = await channelTo(port);
    const path = { address: { ...address, port: toDisk.port }, export: 'disk' };
    const drives = [{ path, mode: 'write' }] as const;
    const primary = world.side({
      role: 'primary',
      ...words,
      at: channel.at,
      kernel: sample('scribble'),
      append,
      drives,
    });
    await primary.state('protected');
    await rounds(primary);
    primary.kill();
    await primary.ended;
    await backup.state('live');
    await rounds(backup);
    backup.kill('SIGINT');
    expect(await backup.ended, backup.complaints).toBe(130);
    expect((await replay(world.path('backup.lks'))).outcome.error).toBeUndefined();
    const [hears, reads] = [toDisk.heard('pair'), toDisk.heard(ON_DISK)];
    expect({ hears, reads, told: channel.heard(TOLD) }).toEqual({ hears: !isKeyed, reads: !isKeyed, told: !isKeyed });
  });

  test('images of their own, while the second is made equal', async () => {
    const key = keyOf(isKeyed);
    const own = (name: string) => [{ path: world.path(name), mode: 'own' }] as const;
    const { backup, port } = await world.backup({ ...key, givenDrives: own('b.img') });
    const { at, heard } = await channelTo(port);
    image('a.img');
    const words = { ...key, kernel: sample('scribble'), append, drives: own('a.img') };
    const primary = world.side({ role: 'primary', at, ...words });
    await primary.until(({ complaints }) => complaints.includes('the images are equal'));
    await rounds(primary);
    for (const side of [primary, backup]) side.kill();
    await Promise.all([primary.ended, backup.ended]);
    expect({ disk: heard(ON_DISK), told: heard(TOLD) }).toEqual({ disk: !isKeyed, told: !isKeyed });
  });
});
