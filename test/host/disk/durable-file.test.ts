/** What is on the storage, and when: a name is safe only when its folder was synced after it was made. */
import { mkdirSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { makeFolder } from '../../../src/host/disk/durable-file.ts';
import { OwnedFolder } from '../../../src/host/disk/owned-folder.ts';
import { diskFolder } from './support.ts';

const folder = diskFolder();
afterEach(() => {
  vi.restoreAllMocks();
});

/** The inodes that are synced from here on. */
async function synced(): Promise<number[]> {
  const handle = await open(folder.path('.'));
  const prototype = Object.getPrototypeOf(handle) as typeof handle;
  await handle.close();
  const sync = prototype.sync;
  const inodes: number[] = [];
  vi.spyOn(prototype, 'sync').mockImplementation(async function (this: typeof handle) {
    inodes.push((await this.stat()).ino);
    await sync.call(this);
  });
  return inodes;
}

const inode = (path: string): number => statSync(path).ino;

test('a folder that is made is synced into its parent, and those above it that were missing too', async () => {
  const top = folder.fresh('top');
  const inodes = await synced();
  await makeFolder(join(top, 'a', 'b'));
  expect(new Set(inodes)).toEqual(new Set([folder.path('.'), top, join(top, 'a')].map(inode)));
});

test('a folder that is there costs no sync', async () => {
  const path = folder.fresh('there');
  mkdirSync(path);
  const inodes = await synced();
  await makeFolder(path);
  expect(inodes).toEqual([]);
});

test('the state folder of a server is one of those', async () => {
  const path = folder.fresh('state');
  const inodes = await synced();
  const owned = await OwnedFolder.take(path, '--state');
  folder.later(() => owned.release());
  expect(inodes).toContain(inode(folder.path('.')));
});
