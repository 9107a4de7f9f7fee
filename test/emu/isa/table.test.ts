/**
 * The instruction table itself: encodings do not overlap, every bit is accounted for, and words go there and back.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Field } from '../../../src/emu/isa/format.ts';
import { compressed, decode, encode, expandCompressed, instructions, operandsOf } from '../../../src/emu/isa/table.ts';

const bitsOf = (field: Field): number =>
  field.slices.reduce((mask, { hi, lo }) => (mask | ((2 ** (hi - lo + 1) - 1) << lo)) >>> 0, 0);

test('every name is there once', () => {
  expect(new Set(instructions.map(({ name }) => name)).size).toBe(instructions.length);
  expect(new Set(compressed.map(({ name }) => name)).size).toBe(compressed.length);
});

test('no two encodings overlap', () => {
  const overlaps = instructions.flatMap((a, i) =>
    instructions
      .slice(i + 1)
      .filter((b) => ((a.match ^ b.match) & a.mask & b.mask) === 0)
      .map((b) => `${a.name} ${b.name}`),
  );
  expect(overlaps).toEqual([]);
});

test('every bit is fixed or belongs to exactly one operand', () => {
  for (const { name, mask, match, format } of instructions) {
    let covered = mask;
    for (const field of Object.values(format)) {
      expect(covered & bitsOf(field), `${name}: bits claimed twice`).toBe(0);
      covered = (covered | bitsOf(field)) >>> 0;
    }
    expect(covered, `${name}: bits of nobody`).toBe(0xffff_ffff);
    expect(match & 3, `${name} is 32 bits long`).toBe(3);
  }
});

test('the assembly text names operands that the format has', () => {
  const derived = ['target', 'upper', 'pred', 'succ'];
  for (const { name, asm, format } of instructions)
    for (const word of asm.match(/\w+/g) ?? [])
      expect(word in format || derived.includes(word) || (word === 'exact' && 'rm' in format), `${name}: ${word}`).toBe(
        true,
      );
});

test('decode finds the row of any operands, and the operands come back', () => {
  fc.assert(
    fc.property(fc.constantFrom(...instructions), fc.integer(), (row, random) => {
      const word = ((random & ~row.mask) | row.match) >>> 0;
      expect(decode(word)).toBe(row);
      expect(encode(row.name, operandsOf(row, word))).toBe(word);
    }),
    { numRuns: 2000 },
  );
});

test('encode gives what an assembler gives', () => {
  expect(encode('addi', { rd: 10, rs1: 11, imm: -5 })).toBe(0xffb58513);
  expect(encode('jal', { rd: 0, imm: -4 })).toBe(0xffdff06f);
  expect(encode('beq', { rs1: 10, rs2: 11, imm: 8 })).toBe(0x00b50463);
  expect(encode('sd', { rs1: 2, rs2: 10, imm: 8 })).toBe(0x00a13423);
  expect(encode('lui', { rd: 10, imm: -4096 })).toBe(0xfffff537);
  expect(encode('fmadd.d', { rd: 10, rs1: 11, rs2: 12, rs3: 13, rm: 0 })).toBe(0x6ac58543);
  expect(encode('amoadd.d', { rd: 10, rs1: 11, rs2: 12, aqrl: 3 })).toBe(0x06c5b52f);
});

test('encode refuses what does not fit or does not belong', () => {
  expect(() => encode('addi', { imm: 2048 })).toThrow(RangeError);
  expect(() => encode('beq', { imm: 3 })).toThrow(RangeError);
  expect(() => encode('add', { imm: 1 })).toThrow('no operand imm');
  expect(() => encode('addd')).toThrow('no instruction addd');
});

test('a compressed encoding that overlaps an earlier one is the more general of the two', () => {
  compressed.forEach((a, i) => {
    for (const b of compressed.slice(i + 1)) {
      if (((a.match ^ b.match) & a.mask & b.mask) !== 0) continue;
      expect(a.mask & b.mask, `${a.name} hides part of ${b.name}`).toBe(b.mask);
      expect(a.mask, `${b.name} is never reached`).not.toBe(b.mask);
    }
  });
});

test('every halfword expands to an instruction or is reserved', () => {
  for (let half = 0; half < 0x1_0000; half++) {
    if ((half & 3) === 3) continue;
    const word = expandCompressed(half);
    if (word !== 0) expect(decode(word), `0x${half.toString(16)}`).toBeDefined();
  }
});

test('the reserved compressed encodings of the manual have no expansion', () => {
  const reserved = { 'c.addi4spn 0': 0x0004, 'c.addiw x0': 0x2005, 'c.lui 0': 0x6081, 'c.addi16sp 0': 0x6101 };
  const more = {
    'c.lwsp x0': 0x4002,
    'c.ldsp x0': 0x6002,
    'c.jr x0': 0x8002,
    'all zero': 0,
    'quadrant 0, 100': 0x8000,
  };
  for (const [name, half] of Object.entries({ ...reserved, ...more })) expect(expandCompressed(half), name).toBe(0);
  // 100 1 11 with 10 and 11 in bits 6 and 5
  for (const half of [0x9c41, 0x9c61]) expect(expandCompressed(half)).toBe(0);
});
