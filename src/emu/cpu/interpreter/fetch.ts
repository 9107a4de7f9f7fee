/**
 * Instruction fetch. The page being run from is kept in two locals: its virtual address and what makes host addresses
 * of virtual ones. One comparison tells that four bytes at pc lie in it; anything else goes the long way, by halfwords,
 * each through the fetch TLB or fetchTranslate.
 */

import type { Proc } from '../../isa/vocabulary.ts';
import { type I32, type I64, i32Const, i64Const, type Local, load, localGet } from '../../wasm/expr.ts';
import type { FunctionBuilder } from '../../wasm/function.ts';
import { i32, i64 } from '../../wasm/numeric.ts';
import type { Frame, Linker } from '../compile/binding.ts';
import { callProc } from '../compile/calls.ts';
import { field } from '../compile/hart-state.ts';
import { Order } from '../compile/order.ts';
import { ramAddress } from '../compile/physical.ts';
import { entryAddend, entryTag, fastEntry, hostAddress, wantedTag } from '../compile/virtual.ts';
import { PAGE_BYTES } from '../memory-layout.ts';
import type { StepLocals } from './step-frame.ts';

export interface FetchContext {
  readonly fn: FunctionBuilder;
  readonly frame: Frame;
  readonly linker: Linker;
  readonly fetchTranslate: Proc;
}
/** The page being run from; `start` far from pc when none is known. */
export interface FetchLocals {
  readonly start: Local<'i64'>;
  readonly addend: Local<'i32'>;
}

const HALF = 2;
const LAST_LONG = PAGE_BYTES - 4;
export const isLong = (raw: I32): I32 => i32.eq(i32.and(raw, i32Const(3)), i32Const(3));

/** Forgets the page, for the very next step: it is at `pc`, and no four bytes there count as lying in the page. */
export function forgetPage(fn: FunctionBuilder, page: FetchLocals, pc: I64): void {
  fn.set(page.start, i64.add(pc, i64Const(2 * PAGE_BYTES)));
}

/** Sets `raw` for the instruction at `pc`. */
export function fetch(context: FetchContext, at: StepLocals, page: FetchLocals): void {
  const { fn } = context;
  const pc = localGet(at.pc);
  const raw = localGet(at.raw);
  fn.if(
    i64.le_u(i64.sub(pc, localGet(page.start)), i64Const(LAST_LONG)),
    () => fn.set(at.raw, load('i32.load', i32.add(i32.wrap_i64(pc), localGet(page.addend)))),
    () => {
      fetchHalf(context, pc, page, at.raw);
      fn.if(isLong(raw), () => {
        const upper = fn.local('i32');
        fetchHalf(context, fn.keep(i64.add(pc, i64Const(HALF))), page, upper);
        fn.set(at.raw, i32.or(raw, i32.shl(localGet(upper), i32Const(16))));
      });
    },
    true,
  );
}

/**
 * Sets `half` to the halfword at `va`, which sits in a local, and remembers its page if the fetch TLB holds it. It does
 * not where PMP splits the page: each halfword there is asked for. After asking, the next step begins at a boundary,
 * where the page remembered from before, whose entry may be gone, is forgotten.
 */
function fetchHalf(
  { fn, frame, linker, fetchTranslate }: FetchContext,
  va: I64,
  page: FetchLocals,
  half: Local<'i32'>,
): void {
  const order = new Order(fn);
  const entry = fastEntry(frame.hart, va, (e) => fn.keep(e));
  fn.if(
    i64.eq(entryTag(entry, 'fetch'), wantedTag(va, 1, field(frame.hart, 'fetchContext'))),
    () => {
      fn.set(page.start, i64.and(va, i64Const(-PAGE_BYTES)));
      fn.set(page.addend, entryAddend(entry, 'fetch'));
      fn.set(half, load('i32.load16_u', hostAddress(entry, 'fetch', va)));
    },
    () => {
      const pa = callProc(order, frame, linker, fetchTranslate, [va]);
      frame.contextChanged();
      fn.set(half, load('i32.load16_u', ramAddress(linker, pa)));
    },
    true,
  );
}
