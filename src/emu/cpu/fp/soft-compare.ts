/**
 * Comparison, minimum and maximum, classification of soft float. Nothing here rounds. Params (rm, a, b); rm is not
 * used.
 */

import { type Binding, type Proc, proc, type Semantics } from '../../isa/vocabulary.ts';
import {
  expOf,
  Flag,
  fracOf,
  isNan,
  isSignalling,
  magnitude,
  raiseFlags,
  type SoftFormat,
  signOf,
} from './soft-format.ts';

const bothZero = <B extends Binding>(s: Semantics<B>, fmt: SoftFormat, a: B['value'], b: B['value']): B['cond'] =>
  s.eq(magnitude(s, fmt, s.or(a, b)), s.lit(0));

/** a < b as numbers with -0 < +0; neither is NaN. */
function below<B extends Binding>(s: Semantics<B>, fmt: SoftFormat, a: B['value'], b: B['value']): B['cond'] {
  const signA = s.let(signOf(s, fmt, a));
  const signB = s.let(signOf(s, fmt, b));
  const byMagnitude = s.xor(s.bool(s.ltu(a, b)), s.and(signA, s.bool(s.ne(a, b))));
  return s.ne(s.select(s.eq(signA, signB), byMagnitude, signA), s.lit(0));
}

export function eqProc(fmt: SoftFormat): Proc {
  return proc(`eq${fmt.name}`, ['rm', 'a', 'b'], (s, _rm, a, b) => {
    s.if(s.either(isNan(s, fmt, a), isNan(s, fmt, b)), () => {
      s.if(s.either(isSignalling(s, fmt, a), isSignalling(s, fmt, b)), () => raiseFlags(s, Flag.NV));
      s.ret(s.lit(0));
    });
    return s.bool(s.either(s.eq(a, b), bothZero(s, fmt, a, b)));
  });
}

/** flt and fle signal on quiet NaNs too. */
export function orderProc(fmt: SoftFormat, name: 'lt' | 'le'): Proc {
  return proc(`${name}${fmt.name}`, ['rm', 'a', 'b'], (s, _rm, a, b) => {
    s.if(s.either(isNan(s, fmt, a), isNan(s, fmt, b)), () => {
      raiseFlags(s, Flag.NV);
      s.ret(s.lit(0));
    });
    const same = s.letCond(s.either(s.eq(a, b), bothZero(s, fmt, a, b)));
    const less = s.letCond(below(s, fmt, a, b));
    return s.bool(name === 'lt' ? s.both(less, s.not(same)) : s.either(less, same));
  });
}

/** IEEE 754-2019 minimumNumber and maximumNumber. */
export function extremeProc(fmt: SoftFormat, name: 'min' | 'max'): Proc {
  return proc(`${name}${fmt.name}`, ['rm', 'a', 'b'], (s, _rm, a, b) => {
    s.if(s.either(isSignalling(s, fmt, a), isSignalling(s, fmt, b)), () => raiseFlags(s, Flag.NV));
    s.if(isNan(s, fmt, a), () => {
      s.if(isNan(s, fmt, b), () => s.ret(s.lit(fmt.nan)));
      s.ret(b);
    });
    s.if(isNan(s, fmt, b), () => s.ret(a));
    const less = s.letCond(below(s, fmt, a, b));
    return name === 'min' ? s.select(less, a, b) : s.select(less, b, a);
  });
}

/** FCLASS: one bit of ten, from negative infinity (0) to quiet NaN (9). Params (rm, a). */
export function classifyProc(fmt: SoftFormat): Proc {
  return proc(`classify${fmt.name}`, ['rm', 'a'], (s, _rm, a) => {
    s.if(isNan(s, fmt, a), () => s.ret(s.select(isSignalling(s, fmt, a), s.lit(1n << 8n), s.lit(1n << 9n))));
    const exp = s.let(expOf(s, fmt, a));
    // Positive classes count up from bit 4 (zero) to 7 (infinity), negative ones down from 3 to 0.
    const rank = s.cell(s.lit(2));
    s.if(s.eq(exp, s.lit(0)), () => rank.set(s.bool(s.ne(fracOf(s, fmt, a), s.lit(0)))));
    s.if(s.eq(exp, s.lit(fmt.maxExp)), () => rank.set(s.lit(3)));
    const negative = s.ne(signOf(s, fmt, a), s.lit(0));
    return s.sll(s.lit(1), s.select(negative, s.sub(s.lit(3), rank.get()), s.add(s.lit(4), rank.get())));
  });
}
