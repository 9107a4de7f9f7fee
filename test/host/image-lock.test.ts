import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { linkSync, readdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeEach, expect, test } from 'vitest';
import { DiskExport } from '../../src/host/disk/disk-export.ts';
import { OwnImage } from '../../src/host/mirror/own-image.ts';
import { nodeFlags } from '../../src/host/node-flags.ts';
import { DriveFile, type DriveMode } from '../../src/host/ports/drive-file.ts';
import { standStill } from './stand-still.ts';
import { testFolder } from './support.ts';

const folder = testFolder();
const HOLDER = fileURLToPath(new URL('./fixtures/image-holder.ts', import.meta.url));
const IN_USE = { code: 'image-in-use', exitCode: 2, message: expect.stringContaining('writes to the image') };
const image = (): string => folder.path('disk.img');

beforeEach(() => {
  process.env.XDG_RUNTIME_DIR = folder.path('run');
  writeFileSync(image(), Buffer.alloc(4096));
});

const drive = (path: string, mode: DriveMode): Promise<DriveFile> => DriveFile.at('virtio0', path, mode);

test('an image is written to by one at a time, whatever it is called and for whatever it is used', async () => {
  const other = folder.path('other.img');
  linkSync(image(), other);
  const first = await drive(image(), 'write');
  for (const path of [image(), other]) {
    await expect(drive(path, 'write')).rejects.toMatchObject(IN_USE);
    await expect(drive(path, 'own')).rejects.toMatchObject(IN_USE);
    await expect(OwnImage.open(path)).rejects.toMatchObject(IN_USE);
    await expect(DiskExport.open({ name: 'disk', path, readonly: false })).rejects.toMatchObject(IN_USE);
  }
  await first.close();
  const served = await DiskExport.open({ name: 'disk', path: other, readonly: false });
  await expect(drive(image(), 'write')).rejects.toMatchObject(IN_USE);
  await served.close();
  expect(readdirSync(folder.path('run/lockstep/images'))).toEqual([]);
  await (await drive(image(), 'own')).close();
});

test('who only reads, or keeps changes to itself, holds nobody up', async () => {
  const writer = await drive(image(), 'write');
  const readers = [await drive(image(), 'readonly'), await drive(image(), 'cow')];
  const served = await DiskExport.open({ name: 'disk', path: image(), readonly: true });
  for (const one of [writer, ...readers, served]) await one.close();
});

test('the sides of a pair have a file that they share open at the same time', async () => {
  const member = { pair: 'p', epoch: 1 };
  const sides = [await DriveFile.at('virtio0', image(), 'write', member)];
  sides.push(await DriveFile.at('virtio0', image(), 'write', { ...member, epoch: 2 }));
  for (const side of sides) await side.close();
});

test('an image that was not fit is held by nobody', async () => {
  writeFileSync(image(), 'no whole sector');
  await expect(drive(image(), 'write')).rejects.toMatchObject({ code: 'bad-drive' });
  writeFileSync(image(), Buffer.alloc(4096));
  await (await drive(image(), 'write')).close();
});

test('a process that stands still has its image, and one that was killed has none', async () => {
  const holder = spawn(process.execPath, [...nodeFlags(), HOLDER, image()], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(holder, 'close');
  await Promise.race([once(holder.stdout, 'data'), ended]);
  standStill(holder.pid!);
  const words = { code: 'image-in-use', message: expect.stringContaining(`process ${holder.pid} writes`) };
  await expect(drive(image(), 'write')).rejects.toMatchObject(words);
  holder.kill('SIGKILL');
  await ended;
  await (await drive(image(), 'write')).close();
});

test('without a place for locks an image is used without one', async () => {
  writeFileSync(folder.path('no-folder'), 'in the way');
  process.env.XDG_RUNTIME_DIR = folder.path('no-folder');
  const one = await drive(image(), 'write');
  const two = await drive(image(), 'write');
  await one.close();
  await two.close();
});
