/**
 * The ends of a region's function that do not depend on its blocks: what it does when an instruction could not be made
 * to its end, when its steps are used up, and the question whether its code is still what the guest has there.
 */

import { type I32, type I64, i32Const, i64Const, type Local, load, localGet } from '../../wasm/expr.ts';
import type { FunctionBuilder } from '../../wasm/function.ts';
import { i32, i64 } from '../../wasm/numeric.ts';
import { field, flag } from '../compile/hart-state.ts';
import { FAST_ENTRY, fastTlbOffset, fieldOffset, TLB_ENTRIES } from '../hart-layout.ts';
import { PAGE_SHIFT } from '../memory-layout.ts';
import { Trapped } from '../priv/alerts.ts';
import { INTERPRET, LOOK } from './region-type.ts';

const FETCH = fastTlbOffset('fetch');

/**
 * A trap was entered, which is a step, or the instruction was not begun. The fields pc and tick are up to date;
 * `store` puts the registers back.
 */
export function leaveInterrupted(fn: FunctionBuilder, hart: I32, left: Local<'i64'>, store: () => void): void {
  const trapped = fn.keep(flag(hart, 'trapped'));
  fn.store('i64.store', hart, i64Const(0), fieldOffset('trapped'));
  store();
  const isTrap = i32.eq(trapped, i32Const(Number(Trapped.trap)));
  fn.if(isTrap, () => {
    fn.store('i64.store', hart, i64.add(field(hart, 'tick'), i64Const(1)), fieldOffset('tick'));
    fn.return(localGet(left), i64Const(LOOK));
  });
  fn.return(localGet(left), i64Const(INTERPRET));
}

/** The steps granted end inside the region, before the one at `pc`. */
export function leaveStopped(fn: FunctionBuilder, hart: I32, left: Local<'i64'>, pc: Local<'i64'>): void {
  fn.store('i64.store', hart, localGet(pc), fieldOffset('pc'));
  const tick = i64.sub(field(hart, 'stretchEnd'), localGet(left));
  fn.store('i64.store', hart, tick, fieldOffset('tick'));
  fn.set(pc, i64Const(LOOK));
}

/** Whether the fetch TLB has the page at guest address `page` as page `number` of RAM, in the present context. */
export function pageIsHeld(hart: I32, context: Local<'i64'>, page: bigint, number: number): I32 {
  const entry = FETCH + Number((page >> BigInt(PAGE_SHIFT)) & BigInt(TLB_ENTRIES - 1)) * FAST_ENTRY.bytes;
  const tag: I64 = i64.or(localGet(context), i64Const(page));
  return i32.and(
    i64.eq(load('i64.load', hart, entry), tag),
    i32.eq(load('i32.load', hart, entry + FAST_ENTRY.page), i32Const(number)),
  );
}
