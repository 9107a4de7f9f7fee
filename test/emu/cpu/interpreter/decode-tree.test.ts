/** The decode tree against the table's own search: the same row, or none, for any word. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type DecodeTree, decodeTree } from '../../../../src/emu/cpu/interpreter/decode-tree.ts';
import type { Insn } from '../../../../src/emu/isa/insn.ts';
import { decode, instructions } from '../../../../src/emu/isa/table.ts';

function find(tree: DecodeTree<Insn>, word: number): Insn | undefined {
  if (tree.kind === 'illegal') return undefined;
  if (tree.kind === 'row') return (word & tree.mask) >>> 0 === tree.match ? tree.row : undefined;
  const index = tree.bits.reduce((sum, bit, i) => sum | (((word >>> bit) & 1) << i), 0);
  return find(tree.children[index] as DecodeTree<Insn>, word);
}

const shapes: readonly (readonly number[])[] = [[2, 3, 4, 5, 6, 12, 13, 14, 25, 30], [5, 31], [12]];
const word = fc.nat(0xffff_ffff).map((v) => (v | 3) >>> 0);
/** A row's word with at most two of its bits turned over: near misses of its encoding. */
const nearRow = fc
  .tuple(fc.constantFrom(...instructions), word, fc.nat(31), fc.nat(31), fc.nat(2))
  .map(([row, free, a, b, turned]) => {
    const flips = turned === 0 ? 0 : turned === 1 ? 1 << a : (1 << a) | (1 << b);
    return ((row.match | (free & ~row.mask)) ^ (flips & ~3)) >>> 0;
  });

test.each(shapes)('a tree that switches first on bits %s, … finds what the table finds', (...firstBits) => {
  const tree = decodeTree(instructions, firstBits);
  fc.assert(
    fc.property(fc.oneof(word, nearRow), (w) => {
      expect(find(tree, w)?.name).toBe(decode(w)?.name);
    }),
    { numRuns: 3000 },
  );
});

test('rows that share a word are refused', () => {
  const rows = [
    { name: 'one', mask: 0x7f, match: 0x33 },
    { name: 'two', mask: 0x7003, match: 0x1003 },
  ];
  expect(() => decodeTree(rows, [12])).toThrow('one and two have a word in common');
  expect(() => decodeTree([{ name: 'short', mask: 3, match: 1 }], [12])).toThrow('short is not a 32-bit encoding');
});
