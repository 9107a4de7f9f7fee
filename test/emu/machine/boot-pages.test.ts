import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RAM_BASE } from '../../../src/emu/cpu/memory-layout.ts';
import type { Piece } from '../../../src/emu/machine/boot-image.ts';
import { bootPages, spanOf } from '../../../src/emu/machine/boot-pages.ts';

const PAGES = 70;
const RAM_BYTES = PAGES * 4096;

/** Pieces anywhere, over each other too, of images at any offset in their buffers; many bytes and whole pages are 0. */
const piece = fc
  .record({
    at: fc.oneof(
      fc.nat(RAM_BYTES - 1),
      fc.nat(PAGES - 1).map((page) => page * 4096),
    ),
    length: fc.oneof(fc.nat(20_000), fc.constantFrom(0, 1, 4095, 4096, 8192)),
    more: fc.oneof(fc.constant(0), fc.nat(20_000)),
    offset: fc.nat(8),
    fill: fc.constantFrom(0, 0, 7, 200),
  })
  .map(({ at, length, more, offset, fill }): Piece => {
    const bytes = new Uint8Array(Math.min(length, RAM_BYTES - at) + offset).fill(fill).subarray(offset);
    if (bytes.length > 0 && fill > 7) bytes[bytes.length - 1] = 1;
    const memoryBytes = BigInt(Math.min(bytes.length + more, RAM_BYTES - at));
    return { what: 'piece', pa: BigInt(RAM_BASE + at), bytes, memoryBytes };
  });

test('pages are what writing the pieces to blank memory gives', () => {
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
      const ram = new Uint8Array(RAM_BYTES);
      for (const { pa, bytes, memoryBytes } of pieces) {
        const at = Number(pa) - RAM_BASE;
        ram.set(bytes, at);
        ram.fill(0, at + bytes.length, at + Number(memoryBytes));
      }
      const table = bootPages(pieces, PAGES);
      for (let page = 0; page < PAGES; page++) {
        const bytes = ram.subarray(page * 4096, (page + 1) * 4096);
        const found = table.get(page);
        if (found === undefined) expect(bytes.every((byte) => byte === 0)).toBe(true);
        else expect(Buffer.compare(found, bytes)).toBe(0);
        const isIn = pieces.map(spanOf).some(({ first, last }) => page >= first && page <= last);
        expect(isIn || found === undefined).toBe(true);
        expect(found === undefined || found.byteOffset % 4 === 0).toBe(true);
        expect(found?.some((byte) => byte !== 0)).not.toBe(false);
      }
    }),
    { numRuns: 300 },
  );
});

test('whole pages are those of the image', () => {
  const image = new Uint8Array(3 * 4096 + 10).fill(1);
  const table = bootPages([{ what: 'kernel', pa: BigInt(RAM_BASE), bytes: image, memoryBytes: 20_000n }], PAGES);
  expect(table.get(1)!.buffer).toBe(image.buffer);
  expect(table.get(3)!.subarray(0, 11)).toEqual(Uint8Array.of(1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0));
});
