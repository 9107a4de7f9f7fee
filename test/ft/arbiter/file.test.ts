/** What is special to the arbiter that is a folder. */
import { mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { FileArbiter } from '../../../src/host/ft/arbiters/file.ts';
import { diskFolder } from '../../host/disk/support.ts';

const folder = diskFolder();

function made(): string {
  const path = folder.fresh('arbiter');
  mkdirSync(path);
  return path;
}

test('a claim is one file with the name of its winner, and nothing beside it', async () => {
  const path = made();
  const arbiters = Array.from({ length: 8 }, () => new FileArbiter(path));
  await Promise.all(arbiters.map((arbiter, i) => arbiter.claim('a pair/1', 3, `c${i}`)));
  expect(readdirSync(path)).toEqual(['a%20pair%2F1.3']);
});

test('what a claimer left behind that was killed in the middle is nobody’s claim', async () => {
  const path = made();
  writeFileSync(join(path, 'p.1.0123456789abcdef.new'), 'a');
  writeFileSync(join(path, 'p.x'), 'a');
  writeFileSync(join(path, 'pp.7'), 'a');
  const arbiter = new FileArbiter(path);
  expect(await arbiter.read('p')).toEqual({ kind: 'free' });
  expect(await arbiter.claim('p', 1, 'b')).toEqual({ kind: 'won' });
});

test('another folder in the place of the first, as when a share is not mounted, says nothing', async () => {
  const path = made();
  const arbiter = new FileArbiter(path);
  expect(await arbiter.claim('p', 1, 'a')).toEqual({ kind: 'won' });
  renameSync(path, `${path}.share`);
  mkdirSync(path);
  expect(await arbiter.claim('p', 2, 'b')).toMatchObject({ kind: 'unknown' });
  expect(readdirSync(path)).toEqual([]);
  renameSync(path, `${path}.empty`);
  renameSync(`${path}.share`, path);
  expect(await arbiter.claim('p', 2, 'b')).toEqual({ kind: 'won' });
});

test('a folder that is none is unknown, never free', async () => {
  for (const path of [folder.fresh('absent'), folder.image()]) {
    const arbiter = new FileArbiter(path);
    expect(await arbiter.read('p')).toMatchObject({ kind: 'unknown' });
    expect(await arbiter.claim('p', 1, 'a')).toMatchObject({ kind: 'unknown' });
  }
});
