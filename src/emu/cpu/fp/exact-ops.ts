/**
 * The arithmetic of F and D on exact values: add, sub, mul, div, sqrt, fma. "Slow, obviously right": the oracle.
 *
 * Each function takes and gives the bits of `fmt` (f32: 32 bits, not NaN-boxed), computes the exact result and
 * rounds it once. NaN results are canonical. Comparisons and conversions are in exact-compare.ts and exact-convert.ts.
 * Spec: RISC-V unprivileged manual, F "Single-Precision Floating-Point Computational Instructions"; IEEE 754-2019, 5.4
 * and 6.3.
 */
import {
  bitLength,
  canonicalNaN,
  DZ,
  type Finite,
  type Format,
  type FpResult,
  flipSign,
  infinity,
  isSignalling,
  type NotNaN,
  NV,
  RDN,
  type RoundingMode,
  round,
  type Sign,
  type Unpacked,
  unpack,
  xorSign,
  zero,
} from './exact.ts';

const invalid = (fmt: Format): FpResult => ({ bits: canonicalNaN(fmt), flags: NV });
const exactly = (bits: bigint): FpResult => ({ bits, flags: 0 });

/** The canonical NaN; NV when an operand is signalling. */
const nanResult = (fmt: Format, ...operands: readonly Unpacked[]): FpResult =>
  operands.some(isSignalling) ? invalid(fmt) : exactly(canonicalNaN(fmt));

/** Sign of a sum that is exactly zero: that of two equal signs, else + except in RDN. */
const zeroSumSign = (a: Sign, b: Sign, rm: RoundingMode): Sign => (a === b ? a : rm === RDN ? 1n : 0n);

export function add(fmt: Format, a: bigint, b: bigint, rm: RoundingMode): FpResult {
  return sum(fmt, unpack(fmt, a), unpack(fmt, b), rm);
}

export function sub(fmt: Format, a: bigint, b: bigint, rm: RoundingMode): FpResult {
  const y = unpack(fmt, b);
  return sum(fmt, unpack(fmt, a), { ...y, sign: flipSign(y.sign) }, rm);
}

export function mul(fmt: Format, a: bigint, b: bigint, rm: RoundingMode): FpResult {
  const x = unpack(fmt, a);
  const y = unpack(fmt, b);
  if (x.kind === 'nan' || y.kind === 'nan') return nanResult(fmt, x, y);
  const p = product(x, y);
  if (p === undefined) return invalid(fmt);
  if (p.kind === 'inf') return exactly(infinity(fmt, p.sign));
  if (p.kind === 'zero') return exactly(zero(fmt, p.sign));
  return round(fmt, p, rm);
}

/** a / b. Zero divisor: DZ and an infinity, or NV for 0/0. */
export function div(fmt: Format, a: bigint, b: bigint, rm: RoundingMode): FpResult {
  const x = unpack(fmt, a);
  const y = unpack(fmt, b);
  if (x.kind === 'nan' || y.kind === 'nan') return nanResult(fmt, x, y);
  const sign = xorSign(x.sign, y.sign);
  if (x.kind === y.kind && x.kind !== 'finite') return invalid(fmt); // 0/0, inf/inf
  if (x.kind === 'inf') return exactly(infinity(fmt, sign));
  if (y.kind === 'inf' || x.kind === 'zero') return exactly(zero(fmt, sign));
  if (y.kind === 'zero') return { bits: infinity(fmt, sign), flags: DZ };

  const shift = bitLength(y.sig) + guardedBits(fmt); // the quotient then has at least guardedBits bits
  const dividend = x.sig << shift;
  const quotient = dividend / y.sig;
  return round(fmt, sticky(sign, quotient, x.exp - y.exp - shift, quotient * y.sig === dividend), rm);
}

/** Square root; sqrt(-0) is -0, of any other negative number NV. */
export function sqrt(fmt: Format, a: bigint, rm: RoundingMode): FpResult {
  const x = unpack(fmt, a);
  if (x.kind === 'nan') return nanResult(fmt, x);
  if (x.kind === 'zero') return exactly(zero(fmt, x.sign));
  if (x.sign === 1n) return invalid(fmt);
  if (x.kind === 'inf') return exactly(infinity(fmt, 0n));

  const shift = 2n * guardedBits(fmt) + (x.exp & 1n); // leaves an even exponent and a root of guardedBits bits or more
  const radicand = x.sig << shift;
  const root = integerSqrt(radicand);
  return round(fmt, sticky(0n, root, (x.exp - shift) / 2n, root * root === radicand), rm);
}

/**
 * a * b + c with one rounding. fmsub, fnmsub and fnmadd are this with the signs of a and c flipped by the caller
 * (flipping a NaN's sign is harmless). inf * 0 raises NV even when c is a quiet NaN.
 */
export function fma(fmt: Format, a: bigint, b: bigint, c: bigint, rm: RoundingMode): FpResult {
  const x = unpack(fmt, a);
  const y = unpack(fmt, b);
  const z = unpack(fmt, c);
  if (x.kind === 'nan' || y.kind === 'nan') return nanResult(fmt, x, y, z);
  const p = product(x, y);
  return p === undefined ? invalid(fmt) : sum(fmt, p, z, rm);
}

/** Exact product of two operands that are not NaN; undefined for inf * 0. */
function product(x: NotNaN, y: NotNaN): NotNaN | undefined {
  const sign = xorSign(x.sign, y.sign);
  if (x.kind === 'finite' && y.kind === 'finite') {
    return { kind: 'finite', sign, sig: x.sig * y.sig, exp: x.exp + y.exp };
  }
  const infinite = x.kind === 'inf' || y.kind === 'inf';
  const nil = x.kind === 'zero' || y.kind === 'zero';
  if (infinite && nil) return undefined;
  return { kind: infinite ? 'inf' : 'zero', sign };
}

/** x + y rounded once. `x` may be an exact product, wider than `fmt`. */
function sum(fmt: Format, x: Unpacked, y: Unpacked, rm: RoundingMode): FpResult {
  if (x.kind === 'nan' || y.kind === 'nan') return nanResult(fmt, x, y);
  if (x.kind === 'inf' && y.kind === 'inf' && x.sign !== y.sign) return invalid(fmt);
  if (x.kind === 'inf') return exactly(infinity(fmt, x.sign));
  if (y.kind === 'inf') return exactly(infinity(fmt, y.sign));
  if (x.kind === 'zero') {
    return y.kind === 'zero' ? exactly(zero(fmt, zeroSumSign(x.sign, y.sign, rm))) : round(fmt, y, rm);
  }
  if (y.kind === 'zero') return round(fmt, x, rm);

  const gap = x.exp - y.exp;
  const exp = gap < 0n ? x.exp : y.exp;
  const total = signed(x, exp) + signed(y, exp);
  if (total === 0n) return exactly(zero(fmt, zeroSumSign(x.sign, y.sign, rm)));
  return round(fmt, total < 0n ? { sign: 1n, sig: -total, exp } : { sign: 0n, sig: total, exp }, rm);
}

/** The value of x counted in units of 2^exp; exp is not above x.exp. */
const signed = (x: Finite, exp: bigint): bigint => (x.sign === 1n ? -x.sig : x.sig) << (x.exp - exp);

/** Enough leading bits of a quotient or root that no rounding boundary of `fmt` lies strictly between neighbours. */
const guardedBits = (fmt: Format): bigint => fmt.fracBits + 3n;

/** A truncated value: what was cut off, if anything, is kept as one more bit below. */
const sticky = (sign: Sign, sig: bigint, exp: bigint, exact: boolean): Omit<Finite, 'kind'> =>
  exact ? { sign, sig, exp } : { sign, sig: (sig << 1n) | 1n, exp: exp - 1n };

/** Floor of the square root of n > 0: Newton's iteration from above, which falls until it arrives. */
function integerSqrt(n: bigint): bigint {
  let root = 1n << ((bitLength(n) + 1n) / 2n);
  for (;;) {
    const next = (root + n / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}
