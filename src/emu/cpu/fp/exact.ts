/**
 * IEEE 754 binary formats as exact integers: taking a number apart, and the one rounding function of the reference.
 *
 * Not fast and not meant to be: every finite value is `±sig * 2^exp` with unbounded BigInts, so that an operation
 * is computed exactly and rounded once. Floating-point data is never held in a JavaScript number.
 * Knows no registers: no NaN boxing, no sign extension of integer results.
 *
 * Invariant: `round` is the only place where a result becomes inexact, overflows or underflows.
 * Spec: RISC-V unprivileged manual, "F" (rounding modes, fflags, NaN and subnormal rules) and "D"; IEEE 754-2019, 4 and
 * 7.
 */

/** An interchange format: widths in bits of the exponent and of the trailing significand. */
export interface Format {
  readonly expBits: bigint;
  readonly fracBits: bigint;
}

export const F32: Format = { expBits: 8n, fracBits: 23n };
export const F64: Format = { expBits: 11n, fracBits: 52n };

/** The encoding of `frm` and of the `rm` field. DYN and the reserved values are resolved by the caller. */
export type RoundingMode = 0 | 1 | 2 | 3 | 4;
export const RNE = 0;
export const RTZ = 1;
export const RDN = 2;
export const RUP = 3;
export const RMM = 4;

/** `fflags` bits. */
export const NX = 1;
export const UF = 2;
export const OF = 4;
export const DZ = 8;
export const NV = 16;

/** What an instruction gives: result bits (as wide as its type, never negative) and the `fflags` bits it raises. */
export interface FpResult {
  readonly bits: bigint;
  readonly flags: number;
}

/** Sign: 0n positive, 1n negative. */
export type Sign = 0n | 1n;

/** A finite nonzero value: `(-1)^sign * sig * 2^exp`, `sig > 0`. */
export interface Finite {
  readonly kind: 'finite';
  readonly sign: Sign;
  readonly sig: bigint;
  readonly exp: bigint;
}

export type Unpacked =
  | Finite
  | { readonly kind: 'zero'; readonly sign: Sign }
  | { readonly kind: 'inf'; readonly sign: Sign }
  | { readonly kind: 'nan'; readonly sign: Sign; readonly signalling: boolean };

/** What is left of an operand once NaNs are dealt with. */
export type NotNaN = Exclude<Unpacked, { readonly kind: 'nan' }>;

const bias = (fmt: Format): bigint => (1n << (fmt.expBits - 1n)) - 1n;
const expMask = (fmt: Format): bigint => (1n << fmt.expBits) - 1n;

/** Exponent of the least significant bit of every subnormal and of the smallest normals. */
export const minQuantum = (fmt: Format): bigint => 1n - bias(fmt) - fmt.fracBits;

export const isSignalling = (x: Unpacked): boolean => x.kind === 'nan' && x.signalling;
export const flipSign = (s: Sign): Sign => (s === 0n ? 1n : 0n);
export const xorSign = (a: Sign, b: Sign): Sign => (a === b ? 0n : 1n);

const encode = (fmt: Format, sign: Sign, expField: bigint, frac: bigint): bigint =>
  (((sign << fmt.expBits) | expField) << fmt.fracBits) | frac;

export const zero = (fmt: Format, sign: Sign): bigint => encode(fmt, sign, 0n, 0n);
export const infinity = (fmt: Format, sign: Sign): bigint => encode(fmt, sign, expMask(fmt), 0n);
export const maxFinite = (fmt: Format, sign: Sign): bigint =>
  encode(fmt, sign, expMask(fmt) - 1n, (1n << fmt.fracBits) - 1n);
export const canonicalNaN = (fmt: Format): bigint => encode(fmt, 0n, expMask(fmt), 1n << (fmt.fracBits - 1n));

/** Takes apart the low `1 + expBits + fracBits` bits of `bits`; higher bits are ignored. */
export function unpack(fmt: Format, bits: bigint): Unpacked {
  const frac = bits & ((1n << fmt.fracBits) - 1n);
  const expField = (bits >> fmt.fracBits) & expMask(fmt);
  const sign: Sign = ((bits >> (fmt.fracBits + fmt.expBits)) & 1n) === 0n ? 0n : 1n;
  if (expField === expMask(fmt)) {
    if (frac === 0n) return { kind: 'inf', sign };
    return { kind: 'nan', sign, signalling: frac >> (fmt.fracBits - 1n) === 0n };
  }
  if (expField === 0n) {
    if (frac === 0n) return { kind: 'zero', sign };
    return { kind: 'finite', sign, sig: frac, exp: minQuantum(fmt) };
  }
  return { kind: 'finite', sign, sig: frac | (1n << fmt.fracBits), exp: minQuantum(fmt) + expField - 1n };
}

/** Number of bits of `n`, which is positive. */
export const bitLength = (n: bigint): bigint => BigInt(n.toString(2).length);

/** `sig * 2^exp` rounded to a multiple of `2^quantum`; `q` counts that multiple. `sign` matters to RDN and RUP only. */
export function roundToQuantum(
  { sign, sig, exp }: Omit<Finite, 'kind'>,
  quantum: bigint,
  rm: RoundingMode,
): { readonly q: bigint; readonly inexact: boolean } {
  const shift = quantum - exp;
  if (shift <= 0n) return { q: sig << -shift, inexact: false };
  const floor = sig >> shift;
  const rest = sig - (floor << shift);
  const half = 1n << (shift - 1n);
  return { q: roundsUp() ? floor + 1n : floor, inexact: rest !== 0n };

  function roundsUp(): boolean {
    switch (rm) {
      case RNE:
        return rest > half || (rest === half && (floor & 1n) === 1n);
      case RTZ:
        return false;
      case RDN:
        return rest !== 0n && sign === 1n;
      case RUP:
        return rest !== 0n && sign === 0n;
      case RMM:
        return rest >= half;
    }
  }
}

/**
 * Rounds an exact nonzero value to `fmt`, with NX, OF and UF as it deserves.
 * Tininess is detected after rounding: as if the exponent had no lower bound. UF is raised only with NX.
 */
export function round(fmt: Format, value: Omit<Finite, 'kind'>, rm: RoundingMode): FpResult {
  const { sign, sig, exp } = value;
  const minExp = 1n - bias(fmt); // of the smallest normal number
  const freeQuantum = exp + bitLength(sig) - 1n - fmt.fracBits; // quantum if exponents had no lower bound
  const quantum = freeQuantum > minQuantum(fmt) ? freeQuantum : minQuantum(fmt);
  const { q, inexact } = roundToQuantum(value, quantum, rm);

  // A carry out of the significand gives q = 2^(fracBits+1): the encoding below then needs the next exponent.
  const carried = q >> (fmt.fracBits + 1n) === 1n;
  const frac = carried ? q >> 1n : q;
  const expField = frac >> fmt.fracBits === 0n ? 0n : quantum - minQuantum(fmt) + 1n + (carried ? 1n : 0n);
  if (expField >= expMask(fmt)) return { bits: overflow(fmt, sign, rm), flags: OF | NX };

  const bits = encode(fmt, sign, expField, frac & ((1n << fmt.fracBits) - 1n));
  if (!inexact) return { bits, flags: 0 };
  const free = roundToQuantum(value, freeQuantum, rm);
  const tiny = bitLength(free.q) + freeQuantum - 1n < minExp;
  return { bits, flags: tiny ? UF | NX : NX };
}

function overflow(fmt: Format, sign: Sign, rm: RoundingMode): bigint {
  const toInfinity = rm === RNE || rm === RMM || (rm === RDN && sign === 1n) || (rm === RUP && sign === 0n);
  return toInfinity ? infinity(fmt, sign) : maxFinite(fmt, sign);
}
