/**
 * Virtual to physical, complete: TLB, page walk, PMP, fill. One procedure for each TLB; the access of a store is done
 * through `store` and so on, so that each TLB is filled by its own kind of access only.
 * Not here: what is done with the address, and whether anything answers there (memory-access.ts, fetch.ts).
 */

import { type Proc, proc } from '../../isa/vocabulary.ts';
import type { TlbKind } from '../hart-layout.ts';
import { PAGE_BYTES } from '../memory-layout.ts';
import { CLASS_MASK, Class, classBits } from './contexts.ts';
import { Access, Cause } from './fields.ts';
import { pageWalk } from './page-walk.ts';
import { pmpGrants } from './pmp.ts';
import { enableFast, fill, PAGE_MASK, pageOf, slotOf, tagOf } from './tlb.ts';

/**
 * (va, bytes) -> the physical address; the bytes lie in one page. Raises page faults and PMP's access faults with tval
 * = va.
 */
function translation(name: string, kind: TlbKind, access: bigint, fault: bigint): Proc {
  return proc(name, ['va', 'bytes'], (s, va, bytes) => {
    const context = s.let(s.get(kind === 'fetch' ? 'fetchContext' : 'dataContext'));
    const tag = s.let(s.or(s.and(va, s.lit(PAGE_MASK)), context));
    const slot = s.let(slotOf(s, va));
    s.if(s.eq(tagOf(s, kind, slot), tag), () => {
      const page = s.let(pageOf(s, kind, slot));
      if (kind !== 'fetch') enableFast(s, kind, slot, tag, page);
      s.ret(s.or(page, s.and(va, s.lit(PAGE_BYTES - 1))));
    });

    const cls = s.let(s.and(context, s.lit(CLASS_MASK)));
    const pa = s.cell(va);
    s.if(s.geu(cls, s.lit(classBits(Class.user))), () => {
      pa.set(s.call(pageWalk, va, s.lit(access), s.lit(fault), cls));
    });
    const page = s.let(s.and(pa.get(), s.lit(PAGE_MASK)));
    const machine = s.let(s.bool(s.eq(cls, s.lit(classBits(Class.machine)))));
    const grantsPage = s.let(s.call(pmpGrants, page, s.lit(PAGE_BYTES), s.lit(access), machine));
    s.if(
      s.ne(grantsPage, s.lit(0)),
      () => s.if(s.inRam(page, s.lit(PAGE_BYTES)), () => fill(s, kind, slot, tag, page)),
      () => {
        const grants = s.call(pmpGrants, pa.get(), bytes, s.lit(access), machine);
        s.if(s.eq(grants, s.lit(0)), () => s.raise(s.lit(fault), va));
      },
    );
    return pa.get();
  });
}

export const translateFetch = translation('translateFetch', 'fetch', Access.execute, Cause.fetchAccess);
export const translateLoad = translation('translateLoad', 'load', Access.read, Cause.loadAccess);
export const translateStore = translation('translateStore', 'store', Access.write, Cause.storeAccess);

/**
 * The fetch slow path: the physical address of the instruction halfword at `va`, which lies in RAM. Fills the fetch TLB
 * unless PMP splits the page; the second halfword of an instruction is then asked for separately. tval is the address
 * of the halfword.
 */
export const fetchTranslate = proc('fetchTranslate', ['va'], (s, va) => {
  const pa = s.let(s.call(translateFetch, va, s.lit(2)));
  s.if(s.not(s.inRam(pa, s.lit(2))), () => s.raise(s.lit(Cause.fetchAccess), va));
  return pa;
});
