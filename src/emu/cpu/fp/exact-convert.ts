/**
 * Conversions of F and D on exact values: to and from integers, and between formats.
 *
 * Floating-point bits are those of the format (f32: 32 bits, not NaN-boxed); an integer result has exactly `width`
 * bits, and the caller sign-extends it to the register (FCVT.WU too, as RV64 asks).
 * Spec: RISC-V unprivileged manual, F "Single-Precision Floating-Point Conversion and Move Instructions", table of
 * valid inputs.
 */
import {
  canonicalNaN,
  type Format,
  type FpResult,
  infinity,
  NV,
  NX,
  type RoundingMode,
  round,
  roundToQuantum,
  unpack,
  zero,
} from './exact.ts';

/** FCVT.{W,WU,L,LU}: rounds to an integer; outside the range saturates with NV alone. NaN counts as +inf. */
export function toInt(fmt: Format, a: bigint, rm: RoundingMode, width: 32 | 64, signed: boolean): FpResult {
  const bits = BigInt(width);
  const lowest = signed ? -(1n << (bits - 1n)) : 0n;
  const highest = lowest + (1n << bits) - 1n;
  const result = (value: bigint, flags: number): FpResult => ({ bits: BigInt.asUintN(width, value), flags });

  const x = unpack(fmt, a);
  if (x.kind === 'zero') return result(0n, 0);
  if (x.kind === 'nan') return result(highest, NV);
  if (x.kind === 'inf') return result(x.sign === 1n ? lowest : highest, NV);
  const { q, inexact } = roundToQuantum(x, 0n, rm);
  const value = x.sign === 1n ? -q : q;
  if (value < lowest) return result(lowest, NV);
  if (value > highest) return result(highest, NV);
  return result(value, inexact ? NX : 0);
}

/** FCVT from an integer, whose exact value the caller has read with the width and signedness of the instruction. */
export function fromInt(fmt: Format, value: bigint, rm: RoundingMode): FpResult {
  if (value === 0n) return { bits: zero(fmt, 0n), flags: 0 };
  return round(fmt, { sign: value < 0n ? 1n : 0n, sig: value < 0n ? -value : value, exp: 0n }, rm);
}

/** FCVT.S.D and FCVT.D.S. A signalling NaN raises NV. */
export function convert(from: Format, to: Format, a: bigint, rm: RoundingMode): FpResult {
  const x = unpack(from, a);
  if (x.kind === 'nan') return { bits: canonicalNaN(to), flags: x.signalling ? NV : 0 };
  if (x.kind === 'inf') return { bits: infinity(to, x.sign), flags: 0 };
  if (x.kind === 'zero') return { bits: zero(to, x.sign), flags: 0 };
  return round(to, x, rm);
}
