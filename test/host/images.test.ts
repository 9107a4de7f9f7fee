import { renameSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { findImage, imageOf, loadImage, rememberImage } from '../../src/host/images.ts';
import { BUILT_IN_FIRMWARE } from '../../src/host/package-files.ts';
import { testFolder } from './support.ts';

const folder = testFolder();

function image(name: string, text: string) {
  const path = folder.path(name);
  writeFileSync(path, text);
  return { path, image: loadImage('kernel', path) };
}

test('an image is known by its SHA-256, size and name without folders', () => {
  const { image: loaded } = image('abc.elf', 'abc');
  expect(Buffer.from(loaded.sha256).toString('hex')).toBe(
    'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  );
  expect(loaded).toMatchObject({ size: 3, name: 'abc.elf' });
});

test('a remembered image is found again without being named', () => {
  const { path, image: wanted } = image('kept', 'kept');
  rememberImage(wanted, path);
  expect(findImage('kernel', wanted, undefined)).toEqual(wanted.bytes);
});

test('an image that was moved is missing until the operator says where it is', () => {
  const { path, image: wanted } = image('here', 'moved');
  rememberImage(wanted, path);
  renameSync(path, folder.path('there'));
  expect(() => findImage('kernel', wanted, undefined)).toThrow(
    /the kernel here .* no longer at .*; give it with --kernel/,
  );
  expect(findImage('kernel', wanted, folder.path('there'))).toEqual(wanted.bytes);
});

test('an image that was never here is missing', () => {
  const wanted = imageOf(Uint8Array.of(1, 2, 3), 'elsewhere');
  expect(() => findImage('initrd', wanted, undefined)).toThrow(/was not recorded on this host; give it with --initrd/);
  expect(() => findImage('initrd', wanted, folder.path('absent'))).toThrow(/cannot read the initrd .*: no such file/);
});

test.each([
  ['of the same size', 'AfteR!'],
  ['of another size', 'longer than before'],
])('an image changed to one %s is refused by name', (_name, after) => {
  const { path, image: wanted } = image('changed', 'before');
  rememberImage(wanted, path);
  writeFileSync(path, after);
  for (const named of [undefined, path]) {
    const find = (): Uint8Array => findImage('kernel', wanted, named);
    expect(find).toThrow(expect.objectContaining({ code: 'changed-image', exitCode: 2 }));
    expect(find).toThrow(/is not the one recorded: SHA-256 [0-9a-f]{12}…, recorded [0-9a-f]{12}…/);
  }
});

test('an image rebuilt and remembered anew does not hide where the old one was', () => {
  const first = image('rebuilt', 'one');
  rememberImage(first.image, first.path);
  const second = image('rebuilt', 'two');
  rememberImage(second.image, second.path);
  expect(findImage('kernel', second.image, undefined)).toEqual(second.image.bytes);
  expect(() => findImage('kernel', first.image, undefined)).toThrow(expect.objectContaining({ code: 'changed-image' }));
});

test('the built-in firmware comes with the package', () => {
  const firmware = loadImage('firmware', BUILT_IN_FIRMWARE);
  expect(findImage('firmware', firmware, undefined)).toEqual(firmware.bytes);
});

test('a folder is no image', () => {
  expect(() => loadImage('kernel', folder.path('.'))).toThrow(/cannot read the kernel .*: it is a folder/);
});
