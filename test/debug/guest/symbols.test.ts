/** Names for addresses and back, from the samples' symbol tables and from a System.map. */
import { expect, it } from 'vitest';
import { SymbolTable } from '../../../src/debug/guest/symbols.ts';
import { sample } from '../../emu/machine/guest.ts';

it('names every place of an ELF image that a symbol reaches', () => {
  const table = SymbolTable.ofImages({ kernel: sample('hello'), initrd: Uint8Array.of(1, 2, 3) });
  const main = table.find('main')!;
  expect(main.kind).toBe('function');
  expect(table.nameOf(main.address)).toBe('main');
  expect(table.nameOf(main.address + 0x12n)).toBe('main+0x12');
  expect(table.at(main.address + 2n)).toMatchObject({ symbol: { name: 'main' }, offset: 2n });
  expect(table.nameOf(0n)).toBeUndefined();
  expect(table.nameOf(main.address + main.size) ?? '').not.toContain('main');
  expect(table.find('no such')).toBeUndefined();
});

it('reads a System.map: kinds, modules, and neither absolute values nor local labels', () => {
  const table = SymbolTable.ofSystemMap(
    [
      '0000000000000fff A absolute',
      'ffffffff80000000 T _start',
      'ffffffff80000000 T _text',
      'ffffffff80002000 t do_it',
      'ffffffff80002010 t $xrv64',
      'ffffffff80002020 t .L7',
      'ffffffff80003000 D jiffies',
      'ffffffff80004000 t helper [virtio_blk]',
      'not a line',
      '',
    ].join('\n'),
  );
  expect(table.size).toBe(5);
  expect(table.nameOf(0xffff_ffff_8000_2024n)).toBe('do_it+0x24');
  expect(table.nameOf(0xffff_ffff_8000_3001n)).toBe('jiffies+0x1');
  expect(table.find('jiffies')?.kind).toBe('object');
  expect(table.find('helper')?.address).toBe(0xffff_ffff_8000_4000n);
  expect(table.nameOf(0xffff_ffff_8000_4000n)).toBe('helper');
  expect(table.nameOf(0xffff_ffff_8000_4001n)).toBeUndefined();
});

it('prefers functions to objects and labels at one address, and the first of one name', () => {
  const symbol = (name: string, address: bigint, size: bigint, kind: 'function' | 'object' | 'other') => ({
    name,
    address,
    size,
    kind,
  });
  const table = SymbolTable.of([
    symbol('f', 16n, 8n, 'function'),
    symbol('label', 16n, 0n, 'other'),
    symbol('object', 16n, 4n, 'object'),
    symbol('twice', 32n, 4n, 'object'),
    symbol('twice', 64n, 4n, 'object'),
  ]);
  expect(table.nameOf(18n)).toBe('f+0x2');
  expect(table.nameOf(28n)).toBeUndefined();
  expect(table.find('twice')?.address).toBe(32n);
  const more = table.with(SymbolTable.of([symbol('g', 24n, 4n, 'function')]));
  expect([more.nameOf(25n), more.nameOf(17n), more.size]).toEqual(['g+0x1', 'f+0x1', 6]);
});
