/**
 * Fused multiply-add of soft float: the product is kept whole, 128 bits, and added before the one rounding.
 * No right shift below can lose a bit of an operand whose leading bits could cancel: the product has 20 zero low bits
 * and the addend 73.
 */

import { type Binding, type Proc, proc, type Semantics } from '../../isa/vocabulary.ts';
import { zeroSign } from './soft-add.ts';
import {
  magnitude,
  normalized,
  returnInvalid,
  returnNan,
  roundPack,
  type SoftFormat,
  signed,
  signOf,
} from './soft-format.ts';

interface Wide<V> {
  readonly hi: V;
  readonly lo: V;
}

/** 128-bit shift right by `n` (unsigned, any size), what is lost or-ed into bit 0. */
function wideShiftRightJam<B extends Binding>(s: Semantics<B>, a: Wide<B['value']>, n: B['value']): Wide<B['value']> {
  const hi = s.cell(a.hi);
  const lo = s.cell(a.lo);
  const zero = s.lit(0);
  s.if(
    s.geu(n, s.lit(128)),
    () => {
      lo.set(s.bool(s.ne(s.or(a.hi, a.lo), zero)));
      hi.set(zero);
    },
    () =>
      s.if(
        s.geu(n, s.lit(64)),
        () => {
          const left = s.let(s.and(s.sub(zero, n), s.lit(63)));
          const lostHigh = s.both(s.ne(left, zero), s.ne(s.sll(a.hi, left), zero));
          lo.set(s.or(s.srl(a.hi, s.and(n, s.lit(63))), s.bool(s.either(s.ne(a.lo, zero), lostHigh))));
          hi.set(zero);
        },
        () =>
          s.if(s.ne(n, zero), () => {
            const left = s.let(s.sub(s.lit(64), n));
            const lost = s.bool(s.ne(s.sll(a.lo, left), zero));
            lo.set(s.or(s.or(s.sll(a.hi, left), s.srl(a.lo, n)), lost));
            hi.set(s.srl(a.hi, n));
          }),
      ),
  );
  return { hi: s.let(hi.get()), lo: s.let(lo.get()) };
}

/** Params (rm, a, b, c): a * b + c. */
export function fmaProc(fmt: SoftFormat): Proc {
  return proc(`fma${fmt.name}`, ['rm', 'a', 'b', 'c'], (s, rm, a, b, c) => {
    const inf = s.lit(fmt.inf);
    const zero = s.lit(0);
    const magA = s.let(magnitude(s, fmt, a));
    const magB = s.let(magnitude(s, fmt, b));
    const magC = s.let(magnitude(s, fmt, c));
    const signP = s.let(s.xor(signOf(s, fmt, a), signOf(s, fmt, b)));
    const signC = s.let(signOf(s, fmt, c));
    const infinite = s.letCond(s.either(s.eq(magA, inf), s.eq(magB, inf)));
    const productZero = s.letCond(s.either(s.eq(magA, zero), s.eq(magB, zero)));
    // Infinity times zero is invalid even when the addend is a quiet NaN.
    s.if(s.both(infinite, productZero), () => returnInvalid(s, fmt));
    returnNan(s, fmt, a, b, c);
    s.if(infinite, () => {
      s.if(s.both(s.eq(magC, inf), s.ne(signP, signC)), () => returnInvalid(s, fmt));
      s.ret(s.or(signed(s, fmt, signP), inf));
    });
    s.if(s.eq(magC, inf), () => s.ret(c));
    s.if(productZero, () => {
      s.if(s.ne(magC, zero), () => s.ret(c));
      s.ret(signed(s, fmt, zeroSign(s, rm, signP, signC)));
    });
    const A = normalized(s, fmt, a);
    const B = normalized(s, fmt, b);
    const exp = s.cell(s.sub(s.add(A.exp, B.exp), s.lit(fmt.bias - 1)));
    const sign = s.cell(signP);
    const hi = s.cell(s.mulhu(A.sig, B.sig));
    const lo = s.cell(s.mul(A.sig, B.sig));
    s.if(s.ne(magC, zero), () => {
      const C = normalized(s, fmt, c);
      const expP = s.let(exp.get());
      const productFirst = s.letCond(s.ge(expP, C.exp));
      // Leading ones: product at bit 124 or 125, addend at bit 125; the one of smaller exponent is shifted down.
      const highC = s.let(s.srl(C.sig, s.lit(1)));
      const lowC = s.let(s.sll(C.sig, s.lit(63)));
      const p = { hi: s.let(hi.get()), lo: s.let(lo.get()) };
      const base = { hi: s.let(s.select(productFirst, p.hi, highC)), lo: s.let(s.select(productFirst, p.lo, lowC)) };
      const other = { hi: s.let(s.select(productFirst, highC, p.hi)), lo: s.let(s.select(productFirst, lowC, p.lo)) };
      const distance = s.let(s.select(productFirst, s.sub(expP, C.exp), s.sub(C.exp, expP)));
      const moved = wideShiftRightJam(s, other, distance);
      const signBase = s.let(s.select(productFirst, signP, signC));
      exp.set(s.select(productFirst, expP, C.exp));
      sign.set(signBase);
      s.if(
        s.eq(signP, signC),
        () => {
          const low = s.let(s.add(base.lo, moved.lo));
          lo.set(low);
          hi.set(s.add(s.add(base.hi, moved.hi), s.bool(s.ltu(low, base.lo))));
        },
        () => {
          lo.set(s.sub(base.lo, moved.lo));
          hi.set(s.sub(s.sub(base.hi, moved.hi), s.bool(s.ltu(base.lo, moved.lo))));
          s.if(s.lt(hi.get(), zero), () => {
            const negated = s.let(s.sub(zero, lo.get()));
            hi.set(s.sub(s.sub(zero, hi.get()), s.bool(s.ne(negated, zero))));
            lo.set(negated);
            sign.set(s.xor(signBase, s.lit(1)));
          });
        },
      );
      s.if(s.eq(s.or(hi.get(), lo.get()), zero), () => s.ret(signed(s, fmt, zeroSign(s, rm, signP, signC))));
    });
    // Bring the leading one to bit 126 of 128: bit 62 of the high word, the low word jammed into it.
    s.if(s.eq(hi.get(), zero), () => {
      hi.set(s.srl(lo.get(), s.lit(1)));
      lo.set(s.sll(lo.get(), s.lit(63)));
      exp.set(s.sub(exp.get(), s.lit(63)));
    });
    s.if(s.eq(hi.get(), zero), () => {
      hi.set(s.lit(1n << 62n));
      lo.set(zero);
      exp.set(s.sub(exp.get(), s.lit(63)));
    });
    const shift = s.let(s.sub(s.clz(hi.get()), s.lit(1)));
    const spill = s.srl(s.srl(lo.get(), s.lit(1)), s.sub(s.lit(63), shift));
    const sig = s.let(s.or(s.sll(hi.get(), shift), spill));
    const jam = s.bool(s.ne(s.sll(lo.get(), shift), zero));
    return s.call(roundPack(fmt), rm, sign.get(), s.sub(s.add(exp.get(), s.lit(1)), shift), s.or(sig, jam));
  });
}
