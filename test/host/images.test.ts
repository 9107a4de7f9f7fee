import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { rememberedPlaces, rememberPlace } from '../../src/host/image-places.ts';
import { findImage, imageOf, loadImage } from '../../src/host/images.ts';
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
  rememberPlace(wanted.sha256, path);
  expect(findImage('kernel', wanted, undefined)).toEqual(wanted.bytes);
});

test('an image that was moved is missing until the operator says where it is', () => {
  const { path, image: wanted } = image('here', 'moved');
  rememberPlace(wanted.sha256, path);
  renameSync(path, folder.path('there'));
  expect(() => findImage('kernel', wanted, undefined)).toThrow(
    /the kernel here .* no longer at .*; give it with --kernel/,
  );
  expect(findImage('kernel', wanted, folder.path('there'))).toEqual(wanted.bytes);
});

test('an image that was never here is missing', () => {
  const wanted = imageOf(Uint8Array.of(1, 2, 3), 'elsewhere');
  expect(() => findImage('initrd', wanted, undefined)).toThrow(/is not known to this user; give it with --initrd/);
  expect(() => findImage('initrd', wanted, folder.path('absent'))).toThrow(/cannot read the initrd .*: no such file/);
});

test.each([
  ['of the same size', 'AfteR!'],
  ['of another size', 'longer than before'],
])('an image changed to one %s is refused by name', (_name, after) => {
  const { path, image: wanted } = image('changed', 'before');
  rememberPlace(wanted.sha256, path);
  writeFileSync(path, after);
  for (const named of [undefined, path]) {
    const find = (): Uint8Array => findImage('kernel', wanted, named);
    expect(find).toThrow(expect.objectContaining({ code: 'changed-image', exitCode: 2 }));
    expect(find).toThrow(/is not the one recorded: SHA-256 [0-9a-f]{12}…, recorded [0-9a-f]{12}…/);
  }
});

test('an image rebuilt and remembered anew does not hide where the old one was', () => {
  const first = image('rebuilt', 'one');
  rememberPlace(first.image.sha256, first.path);
  const second = image('rebuilt', 'two');
  rememberPlace(second.image.sha256, second.path);
  expect(findImage('kernel', second.image, undefined)).toEqual(second.image.bytes);
  expect(() => findImage('kernel', first.image, undefined)).toThrow(expect.objectContaining({ code: 'changed-image' }));
});

test('an image that was in two places is found in the one that is left, whichever was the latest', () => {
  const both = ['clone-a', 'clone-b'].map((name) => image(name, 'the same'));
  for (const { path, image: wanted } of both) rememberPlace(wanted.sha256, path);
  const wanted = both[0]!.image;
  rmSync(both[1]!.path);
  expect(findImage('kernel', wanted, undefined)).toEqual(wanted.bytes);
  writeFileSync(both[1]!.path, 'another');
  expect(findImage('kernel', wanted, undefined)).toEqual(wanted.bytes);
  rmSync(both[0]!.path);
  expect(() => findImage('kernel', wanted, undefined)).toThrow(expect.objectContaining({ code: 'changed-image' }));
  rmSync(both[1]!.path);
  expect(() => findImage('kernel', wanted, undefined)).toThrow(/no longer at .*clone-[ab] nor at .*clone-[ab];/);
});

test('of places where nothing is the latest are kept, of those where something is all', () => {
  const { path, image: wanted } = image('many', 'many places');
  rememberPlace(wanted.sha256, path);
  for (let each = 0; each < 20; each++) rememberPlace(wanted.sha256, folder.path(`gone-${each}`));
  const places = rememberedPlaces(wanted.sha256);
  expect(places).toContain(path);
  expect(places).toContain(folder.path('gone-19'));
  expect(places.length).toBeLessThan(10);
});

test('the built-in firmware comes with the package', () => {
  const firmware = loadImage('firmware', BUILT_IN_FIRMWARE);
  expect(findImage('firmware', firmware, undefined)).toEqual(firmware.bytes);
});

test('a folder is no image', () => {
  expect(() => loadImage('kernel', folder.path('.'))).toThrow(/cannot read the kernel .*: it is a folder/);
});

const KERNEL = Uint8Array.from({ length: 5000 }, (_, i) => i % 251);

/** As `vmlinuz.efi` is: a header that says where the packed image is. */
function zboot(packed: Uint8Array, method: string, sizeBytes = packed.length): Uint8Array {
  const bytes = new Uint8Array(4096 + packed.length);
  bytes.set(new TextEncoder().encode('MZ\0\0zimg'));
  const header = new DataView(bytes.buffer);
  header.setUint32(8, 4096, true);
  header.setUint32(12, sizeBytes, true);
  bytes.set(new TextEncoder().encode(method), 24);
  bytes.set(packed, 4096);
  return bytes;
}

test.each([
  ['Image.gz', gzipSync(KERNEL)],
  ['Image.zst', zstdCompressSync(KERNEL)],
  ['vmlinuz.efi', zboot(gzipSync(KERNEL), 'gzip')],
  ['vmlinuz.zst.efi', zboot(zstdCompressSync(KERNEL), 'zstd')],
])('%s is the kernel that is packed in it, found again packed or not', (name, bytes) => {
  const path = folder.path(name);
  writeFileSync(path, bytes);
  const loaded = loadImage('kernel', path);
  expect(loaded).toMatchObject({ name, bytes: KERNEL, sha256: imageOf(KERNEL, '').sha256 });
  rememberPlace(loaded.sha256, path);
  expect(findImage('kernel', loaded, undefined)).toEqual(KERNEL);
  writeFileSync(folder.path('plain'), KERNEL);
  expect(findImage('kernel', loaded, folder.path('plain'))).toEqual(KERNEL);
  // Its kernel unpacks an initrd itself.
  expect(loadImage('initrd', path).bytes).toEqual(new Uint8Array(bytes));
});

test.each([
  ['cut off', gzipSync(KERNEL).subarray(0, 40), /compressed with gzip, and cannot be unpacked/],
  ['an EFI image cut off', zboot(gzipSync(KERNEL), 'gzip', 1 << 20), /its packed image is cut off/],
  ['an EFI image with less than its header', zboot(new Uint8Array(0), 'gzip').subarray(0, 20), /its header is cut off/],
  ['packed by something else', zboot(Uint8Array.of(0x5d, 0, 0, 0x80), 'lzma'), /packed with lzma, which is not known/],
])('a packed kernel %s is refused, and says why', (name, bytes, message) => {
  writeFileSync(folder.path(name), bytes);
  const load = () => loadImage('kernel', folder.path(name));
  expect(load).toThrow(expect.objectContaining({ code: 'bad-image', exitCode: 2 }));
  expect(load).toThrow(message);
});
