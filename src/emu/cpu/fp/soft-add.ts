/** Addition and subtraction of soft float (soft-format.ts). */

import { type Binding, type Proc, proc, type Semantics } from '../../isa/vocabulary.ts';
import {
  expOf,
  fracOf,
  magnitude,
  Rounding,
  returnInvalid,
  returnNan,
  roundPack,
  type SoftFormat,
  shiftRightJam,
  signed,
  signOf,
} from './soft-format.ts';

/** Exponent (1 for zero and subnormal) and significand with the implicit bit at bit 61, not normalized. */
function aligned<B extends Binding>(s: Semantics<B>, fmt: SoftFormat, a: B['value']) {
  const field = s.let(expOf(s, fmt, a));
  const implicit = s.sll(s.bool(s.ne(field, s.lit(0))), s.lit(fmt.fracBits));
  return {
    exp: s.let(s.select(s.eq(field, s.lit(0)), s.lit(1), field)),
    sig: s.let(s.sll(s.or(fracOf(s, fmt, a), implicit), s.lit(61 - fmt.fracBits))),
  };
}

/** The sign of a sum that is exactly zero: that of both operands, else by rounding mode. */
export const zeroSign = <B extends Binding>(
  s: Semantics<B>,
  rm: B['value'],
  signA: B['value'],
  signB: B['value'],
): B['value'] => s.select(s.eq(signA, signB), signA, s.bool(s.eq(rm, s.lit(Rounding.RDN))));

/** Params (rm, a, b): a + b. */
export function addProc(fmt: SoftFormat): Proc {
  return proc(`add${fmt.name}`, ['rm', 'a', 'b'], (s, rm, a, b) => {
    returnNan(s, fmt, a, b);
    const signA = s.let(signOf(s, fmt, a));
    const signB = s.let(signOf(s, fmt, b));
    const infinite = (v: typeof a) => s.eq(magnitude(s, fmt, v), s.lit(fmt.inf));
    s.if(infinite(a), () => {
      s.if(s.both(infinite(b), s.ne(signA, signB)), () => returnInvalid(s, fmt));
      s.ret(a);
    });
    s.if(infinite(b), () => s.ret(b));
    const A = aligned(s, fmt, a);
    const B = aligned(s, fmt, b);
    const larger = s.letCond(s.geu(magnitude(s, fmt, a), magnitude(s, fmt, b)));
    const sign = s.let(s.select(larger, signA, signB));
    const exp = s.let(s.select(larger, A.exp, B.exp));
    const distance = s.let(s.sub(exp, s.select(larger, B.exp, A.exp)));
    const big = s.let(s.select(larger, A.sig, B.sig));
    const small = s.let(s.select(larger, B.sig, A.sig));
    const shifted = s.let(shiftRightJam(s, small, distance));
    const sum = s.let(s.select(s.eq(signA, signB), s.add(big, shifted), s.sub(big, shifted)));
    s.if(s.eq(sum, s.lit(0)), () => s.ret(signed(s, fmt, zeroSign(s, rm, signA, signB))));
    const shift = s.let(s.sub(s.clz(sum), s.lit(1)));
    return s.call(roundPack(fmt), rm, sign, s.sub(s.add(exp, s.lit(1)), shift), s.sll(sum, shift));
  });
}

/** Params (rm, a, b): a - b, which is a + (-b) except that a NaN keeps no sign to flip. */
export function subProc(fmt: SoftFormat, add: Proc): Proc {
  return proc(`sub${fmt.name}`, ['rm', 'a', 'b'], (s, rm, a, b) => s.call(add, rm, a, s.xor(b, s.lit(fmt.signBit))));
}
