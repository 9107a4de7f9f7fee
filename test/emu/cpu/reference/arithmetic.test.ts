/**
 * The reference's arithmetic at its edges, by values from the manual and by identities.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Arithmetic } from '../../../../src/emu/cpu/reference/arithmetic.ts';

const s = new Arithmetic();
const ONES = 0xffff_ffff_ffff_ffffn;
const LEAST = 0x8000_0000_0000_0000n;
const value = fc.oneof(fc.bigInt({ min: 0n, max: ONES }), fc.constantFrom(0n, 1n, ONES, LEAST, LEAST - 1n));

test('division by zero and overflow give what the manual tabulates', () => {
  expect([s.div(7n, 0n), s.divu(7n, 0n), s.rem(7n, 0n), s.remu(7n, 0n)]).toEqual([ONES, ONES, 7n, 7n]);
  expect([s.div(LEAST, ONES), s.rem(LEAST, ONES)]).toEqual([LEAST, 0n]);
  expect([s.div(s.lit(-7), 2n), s.rem(s.lit(-7), 2n)]).toEqual([s.lit(-3), ONES]);
});

test('high products by their signs', () => {
  expect([s.mulh(ONES, ONES), s.mulhu(ONES, ONES), s.mulhsu(ONES, ONES)]).toEqual([0n, ONES - 1n, ONES]);
  expect([s.mulh(LEAST, LEAST), s.mulhsu(LEAST, 2n), s.mulhsu(2n, LEAST)]).toEqual([1n << 62n, ONES, 1n]);
});

test('counts of bits', () => {
  expect([s.clz(0n), s.ctz(0n), s.cpop(0n), s.cpop(ONES)]).toEqual([64n, 64n, 0n, 64n]);
  for (let i = 0n; i < 64n; i++) expect([s.clz(1n << i), s.ctz(1n << i)]).toEqual([63n - i, i]);
});

test('shifts and rotations look at six bits of their amount', () => {
  expect([s.sll(1n, 64n), s.srl(LEAST, 127n), s.sra(LEAST, 63n)]).toEqual([1n, 1n, ONES]);
  expect([s.rotl(LEAST, 1n), s.rotr(1n, 1n), s.rotl(5n, 0n), s.rotr(5n, 64n)]).toEqual([1n, LEAST, 5n, 5n]);
});

test('results are unsigned 64-bit numbers', () => {
  const binary = [
    'add',
    'sub',
    'mul',
    'mulh',
    'mulhsu',
    'mulhu',
    'div',
    'divu',
    'rem',
    'remu',
    'and',
    'or',
    'xor',
  ] as const;
  const shifts = ['sll', 'srl', 'sra', 'rotl', 'rotr'] as const;
  fc.assert(
    fc.property(value, value, (a, b) => {
      for (const word of [...binary, ...shifts]) expect(BigInt.asUintN(64, s[word](a, b)), word).toBe(s[word](a, b));
      for (const bits of [8, 16, 32] as const) expect(s.zext(bits, s.sext(bits, a))).toBe(s.zext(bits, a));
      expect(s.sext(8, a) >> 8n).toBe((a & 0x80n) === 0n ? 0n : ONES >> 8n);
      expect(s.inv(a) ^ a).toBe(ONES);
    }),
  );
});

test('quotient and remainder belong together', () => {
  fc.assert(
    fc.property(value, value, (a, b) => {
      expect(s.add(s.mul(s.div(a, b), b), s.rem(a, b))).toBe(a);
      expect(s.add(s.mul(s.divu(a, b), b), s.remu(a, b))).toBe(a);
      expect(s.lt(a, b)).toBe(s.ltu(a ^ LEAST, b ^ LEAST));
    }),
  );
});
