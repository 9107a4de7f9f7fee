/**
 * The three TLBs (fetch, load, store): direct-mapped, 4 KiB entries, RAM pages only; a superpage enters as the 4 KiB
 * pieces that are used. Contents are machine state: see hart-layout.ts for the arrays and contexts.ts for the tags.
 * Invariant: an entry's access is permitted in its context by page table and by PMP over the whole page; a store
 * entry's PTE has D set. Manual: "Supervisor Memory-Management Fence Instruction".
 */

import { type Binding, type Proc, proc, type Semantics } from '../../isa/vocabulary.ts';
import { FAST_ENTRY, fastTlbOffset, TLB_ENTRIES, TLB_KINDS, type TlbKind, tagTlbOffset } from '../hart-layout.ts';
import { PAGE_BYTES, PageFlag, RAM_BASE } from '../memory-layout.ts';
import { Cause, has, Mstatus, Priv } from './fields.ts';

export const PAGE_MASK = ~BigInt(PAGE_BYTES - 1);
const EMPTY = -1;
const TAG_SIZE = 8;

/** The slot of a virtual address, as an index. */
export const slotOf = <B extends Binding>(s: Semantics<B>, va: B['value']): B['value'] =>
  s.and(s.srl(va, s.lit(12)), s.lit(TLB_ENTRIES - 1));
/** Offset of a slot's architectural tag; of its fast entry. */
const tagAt = <B extends Binding>(s: Semantics<B>, kind: TlbKind, slot: B['value']): B['value'] =>
  s.add(s.sll(slot, s.lit(3)), s.lit(tagTlbOffset(kind)));
const fastAt = <B extends Binding>(s: Semantics<B>, kind: TlbKind, slot: B['value'], field = 0): B['value'] =>
  s.add(s.sll(slot, s.lit(Math.log2(FAST_ENTRY.bytes))), s.lit(fastTlbOffset(kind) + field));

export const tagOf = <B extends Binding>(s: Semantics<B>, kind: TlbKind, slot: B['value']): B['value'] =>
  s.hartLoad(tagAt(s, kind, slot), TAG_SIZE);
/** Physical address of the entry's page. */
export const pageOf = <B extends Binding>(s: Semantics<B>, kind: TlbKind, slot: B['value']): B['value'] =>
  s.sll(s.hartLoad(fastAt(s, kind, slot, FAST_ENTRY.page), 4), s.lit(12));

/**
 * Writes the fast tag of an entry. For stores: marks the page as changed, so that a store may go the fast way, and
 * leaves the fast tag empty when the page holds compiled code, so that every store to it is seen. It also stays empty
 * while a debugger watches the page for such accesses.
 */
export function enableFast<B extends Binding>(
  s: Semantics<B>,
  kind: TlbKind,
  slot: B['value'],
  tag: B['value'],
  page: B['value'],
): void {
  const enable = () => s.hartStore(fastAt(s, kind, slot), TAG_SIZE, tag);
  if (kind === 'fetch') {
    enable();
    return;
  }
  const number = s.let(s.srl(s.sub(page, s.lit(RAM_BASE)), s.lit(12)));
  const flags = s.let(s.pageFlags(number));
  if (kind === 'store') s.setPageFlags(number, s.or(flags, s.lit(PageFlag.dirty)));
  const slow = kind === 'store' ? PageFlag.code | PageFlag.watchRead | PageFlag.watchWrite : PageFlag.watchRead;
  s.if(s.not(has(s, flags, BigInt(slow))), enable);
}

/** Enters the translation of `tag`'s virtual page to the RAM page at `page`. The values are let-bound. */
export function fill<B extends Binding>(
  s: Semantics<B>,
  kind: TlbKind,
  slot: B['value'],
  tag: B['value'],
  page: B['value'],
): void {
  s.hartStore(tagAt(s, kind, slot), TAG_SIZE, tag);
  s.hartStore(fastAt(s, kind, slot), TAG_SIZE, s.lit(EMPTY));
  s.hartStore(fastAt(s, kind, slot, FAST_ENTRY.addend), 4, s.sub(s.hostAddr(page), s.and(tag, s.lit(PAGE_MASK))));
  s.hartStore(fastAt(s, kind, slot, FAST_ENTRY.page), 4, s.srl(page, s.lit(12)));
  enableFast(s, kind, slot, tag, page);
}

const empty = <B extends Binding>(s: Semantics<B>, offset: number, bytes: number): void =>
  s.hartFill(s.lit(offset), s.lit(bytes));

/** Empties one TLB, whole. */
export function flushKind<B extends Binding>(s: Semantics<B>, kind: TlbKind): void {
  empty(s, tagTlbOffset(kind), TLB_ENTRIES * TAG_SIZE);
  empty(s, fastTlbOffset(kind), TLB_ENTRIES * FAST_ENTRY.bytes);
}

/** Empties the three TLBs; the engine looks again, as it may hold on to the page that it fetches from. */
export const flushTlb = proc('flushTlb', [], (s) => {
  for (const kind of TLB_KINDS) flushKind(s, kind);
  s.set('superpageLow', s.lit(-1));
  s.set('superpageHigh', s.lit(0));
  s.contextChanged();
});

/** Remembers that pieces of the superpage of 2^`bits` bytes around `va` are in a TLB. */
export function coverSuperpage<B extends Binding>(s: Semantics<B>, va: B['value'], bits: B['value']): void {
  const span = s.let(s.sub(s.sll(s.lit(1), bits), s.lit(1)));
  const low = s.let(s.and(va, s.inv(span)));
  const high = s.let(s.or(low, span));
  s.if(s.ltu(low, s.get('superpageLow')), () => s.set('superpageLow', low));
  s.if(s.ltu(s.get('superpageHigh'), high), () => s.set('superpageHigh', high));
}

/**
 * Drops what may stem from the leaf PTE of `va`, in every address space: one slot of each TLB, or all for a
 * superpage's.
 */
const dropPage = proc('dropPage', ['va'], (s, va) => {
  s.if(s.both(s.geu(va, s.get('superpageLow')), s.geu(s.get('superpageHigh'), va)), () => {
    s.call(flushTlb);
    s.ret(s.lit(0));
  });
  const slot = s.let(slotOf(s, va));
  for (const kind of TLB_KINDS) {
    s.if(s.ltu(s.xor(tagOf(s, kind, slot), s.and(va, s.lit(PAGE_MASK))), s.lit(PAGE_BYTES)), () => {
      s.hartStore(tagAt(s, kind, slot), TAG_SIZE, s.lit(EMPTY));
      s.hartStore(fastAt(s, kind, slot), TAG_SIZE, s.lit(EMPTY));
    });
  }
});

/**
 * SFENCE.VMA. The ASID is not looked at: entries of every address space are dropped, which the manual allows.
 * Illegal in U, and in S while TVM is set.
 */
export const sfenceVma: Proc = proc(
  'sfenceVma',
  ['va', 'asid', 'hasVa', 'hasAsid', 'insn'],
  (s, va, _asid, hasVa, _hasAsid, insn) => {
    const priv = s.let(s.get('priv'));
    const trapped = s.both(s.eq(priv, s.lit(Priv.S)), has(s, s.get('mstatus'), Mstatus.TVM));
    s.if(s.either(s.eq(priv, s.lit(Priv.U)), trapped), () => s.raise(s.lit(Cause.illegal), insn));
    s.if(
      s.ne(hasVa, s.lit(0)),
      () => s.call(dropPage, va),
      () => s.call(flushTlb),
    );
    s.contextChanged();
  },
);

const forEachSlot = <B extends Binding>(s: Semantics<B>, visit: (slot: B['value']) => void): void => {
  const slot = s.cell(s.lit(0));
  s.while(
    () => s.ltu(slot.get(), s.lit(TLB_ENTRIES)),
    () => {
      visit(s.let(slot.get()));
      slot.set(s.add(slot.get(), s.lit(1)));
    },
  );
};

/** Sends every first store to a page through the slow path again, which marks the page as changed. Not observable. */
export const coolStores = proc('coolStores', [], (s) => {
  forEachSlot(s, (slot) => s.hartStore(fastAt(s, 'store', slot), TAG_SIZE, s.lit(EMPTY)));
});

/** Recomputes the fast arrays from tags and pages: after a restore. Store entries are left to the slow path. */
export const rederiveTlb = proc('rederiveTlb', [], (s) => {
  for (const kind of TLB_KINDS) {
    forEachSlot(s, (slot) => {
      const tag = s.let(tagOf(s, kind, slot));
      s.hartStore(fastAt(s, kind, slot), TAG_SIZE, s.lit(EMPTY));
      s.if(s.ne(tag, s.lit(EMPTY)), () => {
        const page = s.let(pageOf(s, kind, slot));
        s.hartStore(fastAt(s, kind, slot, FAST_ENTRY.addend), 4, s.sub(s.hostAddr(page), s.and(tag, s.lit(PAGE_MASK))));
        if (kind !== 'store') enableFast(s, kind, slot, tag, page);
      });
    });
  }
});
