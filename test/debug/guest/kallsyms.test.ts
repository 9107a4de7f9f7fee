/** A kernel's own names, decoded from images made for it; and images that are damaged or are none. */
import { expect, it } from 'vitest';
import { isLinuxImage, kallsymsOf } from '../../../src/debug/guest/kallsyms.ts';
import { SymbolTable } from '../../../src/debug/guest/symbols.ts';
import { Random } from '../../emu/cpu/random.ts';
import { BASE, imageWith, type KernelSymbol, randomSymbols } from './kernel-tables.ts';

const expected = (symbols: readonly KernelSymbol[]): Set<string> =>
  new Set(symbols.map(({ name, offset }) => `${(BASE + BigInt(offset)).toString(16)} ${name}`));
const found = (image: Uint8Array): Set<string> | undefined => {
  const symbols = kallsymsOf(image);
  return symbols && new Set(symbols.map(({ name, address }) => `${address.toString(16)} ${name}`));
};

for (const [seed, count, old] of [
  [1, 1000, false],
  [2, 256, false],
  [3, 257, true],
  [4, 700, true],
  [5, 40, false],
] as const) {
  it(`finds ${count} names in an image of ${old ? 'old' : 'new'} kernels, seed ${seed}`, () => {
    const random = new Random(seed);
    const symbols = randomSymbols(random, count);
    const noise = Array.from({ length: random.below(3000) }, () => random.below(256));
    expect(found(imageWith(symbols, { old, noise }))).toEqual(expected(symbols));
  });
}

it('names kernel addresses, and leaves out values that are no places', () => {
  const symbols = [
    { name: '_text', type: 'T', offset: 0 },
    { name: 'absolute', type: 'A', offset: 8 },
    { name: 'do_it', type: 't', offset: 16 },
    { name: '$x', type: 't', offset: 20 },
    { name: 'jiffies', type: 'D', offset: 4096 },
  ];
  const image = imageWith(symbols);
  expect(isLinuxImage(image)).toBe(true);
  const table = SymbolTable.ofImages({ kernel: image });
  expect([...table].map(({ name, kind }) => `${name} ${kind}`)).toEqual([
    '_text function',
    'do_it function',
    'jiffies object',
  ]);
  expect(table.nameOf(BASE + 40n)).toBe('do_it+0x18');
});

it('believes nothing that does not add up', () => {
  const symbols = randomSymbols(new Random(9), 300);
  const image = imageWith(symbols);
  const all = expected(symbols);
  const random = new Random(10);
  let refused = 0;
  for (let i = 0; i < 300; i++) {
    const damaged = image.slice(0, i % 3 === 0 ? 64 + random.below(image.length - 64) : image.length);
    damaged[random.below(damaged.length)]! ^= 1 << random.below(8);
    const names = found(damaged);
    if (names === undefined) refused++;
    else expect(names.size).toBeGreaterThan(all.size - 60);
  }
  expect(refused).toBeGreaterThan(100);
  expect(kallsymsOf(new Uint8Array(0))).toBeUndefined();
  expect(kallsymsOf(new Uint8Array(5000).fill(0x30))).toBeUndefined();
});
