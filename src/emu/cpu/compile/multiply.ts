/** High products by 32-bit partial products, and division with the M extension's results instead of wasm's traps. */

import type { Semantics } from '../../isa/vocabulary.ts';
import { type I64, i64Const, localGet } from '../../wasm/expr.ts';
import { i64 } from '../../wasm/numeric.ts';
import type { WasmBinding } from './binding.ts';
import type { Order } from './order.ts';

type Words = 'mulh' | 'mulhsu' | 'mulhu' | 'div' | 'divu' | 'rem' | 'remu';

const low = (a: I64): I64 => i64.and(a, i64Const(0xffff_ffffn));
const high = (a: I64): I64 => i64.shr_u(a, i64Const(32));
/** `b` when `a` is negative, else 0. */
const ifNegative = (a: I64, b: I64): I64 => i64.and(i64.shr_s(a, i64Const(63)), b);

export function multiply(order: Order): Pick<Semantics<WasmBinding>, Words> {
  const { fn } = order;
  const keep = (v: I64): I64 => order.keep(v);

  /** Operands sit in locals. (a1 2^32 + a0)(b1 2^32 + b0), summed so that no partial sum overflows. */
  const highProduct = (a: I64, b: I64): I64 => {
    const [a0, a1, b0, b1] = [keep(low(a)), keep(high(a)), keep(low(b)), keep(high(b))];
    const middle = keep(i64.add(i64.mul(a1, b0), high(i64.mul(a0, b0))));
    const cross = i64.add(low(middle), i64.mul(a0, b1));
    return i64.add(i64.add(i64.mul(a1, b1), high(middle)), high(cross));
  };

  /** `special` when `b` is zero, else `quotient`, which would trap there. Operands sit in locals. */
  const unlessZero = (b: I64, special: I64, quotient: () => I64): I64 => {
    const result = fn.local('i64');
    fn.if(
      i64.eqz(b),
      () => fn.set(result, special),
      () => fn.set(result, quotient()),
    );
    return localGet(result);
  };

  /** INT64_MIN / -1 traps in wasm; a / -1 is 0 - a in every case. */
  const divide = (a: I64, b: I64): I64 => {
    const result = fn.local('i64');
    fn.if(
      i64.eq(b, i64Const(-1)),
      () => fn.set(result, i64.sub(i64Const(0), a)),
      () => fn.set(result, i64.div_s(a, b)),
    );
    return localGet(result);
  };

  const kept =
    (f: (a: I64, b: I64) => I64) =>
    (a: I64, b: I64): I64 => {
      const [first, second] = [keep(a), keep(b)];
      order.settleAll();
      return keep(f(first, second));
    };
  return {
    mulhu: kept(highProduct),
    mulhsu: kept((a, b) => i64.sub(highProduct(a, b), ifNegative(a, b))),
    mulh: kept((a, b) => i64.sub(i64.sub(highProduct(a, b), ifNegative(a, b)), ifNegative(b, a))),
    div: kept((a, b) => unlessZero(b, i64Const(-1), () => divide(a, b))),
    divu: kept((a, b) => unlessZero(b, i64Const(-1), () => i64.div_u(a, b))),
    rem: kept((a, b) => unlessZero(b, a, () => i64.rem_s(a, b))),
    remu: kept((a, b) => unlessZero(b, a, () => i64.rem_u(a, b))),
  };
}
