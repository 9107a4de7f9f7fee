/**
 * Floating point in compiled code. A local of the region knows how much may be taken for granted, so that an
 * instruction asks once instead of looking at mstatus, frm and fflags:
 *
 *     OFF      mstatus.FS is not Dirty: nothing
 *     DIRTY    FS is Dirty: it need not be looked at, nor set
 *     STEADY   besides, frm is to nearest, and NX is raised already: the host's results are good as they are where
 *              host-float.ts says so
 *
 * Under these assumptions an instruction's body is compiled with the fields' values known; where they do not hold it
 * is compiled as it is.
 */

import type { Semantics } from '../../isa/vocabulary.ts';
import { constant, type I32, type I64, i32Const, i64Const, localGet, select } from '../../wasm/expr.ts';
import { i32, i64 } from '../../wasm/numeric.ts';
import type { WasmBinding } from '../compile/binding.ts';
import { field } from '../compile/hart-state.ts';
import { inlineHostFloat } from '../compile/host-float.ts';
import type { Order } from '../compile/order.ts';

export const FloatState = { off: 0, dirty: 1, steady: 3 } as const;

const FS = 0x6000;
const NX = 1;

/** The state as the fields have it now. */
export function floatState(hart: I32): I32 {
  const isDirty = i64.eq(i64.and(field(hart, 'mstatus'), i64Const(FS)), i64Const(FS));
  const hasNx = i64.ne(i64.and(field(hart, 'fflags'), i64Const(NX)), i64Const(0));
  const isSteady = i32.and(hasNx, i64.eqz(field(hart, 'frm')));
  return select(isDirty, select(isSteady, i32Const(FloatState.steady), i32Const(FloatState.dirty)), i32Const(0));
}

/** The vocabulary where FS is Dirty, and stays so: bodies look at no other part of mstatus. */
export const whereDirty = (s: Semantics<WasmBinding>): Semantics<WasmBinding> => ({
  ...s,
  get: (name) => (name === 'mstatus' ? i64Const(FS) : s.get(name)),
  set: (name, v) => {
    if (name !== 'mstatus') s.set(name, v);
  },
});

/** The vocabulary in the steady state: flags do not change where the host's result is taken. */
export function whereSteady(s: Semantics<WasmBinding>, order: Order): Semantics<WasmBinding> {
  const dirty = whereDirty(s);
  return {
    ...dirty,
    get: (name) => (name === 'frm' || name === 'fflags' ? i64Const(0) : dirty.get(name)),
    fp: (op, format, rm, ...args): I64 => {
      const known = constant(rm);
      const host = inlineHostFloat(order, op, format, known === undefined ? undefined : Number(known), args);
      if (host === undefined) return s.fp(op, format, rm, ...args);
      if (constant(host.ok) === 1) return host.bits;
      const result = order.fn.local('i64');
      order.if(
        host.ok,
        () => order.fn.set(result, host.bits),
        () => order.fn.set(result, s.fp(op, format, rm, ...args)),
        true,
      );
      return localGet(result);
    },
  };
}
