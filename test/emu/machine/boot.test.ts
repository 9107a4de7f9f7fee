import fc from 'fast-check';
import { expect, test } from 'vitest';
import { planBoot } from '../../../src/emu/machine/boot.ts';
import { readElf, readSymbols } from '../../../src/emu/machine/elf.ts';
import { UserError } from '../../../src/lib/errors.ts';
import { cellsOf, readFdt } from './fdt-reader.ts';
import { config, flat, sample } from './guest.ts';

const MIB = 1024 * 1024;
const plan = (images: Parameters<typeof planBoot>[1], change = {}) =>
  planBoot(config({ memoryBytes: 16 * MIB, ...change }), images);
const pieceOf = (made: ReturnType<typeof planBoot>, what: string) => made.pieces.find((piece) => piece.what === what)!;
const nops = flat(new Array(16).fill(0x13));

/** A Linux Image header with this image_size. */
function linuxImage(sizeBytes: number): Uint8Array {
  const image = new Uint8Array(4096);
  const view = new DataView(image.buffer);
  view.setUint32(0, 0x13, true);
  view.setBigUint64(8, 0x20_0000n, true);
  view.setBigUint64(16, BigInt(sizeBytes), true);
  view.setUint32(56, 0x0543_5352, true);
  return image;
}

/** Offsets of the program headers of loadable segments. */
function loadRows(view: DataView): number[] {
  const table = Number(view.getBigUint64(32, true));
  const rows = Array.from({ length: view.getUint16(56, true) }, (_, i) => table + 56 * i);
  return rows.filter((row) => view.getUint32(row, true) === 1);
}

/** A changed copy of hello.elf. */
function elf(change: (view: DataView) => void): Uint8Array {
  const image = sample('hello').slice();
  change(new DataView(image.buffer));
  return image;
}

test('a bare ELF is entered at its entry, with no firmware info', () => {
  const made = plan({ kernel: sample('hello') });
  expect([made.entry, made.firmwareInfo]).toEqual([0x8000_0000n, 0n]);
  expect(made.pieces.map(({ what }) => what)).toEqual(['kernel', 'device tree']);
});

test('behind a firmware an Image goes 2 MiB into RAM and fw_dynamic_info says so', () => {
  const initrd = new Uint8Array(5000).fill(1);
  const made = plan({ firmware: sample('firmware'), kernel: linuxImage(4 * MIB), initrd });
  expect([made.entry, pieceOf(made, 'kernel').pa, pieceOf(made, 'kernel').memoryBytes]).toEqual([
    0x8000_0000n,
    0x8020_0000n,
    BigInt(4 * MIB),
  ]);
  const info = pieceOf(made, 'firmware info');
  expect(info.pa).toBe(made.firmwareInfo);
  const words = new BigUint64Array(info.bytes.slice().buffer);
  expect([...words]).toEqual([0x4942534fn, 2n, 0x8020_0000n, 1n, 0n, 0n]);
  const { properties } = readFdt(pieceOf(made, 'device tree').bytes);
  const start = pieceOf(made, 'initrd').pa;
  expect(start % 4096n).toBe(0n);
  expect(cellsOf(properties.get('/chosen/linux,initrd-start'))).toEqual([0, Number(start)]);
  expect(cellsOf(properties.get('/chosen/linux,initrd-end'))).toEqual([0, Number(start) + 5000]);
});

test('a flat binary goes to the start of RAM alone, and 2 MiB into it behind a firmware', () => {
  expect(plan({ kernel: nops }).entry).toBe(0x8000_0000n);
  expect(pieceOf(plan({ firmware: nops, kernel: nops }), 'kernel').pa).toBe(0x8020_0000n);
});

test('the built-in firmware is reserved in the device tree, another is not', () => {
  const images = { firmware: sample('firmware'), kernel: linuxImage(MIB) };
  const reserved = (builtinFirmware: boolean) =>
    readFdt(pieceOf(plan(images, { builtinFirmware }), 'device tree').bytes).nodes.some((n) => n.includes('reserved'));
  expect([reserved(true), reserved(false)]).toEqual([true, false]);
});

test('an ELF linked at virtual addresses is entered where it was loaded', () => {
  const moved = elf((view) => {
    view.setBigUint64(24, 0xffff_ffff_8000_0010n, true);
    for (const row of loadRows(view)) {
      view.setBigUint64(row + 16, view.getBigUint64(row + 24, true) + 0xffff_ffff_0000_0000n, true);
    }
  });
  expect(readElf(moved, 'kernel').entry).toBe(0x8000_0010n);
});

const outsideRam = elf((view) => {
  for (const row of loadRows(view)) view.setBigUint64(row + 24, 0x1000n, true);
});
test.each<[string, () => unknown, string]>([
  ['nothing', () => plan({}), 'neither kernel nor firmware'],
  ['an empty file', () => plan({ kernel: new Uint8Array(0) }), 'kernel is empty'],
  ['a text file', () => plan({ kernel: new TextEncoder().encode('#!/bin/sh\necho hi\n') }), 'kernel is text'],
  ['a gzip file', () => plan({ kernel: Uint8Array.of(0x1f, 0x8b, 8, 0) }), 'gunzip'],
  ['an x86 ELF', () => plan({ kernel: elf((v) => v.setUint16(18, 62, true)) }), 'another architecture (ELF machine 62'],
  ['a 32-bit ELF', () => plan({ kernel: elf((v) => v.setUint8(4, 1)) }), '64-bit'],
  ['an object file', () => plan({ kernel: elf((v) => v.setUint16(16, 1, true)) }), 'not executable'],
  ['a cut ELF', () => plan({ kernel: sample('hello').subarray(0, 200) }), 'cut after 200 bytes'],
  ['an ELF header alone', () => plan({ kernel: sample('hello').subarray(0, 10) }), 'cut after 10 bytes'],
  ['an Image larger than RAM', () => plan({ firmware: nops, kernel: linuxImage(64 * MIB) }), 'give more --memory'],
  ['a kernel where no RAM is', () => plan({ kernel: outsideRam }), 'where no RAM is'],
  ['an initrd larger than RAM', () => plan({ kernel: nops, initrd: new Uint8Array(20 * MIB) }), 'initrd'],
  [
    'an initrd over the kernel',
    () => plan({ firmware: nops, kernel: linuxImage(13 * MIB), initrd: new Uint8Array(MIB) }),
    'overlap',
  ],
  [
    'a bare program behind a firmware',
    () => plan({ firmware: sample('firmware'), kernel: sample('hello') }),
    '--bios none',
  ],
  ['boot arguments beyond the room', () => plan({ kernel: nops }, { bootArgs: 'x'.repeat(70_000) }), '--append'],
])('%s is refused in one line with a remedy', (_, attempt, message) => {
  expect(attempt).toThrow(UserError);
  expect(attempt).toThrow(message);
  try {
    attempt();
  } catch (error) {
    expect((error as Error).message).not.toContain('\n');
  }
});

test('no damage to an ELF file makes anything but an operator error', () => {
  const image = sample('hello');
  fc.assert(
    fc.property(fc.nat(image.length - 1), fc.nat(255), fc.nat(127), fc.boolean(), (at, value, headerAt, cut) => {
      const damaged = cut ? image.slice(0, at) : image.slice();
      if (!cut) damaged[at] = value;
      if (headerAt < damaged.length) damaged[headerAt] = value;
      for (const read of [() => plan({ kernel: damaged }), () => readSymbols(damaged, 'kernel')]) {
        try {
          read();
        } catch (error) {
          expect(error).toBeInstanceOf(UserError);
        }
      }
    }),
    { numRuns: 2000 },
  );
});

test('symbols are read by ascending address, with size and kind', () => {
  const symbols = readSymbols(sample('hello'), 'kernel');
  const main = symbols.find(({ name }) => name === 'main');
  expect(main).toMatchObject({ kind: 'function' });
  expect(main!.address).toBeGreaterThanOrEqual(0x8000_0000n);
  expect(symbols.map(({ address }) => address)).toEqual(
    symbols.map(({ address }) => address).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0)),
  );
  expect(symbols.some(({ name }) => name.startsWith('$'))).toBe(false);
});
