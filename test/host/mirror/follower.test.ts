import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Output } from '../../../src/emu/machine/events.ts';
import { BlockMap } from '../../../src/ft/disk/block-map.ts';
import { DiskReader } from '../../../src/host/mirror/disk-reader.ts';
import { Follower } from '../../../src/host/mirror/follower.ts';
import { OwnImage } from '../../../src/host/mirror/own-image.ts';
import { DriveFile } from '../../../src/host/ports/drive-file.ts';

let reads: (readonly [string, number, Uint8Array])[] = [];
let folder = '';
let path = '';
beforeEach(() => {
  reads = [];
  folder = mkdtempSync(join(tmpdir(), 'lockstep-follower-'));
  path = join(folder, 'disk.img');
  writeFileSync(path, '');
  truncateSync(path, 64 << 20);
});
afterEach(() => rmSync(folder, { recursive: true }));

const disk = (operation: (Output & { kind: 'disk' })['operation']): Output & { kind: 'disk' } => ({
  kind: 'disk',
  device: 'virtio0',
  request: 0,
  operation,
});
const write = (offset: number, byte: number, length = 4096): Output & { kind: 'disk' } =>
  disk({ op: 'write', offset, data: new Uint8Array(length).fill(byte) });

test('what comes before the drive is open is done after, in order, and too much of it stops the guest', async () => {
  const stalls: boolean[] = [];
  const follower = new Follower(
    new DiskReader({ read: (...read) => reads.push(read), again: () => {}, late: () => {} }),
    { stall: (stalled) => stalls.push(stalled), failed: () => {} },
  );
  for (let i = 0; i < 40; i++) follower.take(write(0, i, 1 << 20));
  follower.take(disk({ op: 'flush' }));
  follower.take(disk({ op: 'read', offset: 0, length: 512 }));
  follower.take(write(512, 99, 512));
  expect(stalls).toEqual([true]);
  const drive = DriveFile.own('virtio0', await OwnImage.open(path));
  follower.begin([drive]);
  await follower.idle();
  expect(stalls).toEqual([true, false]);
  // Reads see what was asked before them, and nothing of what comes after; `idle` is of changes alone.
  await expect.poll(() => reads.length).toBe(1);
  expect(reads[0]![2]).toEqual(new Uint8Array(512).fill(39));
  const bytes = readFileSync(path);
  expect([bytes[0], bytes[511], bytes[512], bytes[1024], bytes[(1 << 20) - 1], bytes[1 << 20]]).toEqual([
    39, 39, 99, 39, 39, 0,
  ]);
  await drive.close();
});

test('a write that cannot be done ends it: nothing behind it is taken for done', async () => {
  const failed: string[] = [];
  const follower = new Follower(
    new DiskReader({ read: (...read) => reads.push(read), again: () => {}, late: () => {} }),
    { stall: () => {}, failed: (device) => failed.push(device) },
  );
  const drive = DriveFile.own('virtio0', await OwnImage.open(path));
  follower.begin([drive]);
  follower.take(write(64 << 20, 1));
  await expect(follower.idle()).rejects.toThrow('virtio0');
  expect(failed).toEqual(['virtio0']);
  await drive.close();
});

test('an image that is held takes no change, and one that was under way is told as a change', async () => {
  const image = await OwnImage.open(path);
  const changes = new BlockMap(image.sizeBytes);
  image.changes = changes;
  const first = image.write(0, new Uint8Array(8192).fill(1));
  await image.hold();
  expect(changes.count).toBe(1);
  const second = image.write(1 << 20, new Uint8Array(8192).fill(2));
  await image.flush();
  const bytes = new Uint8Array(1);
  await image.read(1 << 20, bytes);
  expect(bytes[0]).toBe(0);
  image.release();
  await Promise.all([first, second]);
  await image.read(1 << 20, bytes);
  expect([bytes[0], changes.count]).toEqual([2, 2]);
  await image.close();
});

/** Fails `failures` times. */
function failing(failures: number): { readonly drive: DriveFile; readonly attempts: () => number } {
  let attempts = 0;
  const carryOut = async ({ op }: { readonly op: string }): Promise<Uint8Array> => {
    if (op === 'read' && attempts++ < failures) throw new Error('bad sector');
    return new Uint8Array(512).fill(7);
  };
  return { drive: { device: 'virtio0', carryOut } as unknown as DriveFile, attempts: () => attempts };
}
const read = (request: number): Output & { kind: 'disk' } => ({
  ...disk({ op: 'read', offset: 0, length: 512 }),
  request,
});

test.each([0, 1, 3])('a read that fails %i times is done that often again, and given once', async (failures) => {
  const troubles: unknown[] = [];
  const reader = new DiskReader({
    read: (...given) => reads.push(given),
    again: (_, error) => troubles.push(error),
    late: () => {},
  });
  const follower = new Follower(reader, { stall: () => {}, failed: () => {} });
  const { drive, attempts } = failing(failures);
  follower.begin([drive]);
  follower.take(read(5));
  // A change of the same place waits for it; one elsewhere does not, nor does it for a flush.
  follower.take(disk({ op: 'flush' }));
  follower.take(write(0, 1));
  await expect.poll(() => reads.length).toBe(1);
  await follower.idle();
  expect(reads).toEqual([['virtio0', 5, new Uint8Array(512).fill(7)]]);
  expect([attempts(), troubles.length]).toEqual([failures + 1, failures]);
  expect(reader.counts).toEqual({ reads: 1, bytes: 512, again: failures });
});

test('who is to live reads no more for the replay, and what waited behind its reads is done', async () => {
  const reader = new DiskReader({ read: (...given) => reads.push(given), again: () => {}, late: () => {} });
  const follower = new Follower(reader, { stall: () => {}, failed: () => {} });
  follower.begin([failing(Number.POSITIVE_INFINITY).drive]);
  follower.take(read(1));
  follower.take(write(0, 1));
  follower.dropReads();
  await follower.idle();
  expect(reads).toEqual([]);
});
