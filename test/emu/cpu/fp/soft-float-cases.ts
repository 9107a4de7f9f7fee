/** Operand tuples for every soft-float operation: edges crossed with edges, near pairs, and seeded random bits. */

import type { RoundingMode } from '../../../../src/emu/cpu/fp/exact.ts';
import type { FpFormat, FpOp } from '../../../../src/emu/isa/vocabulary.ts';

export interface SoftFloatCase {
  readonly rm: RoundingMode;
  readonly args: readonly bigint[];
}
const binary: readonly FpOp[] = ['add', 'sub', 'mul', 'div', 'min', 'max', 'eq', 'lt', 'le'];
const unary: readonly FpOp[] = ['sqrt', 'classify', 'toI32', 'toU32', 'toI64', 'toU64', 'toOther'];
const fromInt: readonly FpOp[] = ['fromI32', 'fromU32', 'fromI64', 'fromU64'];
const rms: readonly RoundingMode[] = [0, 1, 2, 3, 4];

/** SplitMix64, so that a failing case repeats. */
function* random(seed: bigint): Generator<bigint, never> {
  for (let state = seed; ; ) {
    state = BigInt.asUintN(64, state + 0x9e3779b97f4a7c15n);
    let z = state;
    z = BigInt.asUintN(64, (z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n);
    z = BigInt.asUintN(64, (z ^ (z >> 27n)) * 0x94d049bb133111ebn);
    yield z ^ (z >> 31n);
  }
}

function edges(format: FpFormat): bigint[] {
  const [frac, bias, sign] = format === 'S' ? [23n, 127n, 1n << 31n] : [52n, 1023n, 1n << 63n];
  const max = 2n * bias + 1n;
  const at = (exp: bigint, bits = 0n): bigint => (exp << frac) | bits;
  const ones = (1n << frac) - 1n;
  const positive = [
    0n,
    1n,
    2n,
    ones,
    at(1n),
    at(1n, 1n),
    at(2n),
    at(bias - 1n),
    at(bias - 1n, ones),
    at(bias),
    at(bias, 1n),
    at(bias, ones),
    at(bias + 1n),
    at(bias + frac),
    at(bias + frac, 1n),
    at(bias + frac + 1n),
    at(bias + 31n),
    at(bias + 32n),
    at(bias + 63n),
    at(bias + 62n, ones),
    at(bias + 64n),
    at(max - 1n),
    at(max - 1n, ones),
    at(max),
    at(max, 1n),
    at(max, 1n << (frac - 1n)),
    at(bias - 2n),
    at(bias + 1n, 1n << (frac - 2n)),
  ];
  return [...positive, ...positive.map((v) => v | sign)];
}

/** [operation, format, cases]; `randoms` random tuples an operation beside the edges. */
export function* softFloatCases(randoms: number): Generator<readonly [FpOp, FpFormat, readonly SoftFloatCase[]]> {
  for (const format of ['S', 'D'] as const) {
    const mask = format === 'S' ? 0xffff_ffffn : 0xffff_ffff_ffff_ffffn;
    const frac = format === 'S' ? 23n : 52n;
    const edge = edges(format);
    const source = random(BigInt(frac));
    const next = (): bigint => source.next().value;
    const bits = (): bigint => next() & mask;
    /** Exponent within a few of `a`, few significant bits: cancellation, ties. */
    const near = (a: bigint): bigint => {
      const moved = a + (((next() & 7n) - 3n) << frac);
      return (next() & 1n ? moved & ~((1n << (next() % frac)) - 1n) : moved ^ (next() & 0xfn)) & mask;
    };
    const all = (tuples: readonly (readonly bigint[])[]): SoftFloatCase[] =>
      tuples.flatMap((args) => rms.map((rm) => ({ rm, args })));
    const some = (f: () => bigint[]): bigint[][] => Array.from({ length: randoms }, f);
    const pairs = [
      ...edge.flatMap((a) => edge.map((b) => [a, b])),
      ...some(() => [bits(), bits()]),
      ...some(() => {
        const a = bits();
        return [a, near(a) ^ (next() & 1n ? 0n : mask ^ (mask >> 1n))];
      }),
    ];
    for (const op of binary) yield [op, format, all(pairs)];
    const few = edge.filter((_, i) => i % 5 === 0);
    const triples = [
      ...few.flatMap((a) => few.flatMap((b) => few.map((c) => [a, b, c]))),
      ...some(() => [bits(), bits(), bits()]),
      ...some(() => {
        const a = bits();
        const b = near(format === 'S' ? 0x3f80_0000n : 0x3ff0_0000_0000_0000n);
        return [a, b, near(a) ^ (next() & 1n ? 0n : mask ^ (mask >> 1n))];
      }),
    ];
    yield ['fma', format, all(triples)];
    const singles = [
      ...edge.map((a) => [a]),
      ...some(() => [bits()]),
      ...some(() => [near(edge[Number(next() % 28n)] ?? 0n)]),
    ];
    for (const op of unary) yield [op, format, all(singles)];
    const integers = [
      0n,
      1n,
      -1n,
      2n ** 31n,
      2n ** 32n - 1n,
      2n ** 63n,
      2n ** 53n + 1n,
      2n ** 24n + 1n,
      2n ** 64n - 513n,
    ];
    const sized = some(() => [BigInt.asUintN(64, BigInt.asIntN(64, next()) >> (next() & 63n))]);
    for (const op of fromInt) yield [op, format, all([...integers.map((v) => [BigInt.asUintN(64, v)]), ...sized])];
  }
}
