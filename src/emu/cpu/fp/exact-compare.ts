/**
 * Comparisons, minimum, maximum and classification of F and D on exact values. Nothing here rounds.
 *
 * Operands are the bits of `fmt` (f32: 32 bits, not NaN-boxed). eq, lt, le and classify give an integer register's
 * bits. Spec: RISC-V unprivileged manual, F "Single-Precision Floating-Point Compare Instructions", "Classify",
 * FMIN/FMAX.
 */
import {
  canonicalNaN,
  type Format,
  type FpResult,
  isSignalling,
  minQuantum,
  type NotNaN,
  NV,
  type Unpacked,
  unpack,
} from './exact.ts';

const truth = (holds: boolean): FpResult => ({ bits: holds ? 1n : 0n, flags: 0 });

/** FEQ: a quiet comparison; NV only for a signalling NaN. */
export function eq(fmt: Format, a: bigint, b: bigint): FpResult {
  const x = unpack(fmt, a);
  const y = unpack(fmt, b);
  if (x.kind === 'nan' || y.kind === 'nan') return { bits: 0n, flags: isSignalling(x) || isSignalling(y) ? NV : 0 };
  return truth(order(fmt, x) === order(fmt, y));
}

/** FLT: a signalling comparison; NV for any NaN. */
export function lt(fmt: Format, a: bigint, b: bigint): FpResult {
  const x = unpack(fmt, a);
  const y = unpack(fmt, b);
  if (x.kind === 'nan' || y.kind === 'nan') return { bits: 0n, flags: NV };
  return truth(order(fmt, x) < order(fmt, y));
}

/** FLE: a signalling comparison; NV for any NaN. */
export function le(fmt: Format, a: bigint, b: bigint): FpResult {
  const x = unpack(fmt, a);
  const y = unpack(fmt, b);
  if (x.kind === 'nan' || y.kind === 'nan') return { bits: 0n, flags: NV };
  return truth(order(fmt, x) <= order(fmt, y));
}

/** FMIN: IEEE 754-2019 minimumNumber, with -0 below +0. */
export const min = (fmt: Format, a: bigint, b: bigint): FpResult => pick(fmt, a, b, (x, y) => x < y);

/** FMAX: IEEE 754-2019 maximumNumber, with -0 below +0. */
export const max = (fmt: Format, a: bigint, b: bigint): FpResult => pick(fmt, a, b, (x, y) => x > y);

/** FCLASS: one bit of ten, 0 -inf to 7 +inf, 8 signalling NaN, 9 quiet NaN. */
export function classify(fmt: Format, a: bigint): FpResult {
  return { bits: 1n << classBit(fmt, unpack(fmt, a)), flags: 0 };
}

function classBit(fmt: Format, x: Unpacked): bigint {
  if (x.kind === 'nan') return x.signalling ? 8n : 9n;
  const rank = x.kind === 'zero' ? 0n : x.kind === 'inf' ? 3n : x.sig >> fmt.fracBits === 0n ? 1n : 2n;
  return x.sign === 1n ? 3n - rank : 4n + rank;
}

/** One NaN gives the other operand, two the canonical NaN. */
function pick(fmt: Format, a: bigint, b: bigint, before: (x: bigint, y: bigint) => boolean): FpResult {
  const x = unpack(fmt, a);
  const y = unpack(fmt, b);
  const flags = isSignalling(x) || isSignalling(y) ? NV : 0;
  if (x.kind === 'nan' && y.kind === 'nan') return { bits: canonicalNaN(fmt), flags };
  if (x.kind === 'nan') return { bits: b, flags };
  if (y.kind === 'nan') return { bits: a, flags };
  // Equal values differ at most in the sign of zero, which decides then.
  const [ox, oy] = order(fmt, x) === order(fmt, y) ? [-x.sign, -y.sign] : [order(fmt, x), order(fmt, y)];
  return { bits: before(ox, oy) ? a : b, flags };
}

/**
 * An integer that orders the non-NaN values of `fmt`: the value in units of the smallest subnormal, infinity above all.
 */
function order(fmt: Format, x: NotNaN): bigint {
  if (x.kind === 'zero') return 0n;
  const magnitude = x.kind === 'inf' ? 1n << (2n << fmt.expBits) : x.sig << (x.exp - minQuantum(fmt));
  return x.sign === 1n ? -magnitude : magnitude;
}
