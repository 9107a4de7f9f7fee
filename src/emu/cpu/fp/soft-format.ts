/**
 * Soft float in the vocabulary: formats, unpacking, and the one rounding function.
 *
 * The algorithms work on a sign (0 or 1), a biased exponent (signed 64-bit) and a significand whose leading one stands
 * at bit 62, low bits jammed (or-ed into bit 0) where they were lost. They use 64-bit integers only, so that they mean
 * the same in every binding; exact.ts is the independent statement of the same operations, in BigInt, that tests hold
 * them against. IEEE 754-2019; RISC-V unprivileged manual, chapters F and D: canonical NaN, tininess detected after
 * rounding.
 */

import { type Binding, type FpFormat, type Proc, proc, type Semantics } from '../../isa/vocabulary.ts';

export interface SoftFormat {
  readonly name: FpFormat;
  readonly fracBits: number;
  readonly bias: number;
  /** All ones in the exponent field. */
  readonly maxExp: number;
  readonly nan: bigint;
  readonly inf: bigint;
  readonly signBit: bigint;
}
const make = (name: FpFormat, fracBits: number, expBits: number): SoftFormat => {
  const maxExp = 2 ** expBits - 1;
  const inf = BigInt(maxExp) << BigInt(fracBits);
  const signBit = 1n << BigInt(fracBits + expBits);
  return {
    name,
    fracBits,
    bias: 2 ** (expBits - 1) - 1,
    maxExp,
    inf,
    nan: inf | (1n << BigInt(fracBits - 1)),
    signBit,
  };
};
export const S = make('S', 23, 8);
export const D = make('D', 52, 11);

export const Flag = { NX: 1n, UF: 2n, OF: 4n, DZ: 8n, NV: 16n } as const;
export const Rounding = { RNE: 0n, RTZ: 1n, RDN: 2n, RUP: 3n, RMM: 4n } as const;

export function raiseFlags<B extends Binding>(s: Semantics<B>, flags: bigint): void {
  s.set('fflags', s.or(s.get('fflags'), s.lit(flags)));
}

export const signOf = <B extends Binding>(s: Semantics<B>, fmt: SoftFormat, a: B['value']): B['value'] =>
  s.and(s.srl(a, s.lit(fmt.name === 'S' ? 31 : 63)), s.lit(1));
export const expOf = <B extends Binding>(s: Semantics<B>, fmt: SoftFormat, a: B['value']): B['value'] =>
  s.and(s.srl(a, s.lit(fmt.fracBits)), s.lit(fmt.maxExp));
export const fracOf = <B extends Binding>(s: Semantics<B>, fmt: SoftFormat, a: B['value']): B['value'] =>
  s.and(a, s.lit((1n << BigInt(fmt.fracBits)) - 1n));
/** The value without its sign bit: orders magnitudes, and is above `inf` for NaN. */
export const magnitude = <B extends Binding>(s: Semantics<B>, fmt: SoftFormat, a: B['value']): B['value'] =>
  s.and(a, s.lit(fmt.signBit - 1n));
export const isNan = <B extends Binding>(s: Semantics<B>, fmt: SoftFormat, a: B['value']): B['cond'] =>
  s.ltu(s.lit(fmt.inf), magnitude(s, fmt, a));
const quietBit = (fmt: SoftFormat): bigint => 1n << BigInt(fmt.fracBits - 1);
export const isSignalling = <B extends Binding>(s: Semantics<B>, fmt: SoftFormat, a: B['value']): B['cond'] =>
  s.both(isNan(s, fmt, a), s.eq(s.and(a, s.lit(quietBit(fmt))), s.lit(0)));
/** `sign` (0 or 1) moved to the format's sign bit. */
export const signed = <B extends Binding>(s: Semantics<B>, fmt: SoftFormat, sign: B['value']): B['value'] =>
  s.sll(sign, s.lit(fmt.name === 'S' ? 31 : 63));

/** If any operand is NaN: raises NV when one is signalling and ends the procedure with the canonical NaN. */
export function returnNan<B extends Binding>(s: Semantics<B>, fmt: SoftFormat, ...operands: B['value'][]): void {
  const any = (test: typeof isNan): B['cond'] => operands.map((a) => test(s, fmt, a)).reduce((p, q) => s.either(p, q));
  s.if(any(isNan), () => {
    s.if(any(isSignalling), () => raiseFlags(s, Flag.NV));
    s.ret(s.lit(fmt.nan));
  });
}
export function returnInvalid<B extends Binding>(s: Semantics<B>, fmt: SoftFormat): void {
  raiseFlags(s, Flag.NV);
  s.ret(s.lit(fmt.nan));
}

/**
 * A finite non-zero operand: biased exponent (below 1 when subnormal) and significand with its leading one at bit 62.
 */
export function normalized<B extends Binding>(
  s: Semantics<B>,
  fmt: SoftFormat,
  a: B['value'],
): { exp: B['value']; sig: B['value'] } {
  const field = s.let(expOf(s, fmt, a));
  const exp = s.cell(field);
  const sig = s.cell(s.or(fracOf(s, fmt, a), s.lit(1n << BigInt(fmt.fracBits))));
  s.if(s.eq(field, s.lit(0)), () => {
    const frac = s.let(fracOf(s, fmt, a));
    const shift = s.let(s.sub(s.clz(frac), s.lit(63 - fmt.fracBits)));
    sig.set(s.sll(frac, shift));
    exp.set(s.sub(s.lit(1), shift));
  });
  return { exp: s.let(exp.get()), sig: s.let(s.sll(sig.get(), s.lit(62 - fmt.fracBits))) };
}

/**
 * `a` shifted right by `n` (unsigned, any size), with what is lost or-ed into bit 0. `a` and `n` are used more than
 * once.
 */
export function shiftRightJam<B extends Binding>(s: Semantics<B>, a: B['value'], n: B['value']): B['value'] {
  const lost = s.ne(s.sll(a, s.and(s.sub(s.lit(0), n), s.lit(63))), s.lit(0));
  const near = s.or(s.srl(a, n), s.bool(s.both(s.ne(n, s.lit(0)), lost)));
  return s.select(s.ltu(n, s.lit(64)), near, s.bool(s.ne(a, s.lit(0))));
}

function roundPackProc(fmt: SoftFormat): Proc {
  const roundBits = BigInt(62 - fmt.fracBits);
  const mask = (1n << roundBits) - 1n;
  const half = 1n << (roundBits - 1n);
  return proc(`roundPack${fmt.name}`, ['rm', 'sign', 'exp', 'sig0'], (s, rm, sign, exp0, sig0) => {
    const exp = s.cell(exp0);
    const sig = s.cell(sig0);
    const increment = s.cell(s.lit(half));
    s.match(
      rm,
      [
        [[Rounding.RTZ], () => increment.set(s.lit(0))],
        [[Rounding.RDN], () => increment.set(s.select(s.ne(sign, s.lit(0)), s.lit(mask), s.lit(0)))],
        [[Rounding.RUP], () => increment.set(s.select(s.ne(sign, s.lit(0)), s.lit(0), s.lit(mask)))],
      ],
      () => {},
    );
    const carries = s.letCond(s.lt(s.add(sig0, increment.get()), s.lit(0)));
    s.if(
      s.lt(exp0, s.lit(1)),
      () => {
        const tiny = s.letCond(s.either(s.lt(exp0, s.lit(0)), s.not(carries)));
        const shift = s.let(s.sub(s.lit(1), exp0));
        sig.set(shiftRightJam(s, sig0, shift));
        exp.set(s.lit(1));
        s.if(s.both(tiny, s.ne(s.and(sig.get(), s.lit(mask)), s.lit(0))), () => raiseFlags(s, Flag.UF));
      },
      () => {
        const last = s.lit(fmt.maxExp - 1);
        s.if(s.either(s.lt(last, exp0), s.both(s.eq(exp0, last), carries)), () => {
          raiseFlags(s, Flag.OF | Flag.NX);
          const infinite = s.sub(s.lit(fmt.inf), s.bool(s.eq(increment.get(), s.lit(0))));
          s.ret(s.or(signed(s, fmt, sign), infinite));
        });
      },
    );
    const lost = s.let(s.and(sig.get(), s.lit(mask)));
    s.if(s.ne(lost, s.lit(0)), () => raiseFlags(s, Flag.NX));
    sig.set(s.srl(s.add(sig.get(), increment.get()), s.lit(roundBits)));
    s.if(s.both(s.eq(rm, s.lit(Rounding.RNE)), s.eq(lost, s.lit(half))), () => sig.set(s.and(sig.get(), s.lit(-2n))));
    // The significand's leading one adds one to the exponent field, which is why the field gets exp - 1.
    const field = s.sll(s.sub(exp.get(), s.lit(1)), s.lit(fmt.fracBits));
    return s.or(signed(s, fmt, sign), s.add(field, sig.get()));
  });
}
const roundPackS = roundPackProc(S);
const roundPackD = roundPackProc(D);
/**
 * Rounds sign * sig / 2^62 * 2^(exp - bias) to the format and raises OF, UF and NX. Params (rm, sign, exp, sig):
 * leading one of `sig` at bit 62, so sig is never zero.
 */
export const roundPack = (fmt: SoftFormat): Proc => (fmt.name === 'S' ? roundPackS : roundPackD);
