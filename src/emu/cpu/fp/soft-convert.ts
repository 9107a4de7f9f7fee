/**
 * Conversions of soft float: to and from integers (saturating, RISC-V chapter F "conversion" table) and between S and
 * D.
 */

import { type Proc, proc } from '../../isa/vocabulary.ts';
import {
  D,
  expOf,
  Flag,
  fracOf,
  isNan,
  isSignalling,
  magnitude,
  normalized,
  Rounding,
  raiseFlags,
  roundPack,
  S,
  type SoftFormat,
  shiftRightJam,
  signed,
  signOf,
} from './soft-format.ts';

interface Target {
  readonly bits: 32 | 64;
  readonly signed: boolean;
}
const range = ({ bits, signed }: Target) => ({
  min: signed ? -(1n << BigInt(bits - 1)) : 0n,
  max: (1n << BigInt(signed ? bits - 1 : bits)) - 1n,
});

/** Params (rm, a). The result has exactly the target's bits, zeros above: the caller sign-extends for the register. */
export function toIntProc(fmt: SoftFormat, name: string, target: Target): Proc {
  const { min, max } = range(target);
  return proc(`${name}${fmt.name}`, ['rm', 'a'], (s, rm, a) => {
    const register = (n: bigint) => s.lit(BigInt.asUintN(target.bits, n));
    const saturate = (n: bigint) => {
      raiseFlags(s, Flag.NV);
      s.ret(register(n));
    };
    s.if(isNan(s, fmt, a), () => saturate(max));
    const negative = s.letCond(s.ne(signOf(s, fmt, a), s.lit(0)));
    const exp = s.let(expOf(s, fmt, a));
    s.if(s.geu(exp, s.lit(fmt.bias + 64)), () => {
      s.if(negative, () => saturate(min));
      saturate(max);
    });
    const implicit = s.sll(s.bool(s.ne(exp, s.lit(0))), s.lit(fmt.fracBits));
    const sig = s.let(s.or(fracOf(s, fmt, a), implicit));
    const power = s.let(s.sub(s.select(s.eq(exp, s.lit(0)), s.lit(1), exp), s.lit(fmt.bias + fmt.fracBits)));
    const whole = s.cell(s.lit(0));
    // What lies below the integer part, two bits: half, and anything less (jammed).
    const rest = s.cell(s.lit(0));
    s.if(
      s.ge(power, s.lit(0)),
      () => whole.set(s.sll(sig, power)),
      () => {
        const quarters = s.let(shiftRightJam(s, s.sll(sig, s.lit(2)), s.sub(s.lit(0), power)));
        whole.set(s.srl(quarters, s.lit(2)));
        rest.set(s.and(quarters, s.lit(3)));
      },
    );
    const lost = s.let(rest.get());
    const inexact = s.letCond(s.ne(lost, s.lit(0)));
    const up = s.cell(s.lit(0));
    const round = (c: ReturnType<typeof s.eq>) => up.set(s.bool(c));
    s.match(
      rm,
      [
        [
          [Rounding.RNE],
          () =>
            round(
              s.either(
                s.eq(lost, s.lit(3)),
                s.both(s.eq(lost, s.lit(2)), s.ne(s.and(whole.get(), s.lit(1)), s.lit(0))),
              ),
            ),
        ],
        [[Rounding.RDN], () => round(s.both(inexact, negative))],
        [[Rounding.RUP], () => round(s.both(inexact, s.not(negative)))],
        [[Rounding.RMM], () => round(s.geu(lost, s.lit(2)))],
      ],
      () => {},
    );
    // No carry out of 64 bits: below the top binade the sum stays small, and in it nothing is lost.
    const rounded = s.let(s.add(whole.get(), up.get()));
    const limit = s.select(negative, s.lit(-min), s.lit(max));
    s.if(s.ltu(limit, rounded), () => {
      s.if(negative, () => saturate(min));
      saturate(max);
    });
    s.if(inexact, () => raiseFlags(s, Flag.NX));
    const value = s.let(s.select(negative, s.sub(s.lit(0), rounded), rounded));
    return target.bits === 32 ? s.zext(32, value) : value;
  });
}

/** Params (rm, v): v is a register; the source's width and signedness say how it is read. */
export function fromIntProc(fmt: SoftFormat, name: string, source: Target): Proc {
  return proc(`${name}${fmt.name}`, ['rm', 'v'], (s, rm, v) => {
    const value = s.let(source.bits === 64 ? v : source.signed ? s.sext(32, v) : s.zext(32, v));
    s.if(s.eq(value, s.lit(0)), () => s.ret(s.lit(0)));
    const sign = s.let(source.signed ? s.bool(s.lt(value, s.lit(0))) : s.lit(0));
    const size = s.let(s.select(s.ne(sign, s.lit(0)), s.sub(s.lit(0), value), value));
    const shift = s.let(s.clz(size));
    const top = s.let(s.sll(size, shift));
    const sig = s.or(s.srl(top, s.lit(1)), s.and(top, s.lit(1)));
    return s.call(roundPack(fmt), rm, sign, s.sub(s.lit(fmt.bias + 63), shift), sig);
  });
}

/** FCVT.D.S from S, FCVT.S.D from D. Params (rm, a). */
export function toOtherProc(from: SoftFormat): Proc {
  const to = from === S ? D : S;
  return proc(`toOther${from.name}`, ['rm', 'a'], (s, rm, a) => {
    s.if(isNan(s, from, a), () => {
      s.if(isSignalling(s, from, a), () => raiseFlags(s, Flag.NV));
      s.ret(s.lit(to.nan));
    });
    const sign = s.let(signOf(s, from, a));
    const mag = s.let(magnitude(s, from, a));
    s.if(s.eq(mag, s.lit(0)), () => s.ret(signed(s, to, sign)));
    s.if(s.eq(mag, s.lit(from.inf)), () => s.ret(s.or(signed(s, to, sign), s.lit(to.inf))));
    const A = normalized(s, from, a);
    return s.call(roundPack(to), rm, sign, s.add(A.exp, s.lit(to.bias - from.bias)), A.sig);
  });
}
