/**
 * Operand sets for the vectors: every combination of edge values, then pseudo-random tuples bent towards hard cases
 * (cancellation, halfway results, results at the ends of the exponent range). Deterministic: seeded, no clock.
 *
 * A set is a list of tuples of 64-bit register contents; single-precision values are NaN-boxed, and a few are not.
 */
import { F32, F64, type Format } from '../../../src/emu/cpu/fp/exact.ts';
import { fma, mul } from '../../../src/emu/cpu/fp/exact-ops.ts';
import type { SetName } from './insns.ts';

export type Tuple = readonly bigint[];

const BOX = 0xffffffff00000000n;
const RANDOM_TUPLES = 700;

/** SplitMix64. */
function randomSource(seed: bigint): (bits: bigint) => bigint {
  let state = seed;
  return (bits) => {
    state = BigInt.asUintN(64, state + 0x9e3779b97f4a7c15n);
    let z = state;
    z = BigInt.asUintN(64, (z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n);
    z = BigInt.asUintN(64, (z ^ (z >> 27n)) * 0x94d049bb133111ebn);
    return (z ^ (z >> 31n)) >> (64n - bits);
  };
}
type Random = ReturnType<typeof randomSource>;

const width = (fmt: Format): bigint => 1n + fmt.expBits + fmt.fracBits;
const bias = (fmt: Format): bigint => (1n << (fmt.expBits - 1n)) - 1n;
const negate = (fmt: Format, bits: bigint): bigint => bits ^ (1n << (width(fmt) - 1n));
const make = (fmt: Format, expField: bigint, frac: bigint): bigint => (expField << fmt.fracBits) | frac;

/** The values every instruction meets in every combination; positive ones, each also used negated. */
function coreEdges(fmt: Format): readonly bigint[] {
  const ones = (1n << fmt.fracBits) - 1n;
  const top = (1n << fmt.expBits) - 1n;
  const one = make(fmt, bias(fmt), 0n);
  const positive = [0n, 1n, ones, make(fmt, 1n, 0n), one, one + 1n, make(fmt, top - 1n, ones), make(fmt, top, 0n)];
  return [...positive, ...positive.map((x) => negate(fmt, x)), ...nans(fmt).slice(0, 2)];
}

const nans = (fmt: Format): readonly bigint[] => {
  const quiet = make(fmt, (1n << fmt.expBits) - 1n, 1n << (fmt.fracBits - 1n));
  const signalling = make(fmt, (1n << fmt.expBits) - 1n, 1n);
  return [quiet, signalling, negate(fmt, quiet) | 5n, negate(fmt, signalling) | 6n];
};

function moreEdges(fmt: Format): readonly bigint[] {
  const b = bias(fmt);
  const ones = (1n << fmt.fracBits) - 1n;
  const positive = [
    2n, // subnormals
    1n << (fmt.fracBits - 1n),
    make(fmt, 1n, 1n), // smallest normals
    make(fmt, 2n, 0n),
    make(fmt, b - fmt.fracBits - 1n, 0n), // half an ulp of 1, and a little more
    make(fmt, b - fmt.fracBits - 1n, 1n),
    make(fmt, b - 1n, 0n), // 0.5, 1 - ulp, 1.5, 2, 2.5, 3
    make(fmt, b - 1n, ones),
    make(fmt, b, 1n << (fmt.fracBits - 1n)),
    make(fmt, b + 1n, 0n),
    make(fmt, b + 1n, 1n << (fmt.fracBits - 2n)),
    make(fmt, b + 1n, 1n << (fmt.fracBits - 1n)),
  ];
  return [...coreEdges(fmt), ...positive, ...positive.map((x) => negate(fmt, x)), ...nans(fmt).slice(2)];
}

/** Values at the limits of the integer types, halves between integers, and the limits of the other format. */
function conversionEdges(fmt: Format): readonly bigint[] {
  const b = bias(fmt);
  const out: bigint[] = [];
  for (const power of [31n, 32n, 63n, 64n, fmt.fracBits, fmt.fracBits - 1n, fmt.fracBits + 1n, 30n, 8n]) {
    const at = make(fmt, b + power, 0n);
    out.push(at, at + 1n, at - 1n, at + 3n, at - 2n);
    if (power >= fmt.fracBits) continue;
    const half = 1n << (fmt.fracBits - power - 1n);
    out.push(at + half, at + half - 1n, at + half + 1n, at - half, at - 2n * half, at - half - 1n);
  }
  if (fmt === F64) {
    const half = 1n << 28n; // of an ulp of a single
    for (const e of [127n, 128n, 0n, -126n, -127n, -148n, -149n, -150n, -151n]) {
      const at = make(fmt, b + e, 0n);
      for (const d of [0n, half, -half, 1n, -1n, half + 1n, half - 1n, 3n * half, -half - 1n, 1n - half])
        out.push(at + d);
      out.push(at + (1n << 51n), at + (1n << 51n) + 1n, at + (1n << 50n));
    }
  }
  return out.flatMap((x) => [x, negate(fmt, x)]);
}

/** A number with an exponent near `expField` (clamped to the finite range) and one of several kinds of fraction. */
function randomNear(fmt: Format, r: Random, expField: bigint): bigint {
  const top = (1n << fmt.expBits) - 2n;
  const e = expField < 0n ? 0n : expField > top ? top : expField;
  const ones = (1n << fmt.fracBits) - 1n;
  const whole = r(fmt.fracBits);
  const at = r(6n) % fmt.fracBits;
  const frac = [whole, (1n << at) | (r(1n) << (r(6n) % fmt.fracBits)), ones ^ ((1n << at) - 1n), (1n << at) - 1n][
    Number(r(2n))
  ];
  return (r(1n) << (width(fmt) - 1n)) | make(fmt, e, frac ?? whole);
}
const randomAny = (fmt: Format, r: Random): bigint => randomNear(fmt, r, r(fmt.expBits));

/** Pairs whose sum, product or quotient is at a limit, cancels, or lies near halfway. */
function randomPair(fmt: Format, r: Random): Tuple {
  const b = bias(fmt);
  const x = randomAny(fmt, r);
  const ex = (x >> fmt.fracBits) & ((1n << fmt.expBits) - 1n);
  const jitter = r(3n) - 4n;
  switch (Number(r(3n))) {
    case 0:
      return [r(width(fmt)), r(width(fmt))];
    case 1: // exponents close: sums cancel
      return [x, randomNear(fmt, r, ex + jitter)];
    case 2: // exponents about a significand apart: sums near halfway
      return [x, randomNear(fmt, r, ex - fmt.fracBits + jitter)];
    case 3: // product near the largest finite
      return [x, randomNear(fmt, r, 3n * b - ex + jitter)];
    case 4: // product among the subnormals
      return [x, randomNear(fmt, r, b - ex - (r(5n) % fmt.fracBits))];
    case 5: // quotient among the subnormals
      return [x, randomNear(fmt, r, ex + b + (r(5n) % fmt.fracBits))];
    case 6: {
      // quotient next to a representable number
      const y = randomNear(fmt, r, b + jitter);
      return [mul(fmt, x, y, 0).bits, y];
    }
    default: // plain numbers around 1
      return [randomNear(fmt, r, b + jitter), randomNear(fmt, r, b - jitter)];
  }
}

function randomTriple(fmt: Format, r: Random): Tuple {
  const [x = 0n, y = 0n] = randomPair(fmt, r);
  const p = mul(fmt, x, y, 0).bits;
  const ep = (p >> fmt.fracBits) & ((1n << fmt.expBits) - 1n);
  switch (Number(r(3n))) {
    case 0:
      return [x, y, randomAny(fmt, r)];
    case 1:
    case 2: // the rounded product: only the part below its last bit is left
      return [x, y, r(1n) === 0n ? p : negate(fmt, p)];
    case 3: // all but cancels
      return [x, y, negate(fmt, fma(fmt, x, y, randomNear(fmt, r, ep - fmt.fracBits), 0).bits)];
    case 4:
      return [x, y, randomNear(fmt, r, ep - fmt.fracBits - r(2n))];
    case 5:
      return [x, y, randomNear(fmt, r, ep + fmt.fracBits + r(2n))];
    case 6:
      return [x, y, randomNear(fmt, r, r(2n))];
    default:
      return [x, y, randomNear(fmt, r, ep + r(3n) - 4n)];
  }
}

const INT_EDGES: readonly bigint[] = [
  0n,
  1n,
  2n,
  3n,
  0x7fn,
  0x80n,
  0xff7fffffn,
  0x100000000n,
  0x17fffffffn,
  0xdeadbeef80000001n,
  0xffffffff80000000n,
  0x7ff0000000000001n,
  0x7f800001n,
  0x7fc00000n,
  0xff800001n,
  0x8000000000000000n,
  0xfff8000000000000n,
];

/** Powers of two with a few ulps and half ulps of each format around them, and random integers of every length. */
function integers(r: Random): readonly bigint[] {
  const out = [...INT_EDGES];
  for (const power of [23n, 24n, 25n, 26n, 31n, 32n, 33n, 52n, 53n, 54n, 55n, 62n, 63n, 64n]) {
    const at = 1n << power;
    for (const d of [0n, 1n, -1n, 2n, -2n, 3n, -3n]) out.push(at + d);
    for (const precision of [24n, 53n]) {
      if (power < precision) continue;
      const half = 1n << (power - precision);
      for (const d of [half, 3n * half, half + 1n, half - 1n, -half, -half / 2n, -half / 2n - 1n]) out.push(at + d);
    }
  }
  for (let i = 0; i < RANDOM_TUPLES / 4; i++) out.push(r(1n + r(6n)));
  return out.flatMap((x) => [BigInt.asUintN(64, x), BigInt.asUintN(64, -x)]);
}

const unary = (fmt: Format, r: Random): readonly Tuple[] => [
  ...[...moreEdges(fmt), ...conversionEdges(fmt)].map((x) => [x]),
  ...Array.from({ length: RANDOM_TUPLES / 4 }, () => [randomAny(fmt, r)]),
  ...Array.from({ length: RANDOM_TUPLES / 4 }, () => [randomNear(fmt, r, bias(fmt) + r(7n) - 8n)]),
];
const binary = (fmt: Format, r: Random): readonly Tuple[] => {
  const edges = moreEdges(fmt);
  return [
    ...edges.flatMap((x) => edges.map((y) => [x, y])),
    ...Array.from({ length: RANDOM_TUPLES }, () => randomPair(fmt, r)),
  ];
};
const ternary = (fmt: Format, r: Random): readonly Tuple[] => {
  const edges = coreEdges(fmt).filter((_, i) => i % 8 !== 2); // the largest subnormal comes in the random tuples
  const unsigned = edges.filter((x) => x >> (width(fmt) - 1n) === 0n); // the four instructions vary the product's sign
  return [
    ...unsigned.flatMap((x) => unsigned.flatMap((y) => edges.map((z) => [x, y, z]))),
    ...Array.from({ length: RANDOM_TUPLES }, () => randomTriple(fmt, r)),
  ];
};

/** Boxes singles, and appends tuples in which one operand is not boxed (and so counts as the canonical NaN). */
function boxed(tuples: readonly Tuple[]): readonly Tuple[] {
  const good = tuples.map((t) => t.map((x) => x | BOX));
  const strays = [0x000000003f800000n, 0xfffffffe40000000n, 0x7ff0000000000000n, 0xffffffff00000000n >> 1n];
  const arity = good[0]?.length ?? 0;
  const bad = strays.flatMap((stray) =>
    Array.from({ length: arity }, (_, at) =>
      Array.from({ length: arity }, (_, i) => (i === at ? stray : BOX | 0x40400001n)),
    ),
  );
  return [...good, ...bad];
}

export function operandSets(seed = 0x5eedn): Readonly<Record<SetName, readonly Tuple[]>> {
  const r = randomSource(seed);
  return {
    s1: boxed(unary(F32, r)),
    s2: boxed(binary(F32, r)),
    s3: boxed(ternary(F32, r)),
    d1: unary(F64, r),
    d2: binary(F64, r),
    d3: ternary(F64, r),
    i1: integers(r).map((x) => [x]),
  };
}
