/** Multiplication, division and square root of soft float (soft-format.ts). */

import { type Proc, proc } from '../../isa/vocabulary.ts';
import {
  Flag,
  magnitude,
  normalized,
  raiseFlags,
  returnInvalid,
  returnNan,
  roundPack,
  type SoftFormat,
  signed,
  signOf,
} from './soft-format.ts';

/** Params (rm, a, b): a * b. */
export function mulProc(fmt: SoftFormat): Proc {
  return proc(`mul${fmt.name}`, ['rm', 'a', 'b'], (s, rm, a, b) => {
    returnNan(s, fmt, a, b);
    const sign = s.let(s.xor(signOf(s, fmt, a), signOf(s, fmt, b)));
    const magA = s.let(magnitude(s, fmt, a));
    const magB = s.let(magnitude(s, fmt, b));
    const zero = s.letCond(s.either(s.eq(magA, s.lit(0)), s.eq(magB, s.lit(0))));
    s.if(s.either(s.eq(magA, s.lit(fmt.inf)), s.eq(magB, s.lit(fmt.inf))), () => {
      s.if(zero, () => returnInvalid(s, fmt));
      s.ret(s.or(signed(s, fmt, sign), s.lit(fmt.inf)));
    });
    s.if(zero, () => s.ret(signed(s, fmt, sign)));
    const A = normalized(s, fmt, a);
    const B = normalized(s, fmt, b);
    const wide = s.let(s.sll(B.sig, s.lit(1)));
    // Leading ones at 62 and 63 give a high word with its leading one at 61, or at 62 when the product is 2 or more.
    const high = s.let(s.or(s.mulhu(A.sig, wide), s.bool(s.ne(s.mul(A.sig, wide), s.lit(0)))));
    const shift = s.let(s.sub(s.clz(high), s.lit(1)));
    const exp = s.sub(s.add(A.exp, B.exp), s.lit(fmt.bias - 1));
    return s.call(roundPack(fmt), rm, sign, s.sub(exp, shift), s.sll(high, shift));
  });
}

/** Params (rm, a, b): a / b. */
export function divProc(fmt: SoftFormat): Proc {
  return proc(`div${fmt.name}`, ['rm', 'a', 'b'], (s, rm, a, b) => {
    returnNan(s, fmt, a, b);
    const sign = s.let(s.xor(signOf(s, fmt, a), signOf(s, fmt, b)));
    const magA = s.let(magnitude(s, fmt, a));
    const magB = s.let(magnitude(s, fmt, b));
    const inf = s.lit(fmt.inf);
    s.if(s.eq(magA, inf), () => {
      s.if(s.eq(magB, inf), () => returnInvalid(s, fmt));
      s.ret(s.or(signed(s, fmt, sign), inf));
    });
    s.if(s.eq(magB, inf), () => s.ret(signed(s, fmt, sign)));
    s.if(s.eq(magB, s.lit(0)), () => {
      s.if(s.eq(magA, s.lit(0)), () => returnInvalid(s, fmt));
      raiseFlags(s, Flag.DZ);
      s.ret(s.or(signed(s, fmt, sign), inf));
    });
    s.if(s.eq(magA, s.lit(0)), () => s.ret(signed(s, fmt, sign)));
    const A = normalized(s, fmt, a);
    const B = normalized(s, fmt, b);
    // Significands of 53 bits (leading one at bit 52): quotient bit 0, then 5 digits of 11 bits, each of a remainder
    // below 2^53.
    const divisor = s.let(s.srl(B.sig, s.lit(10)));
    const rest = s.cell(s.srl(A.sig, s.lit(10)));
    const quotient = s.cell(s.lit(0));
    const digit = () => {
      const d = s.let(s.divu(rest.get(), divisor));
      rest.set(s.sub(rest.get(), s.mul(d, divisor)));
      quotient.set(s.or(s.sll(quotient.get(), s.lit(11)), d));
    };
    digit();
    for (let i = 0; i < 5; i++) {
      rest.set(s.sll(rest.get(), s.lit(11)));
      digit();
    }
    // Leading one at bit 55 (a's significand not below b's) or 54.
    const sig = s.let(s.or(s.sll(quotient.get(), s.lit(1)), s.bool(s.ne(rest.get(), s.lit(0)))));
    const shift = s.let(s.sub(s.clz(sig), s.lit(1)));
    const exp = s.sub(s.add(s.sub(A.exp, B.exp), s.lit(fmt.bias + 6)), shift);
    return s.call(roundPack(fmt), rm, sign, exp, s.sll(sig, shift));
  });
}

/** Params (rm, a): square root of a. */
export function sqrtProc(fmt: SoftFormat): Proc {
  return proc(`sqrt${fmt.name}`, ['rm', 'a'], (s, rm, a) => {
    returnNan(s, fmt, a);
    s.if(s.eq(magnitude(s, fmt, a), s.lit(0)), () => s.ret(a));
    s.if(s.ne(signOf(s, fmt, a), s.lit(0)), () => returnInvalid(s, fmt));
    s.if(s.eq(a, s.lit(fmt.inf)), () => s.ret(a));
    const A = normalized(s, fmt, a);
    const power = s.let(s.sub(A.exp, s.lit(fmt.bias)));
    // x in [1, 4) with 55 fraction bits and an even power; the root comes bit by bit, bit 55 first, the remainder
    // doubling.
    const x = s.cell(s.sll(s.srl(A.sig, s.lit(7)), s.and(power, s.lit(1))));
    const root = s.cell(s.lit(0));
    const twice = s.cell(s.lit(0));
    const bit = s.cell(s.lit(1n << 55n));
    s.while(
      () => s.ne(bit.get(), s.lit(0)),
      () => {
        const trial = s.let(s.add(twice.get(), bit.get()));
        s.if(s.geu(x.get(), trial), () => {
          twice.set(s.add(trial, bit.get()));
          x.set(s.sub(x.get(), trial));
          root.set(s.or(root.get(), bit.get()));
        });
        x.set(s.sll(x.get(), s.lit(1)));
        bit.set(s.srl(bit.get(), s.lit(1)));
      },
    );
    const sig = s.or(s.sll(root.get(), s.lit(7)), s.bool(s.ne(x.get(), s.lit(0))));
    return s.call(roundPack(fmt), rm, s.lit(0), s.add(s.sra(power, s.lit(1)), s.lit(fmt.bias)), sig);
  });
}
