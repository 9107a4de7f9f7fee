import { describe, expect, test } from 'vitest';
import {
  DZ,
  F32,
  F64,
  type FpResult,
  NV,
  NX,
  OF,
  RDN,
  RMM,
  RNE,
  type RoundingMode,
  RTZ,
  RUP,
  UF,
} from '../../../../src/emu/cpu/fp/exact.ts';
import { classify, eq, le, lt, max, min } from '../../../../src/emu/cpu/fp/exact-compare.ts';
import { convert, fromInt, toInt } from '../../../../src/emu/cpu/fp/exact-convert.ts';
import { add, div, fma, mul, sqrt, sub } from '../../../../src/emu/cpu/fp/exact-ops.ts';
import { fpCases } from '../../../conformance/fp-vectors/format.ts';
import { VECTOR_INSNS } from '../../../conformance/fp-vectors/insns.ts';
import { checkReference } from './vector-check.ts';

const MODES: readonly RoundingMode[] = [RNE, RTZ, RDN, RUP, RMM];

/** The host's doubles and their bits: the oracle for round-to-nearest-even. */
const f64 = (bits: bigint): number => new Float64Array(BigUint64Array.of(bits).buffer)[0] ?? Number.NaN;
const f32 = (bits: bigint): number => new Float32Array(Uint32Array.of(Number(bits)).buffer)[0] ?? Number.NaN;
const bits64 = (x: number): bigint =>
  Number.isNaN(x) ? 0x7ff8000000000000n : (new BigUint64Array(Float64Array.of(x).buffer)[0] ?? 0n);
const bits32 = (x: number): bigint =>
  Number.isNaN(x) ? 0x7fc00000n : BigInt(new Uint32Array(Float32Array.of(x).buffer)[0] ?? 0);

/** Operands of the vectors, which hold edges and hard random pairs, plus uniform bits from a fixed xorshift. */
function pairs(name: string, width: number): readonly (readonly [bigint, bigint])[] {
  const out: (readonly [bigint, bigint])[] = [];
  for (const { name: n, rm, a, b } of fpCases(2)) {
    if (n === name && rm === 0) out.push([BigInt.asUintN(width, a), BigInt.asUintN(width, b)]);
  }
  let x = 0x123456789abcdefn;
  const next = (): bigint => {
    x ^= BigInt.asUintN(64, x << 13n);
    x ^= x >> 7n;
    x ^= BigInt.asUintN(64, x << 17n);
    return BigInt.asUintN(width, x);
  };
  for (let i = 0; i < 1000; i++) out.push([next(), next()]);
  return out;
}

const HOST = [
  { label: 'double', fmt: F64, operands: pairs('fadd.d', 64), number: f64, bits: bits64 },
  { label: 'single', fmt: F32, operands: pairs('fadd.s', 32), number: f32, bits: bits32 },
] as const;

describe.each(HOST)('in round-to-nearest-even, $label precision agrees with the host', (host) => {
  const { fmt, operands, number, bits } = host;
  const binary = [
    ['add', add, (x: number, y: number) => x + y],
    ['sub', sub, (x: number, y: number) => x - y],
    ['mul', mul, (x: number, y: number) => x * y],
    ['div', div, (x: number, y: number) => x / y],
  ] as const;
  // A single's operation done in double and rounded again gives the same bits: 53 >= 2 * 24 + 2.
  test.each(binary)('%s', (_, op, onHost) => {
    const wrong = operands.filter(([a, b]) => op(fmt, a, b, RNE).bits !== bits(onHost(number(a), number(b))));
    expect(wrong).toEqual([]);
  });

  test('sqrt', () => {
    const wrong = operands.filter(([a]) => sqrt(fmt, a, RNE).bits !== bits(Math.sqrt(number(a))));
    expect(wrong).toEqual([]);
  });

  test('comparisons', () => {
    const wrong = operands.filter(([a, b]) => {
      const [x, y] = [number(a), number(b)];
      const host = [x === y, x < y, x <= y].map((t) => (t ? 1n : 0n)).join();
      return [eq, lt, le].map((op) => op(fmt, a, b).bits).join() !== host;
    });
    expect(wrong).toEqual([]);
  });

  test('fused multiply-add by one and from zero is addition and multiplication', () => {
    const one = bits(1);
    const negativeZero = bits(-0);
    for (const rm of MODES) {
      const wrong = operands.filter(([a, b]) => {
        const sum = fma(fmt, a, one, b, rm);
        const expected = add(fmt, a, b, rm);
        if (sum.bits !== expected.bits || sum.flags !== expected.flags) return true;
        const product = mul(fmt, a, b, rm); // -0 is neutral for all but a product of +0 in RDN
        const fused = fma(fmt, a, b, negativeZero, rm);
        if (product.bits === 0n && product.flags === 0) return fused.bits !== (rm === RDN ? negativeZero : 0n);
        return fused.bits !== product.bits || fused.flags !== product.flags;
      });
      expect(wrong).toEqual([]);
    }
  });
});

test('conversions agree with the host', () => {
  for (const { operands, number, fmt } of HOST) {
    for (const [a] of operands) {
      const x = number(a);
      if (Number.isFinite(x)) {
        const whole = BigInt(Math.trunc(x));
        const inRange = BigInt.asIntN(64, whole) === whole;
        expect(toInt(fmt, a, RTZ, 64, true).flags & NV).toBe(inRange ? 0 : NV);
        if (inRange) expect(BigInt.asIntN(64, toInt(fmt, a, RTZ, 64, true).bits)).toBe(whole);
      }
      const other = fmt === F64 ? bits32(x) : bits64(x);
      expect(convert(fmt, fmt === F64 ? F32 : F64, a, RNE).bits).toBe(other);
      const int = BigInt.asIntN(64, a);
      expect(fromInt(F64, int, RNE).bits).toBe(bits64(Number(int)));
    }
  }
});

const show = ({ bits, flags }: FpResult): string => `${bits.toString(16)} ${flags}`;
const inModes = (op: (rm: RoundingMode) => FpResult): readonly string[] => MODES.map((rm) => show(op(rm)));

const ONE = 0x3f800000n;
const INF = 0x7f800000n;
const MAX = 0x7f7fffffn;
const QNAN = 0x7fc00000n;
const SNAN = 0x7f800001n;
const minus = (x: bigint): bigint => x | 0x80000000n;

describe('rounding modes and flags, worked by hand (RNE RTZ RDN RUP RMM)', () => {
  test('halfway and beyond', () => {
    const half = 0x33800000n; // 2^-24: half an ulp of 1
    expect(inModes((rm) => add(F32, ONE, half, rm))).toEqual(
      ['3f800000', '3f800000', '3f800000', '3f800001', '3f800001'].map((x) => `${x} ${NX}`),
    );
    expect(inModes((rm) => add(F32, minus(ONE), minus(half), rm))).toEqual(
      ['bf800000', 'bf800000', 'bf800001', 'bf800000', 'bf800001'].map((x) => `${x} ${NX}`),
    );
    expect(show(add(F32, ONE | 1n, half, RNE))).toBe(`3f800002 ${NX}`);
  });

  test('overflow gives infinity or the largest number', () => {
    expect(inModes((rm) => add(F32, MAX, MAX, rm))).toEqual(
      ['7f800000', '7f7fffff', '7f7fffff', '7f800000', '7f800000'].map((x) => `${x} ${OF | NX}`),
    );
    expect(inModes((rm) => add(F32, minus(MAX), minus(MAX), rm))).toEqual(
      ['ff800000', 'ff7fffff', 'ff800000', 'ff7fffff', 'ff800000'].map((x) => `${x} ${OF | NX}`),
    );
  });

  test('an exact difference of equals is +0, but -0 in RDN', () => {
    expect(inModes((rm) => sub(F32, ONE, ONE, rm))).toEqual(['0 0', '0 0', '80000000 0', '0 0', '0 0']);
    expect(show(add(F32, minus(0n), minus(0n), RNE))).toBe('80000000 0');
  });

  test('tininess is detected after rounding', () => {
    // (1 - 2^-24) * 2^-126 fits 24 bits, so it is tiny although the subnormal result rounds up to 2^-126.
    expect(show(mul(F32, 0x3f7fffffn, 0x00800000n, RNE))).toBe(`800000 ${UF | NX}`);
    // (1 - 2^-23)(1 + 2^-23) * 2^-126 = (1 - 2^-46) * 2^-126 rounds at 24 bits to 2^-126, not tiny, in RNE RUP RMM.
    expect(inModes((rm) => mul(F32, 0x3f7ffffen, 0x00800001n, rm))).toEqual([
      `800000 ${NX}`,
      `7fffff ${UF | NX}`,
      `7fffff ${UF | NX}`,
      `800000 ${NX}`,
      `800000 ${NX}`,
    ]);
  });

  test('an exact subnormal raises nothing, an inexact one UF and NX', () => {
    expect(show(mul(F32, 0x00800000n, 0x3f000000n, RNE))).toBe('400000 0');
    expect(inModes((rm) => mul(F32, 1n, 0x3f000000n, rm))).toEqual(
      ['0', '0', '0', '1', '1'].map((x) => `${x} ${UF | NX}`),
    );
  });

  test('division by zero, invalid operations', () => {
    expect(show(div(F32, minus(ONE), 0n, RNE))).toBe(`ff800000 ${DZ}`);
    expect(show(div(F32, INF, 0n, RNE))).toBe('7f800000 0');
    for (const r of [div(F32, 0n, 0n, RNE), div(F32, INF, INF, RNE), mul(F32, 0n, INF, RNE), sub(F32, INF, INF, RNE)]) {
      expect(show(r)).toBe(`7fc00000 ${NV}`);
    }
    expect(show(sqrt(F32, minus(ONE), RNE))).toBe(`7fc00000 ${NV}`);
    expect(show(sqrt(F32, minus(0n), RNE))).toBe('80000000 0');
  });

  test('a NaN gives the canonical NaN; only a signalling one raises NV', () => {
    expect(show(add(F32, minus(QNAN) | 5n, ONE, RNE))).toBe('7fc00000 0');
    expect(show(add(F32, ONE, SNAN, RNE))).toBe(`7fc00000 ${NV}`);
    expect(show(add(F64, 0xfff8000000000001n, 0n, RNE))).toBe('7ff8000000000000 0');
    expect(show(fma(F32, INF, 0n, QNAN, RNE))).toBe(`7fc00000 ${NV}`);
    expect(show(fma(F32, ONE, ONE, QNAN, RNE))).toBe('7fc00000 0');
  });

  test('fused multiply-add rounds once', () => {
    const x = 0x3f800001n; // (1 + 2^-23)^2 - (1 + 2^-22) = 2^-46
    expect(show(fma(F32, x, x, minus(0x3f800002n), RNE))).toBe('28800000 0');
  });
});

describe('comparison, minimum and classification rules', () => {
  test('minimum and maximum order the zeros and prefer numbers to NaNs', () => {
    expect([min(F32, 0n, minus(0n)), min(F32, minus(0n), 0n)].map(show)).toEqual(['80000000 0', '80000000 0']);
    expect([max(F32, 0n, minus(0n)), max(F32, minus(0n), 0n)].map(show)).toEqual(['0 0', '0 0']);
    expect([min(F32, QNAN, ONE), max(F32, ONE, SNAN)].map(show)).toEqual(['3f800000 0', `3f800000 ${NV}`]);
    expect([min(F32, QNAN, minus(QNAN)), max(F32, SNAN, QNAN)].map(show)).toEqual(['7fc00000 0', `7fc00000 ${NV}`]);
    expect(show(max(F64, 0x7fefffffffffffffn, 0x7ff0000000000000n))).toBe('7ff0000000000000 0');
  });

  test('feq is quiet, flt and fle signal', () => {
    expect([eq(F32, QNAN, ONE), lt(F32, QNAN, ONE), le(F32, ONE, QNAN)].map(show)).toEqual([
      '0 0',
      `0 ${NV}`,
      `0 ${NV}`,
    ]);
    expect(show(eq(F32, SNAN, ONE))).toBe(`0 ${NV}`);
    expect(show(eq(F32, 0n, minus(0n)))).toBe('1 0');
  });

  test('fclass tells ten classes apart', () => {
    const subnormal = 1n;
    const values = [minus(INF), minus(ONE), minus(subnormal), minus(0n), 0n, subnormal, ONE, INF, SNAN, QNAN];
    expect(values.map((x) => classify(F32, x).bits)).toEqual(values.map((_, i) => 1n << BigInt(i)));
  });
});

describe('conversions to integers saturate', () => {
  const cases: readonly (readonly [number, RoundingMode, 32 | 64, boolean, string])[] = [
    [Number.NaN, RNE, 32, true, `7fffffff ${NV}`],
    [Number.NaN, RNE, 64, false, `ffffffffffffffff ${NV}`],
    [-Infinity, RNE, 64, true, `8000000000000000 ${NV}`],
    [-Infinity, RNE, 32, false, `0 ${NV}`],
    [-0.5, RNE, 32, false, `0 ${NX}`],
    [-0.5, RDN, 32, false, `0 ${NV}`],
    [-1, RNE, 64, false, `0 ${NV}`],
    [2147483647.5, RTZ, 32, true, `7fffffff ${NX}`],
    [2147483647.5, RNE, 32, true, `7fffffff ${NV}`],
    [-2147483648.5, RNE, 32, true, `80000000 ${NX}`],
    [-2147483648.5, RMM, 32, true, `80000000 ${NV}`],
    [4294967295, RNE, 32, false, 'ffffffff 0'],
    [2.5, RNE, 32, true, `2 ${NX}`],
    [2.5, RMM, 32, true, `3 ${NX}`],
    [2 ** 63, RNE, 64, true, `7fffffffffffffff ${NV}`],
  ];
  test.each(cases)('%d in mode %i to %i bits, signed %s', (x, rm, width, signed, expected) => {
    expect(show(toInt(F64, bits64(x), rm, width, signed))).toBe(expected);
  });
});

describe('recorded vectors', () => {
  test('cover every F and D instruction', () => {
    const names = new Set(Array.from(fpCases(97), ({ name }) => name));
    expect(VECTOR_INSNS.filter(({ name }) => !names.has(name))).toEqual([]);
    expect(names.size).toBe(62);
  });

  test('the exact reference agrees with a sample of them', () => {
    const { cases, failures } = checkReference(13, 7);
    expect(failures).toEqual([]);
    expect(cases).toBeGreaterThan(20_000);
  });
});
