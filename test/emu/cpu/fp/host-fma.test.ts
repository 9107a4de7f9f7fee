/** The question whether a host fuses: its vectors are right and tell every other way of computing apart. */

import { describe, expect, test } from 'vitest';
import { FMA_VECTORS, fusesMultiplyAdd, isFused } from '../../../../src/emu/cpu/fp/host-fma.ts';
import { exactFp } from '../../../../src/emu/cpu/reference/fp.ts';
import type { FpFormat, FpOp } from '../../../../src/emu/isa/vocabulary.ts';
import { formats } from './wasm-float.ts';

type Fma = (a: bigint, b: bigint, c: bigint) => bigint;
const nearest = (op: FpOp, format: FpFormat, ...args: bigint[]): bigint => exactFp(op, format, 0, args).bits;
const once =
  (format: FpFormat): Fma =>
  (a, b, c) =>
    nearest('fma', format, a, b, c);
const twice =
  (format: FpFormat): Fma =>
  (a, b, c) =>
    nearest('add', format, nearest('mul', format, a, b), c);
/** Subnormal operands and results become zero. */
function flushing(format: FpFormat): Fma {
  const [smallest, sign] = format === 'S' ? [1n << 23n, 1n << 31n] : [1n << 52n, 1n << 63n];
  const flush = (v: bigint): bigint => (v % sign < smallest ? v & sign : v);
  return (a, b, c) => flush(nearest('fma', format, flush(a), flush(b), flush(c)));
}
/** Single precision by way of double. */
const byDouble: Fma = (a, b, c) => {
  const [x = 0n, y = 0n, z = 0n] = [a, b, c].map((v) => nearest('toOther', 'S', v));
  return nearest('toOther', 'D', nearest('fma', 'D', x, y, z));
};

describe.each(formats)('the vectors of format %s', (format) => {
  test.each(FMA_VECTORS[format].map((vector) => [vector]))('%o', ([a, b, c, expected]) => {
    expect(once(format)(a, b, c)).toBe(expected);
    expect(twice(format)(a, b, c)).not.toBe(expected);
  });
});

test('only one rounding, with subnormals, in both formats, is fused', () => {
  const fused = { S: once('S'), D: once('D') };
  expect(isFused(fused)).toBe(true);
  expect(isFused({ ...fused, S: twice('S') })).toBe(false);
  expect(isFused({ ...fused, D: twice('D') })).toBe(false);
  expect(isFused({ ...fused, S: flushing('S') })).toBe(false);
  expect(isFused({ ...fused, D: flushing('D') })).toBe(false);
  expect(isFused({ ...fused, S: byDouble })).toBe(false);
});

test('asked again, the host answers the same', () => {
  const first = fusesMultiplyAdd();
  expect(fusesMultiplyAdd()).toBe(first);
  expect(typeof first).toBe('boolean');
});
