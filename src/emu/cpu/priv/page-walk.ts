/**
 * Address translation by page table: Sv39 and Sv48, with the A and D bits set by hardware while menvcfg.ADUE is set
 * (Svadu) and a page fault where they are missing otherwise (Svade). This machine has neither Svnapot nor Svpbmt: their
 * bits are reserved. Nothing is cached here. Manual: "Virtual Address Translation Process", whose steps the body
 * follows.
 */

import { type Binding, proc, type Semantics } from '../../isa/vocabulary.ts';
import { Class, classBits } from './contexts.ts';
import { Access, Cause, Envcfg, has, Mstatus, SATP_MODE_SHIFT, SATP_PPN, SatpMode } from './fields.ts';
import { pmpGrants } from './pmp.ts';
import { coverSuperpage } from './tlb.ts';

const Pte = { V: 1n, R: 2n, W: 4n, X: 8n, U: 16n, A: 64n, D: 128n, reserved: 0x3ffn << 54n } as const;
const RWX = Pte.R | Pte.W | Pte.X;
const PPN_SHIFT = 10n;

/** An access being translated. `fault` is the cause of its access fault, which also tells that of its page fault. */
interface Walk<B extends Binding> {
  readonly va: B['value'];
  readonly access: B['value'];
  readonly fault: B['value'];
}
function pageFault<B extends Binding>(s: Semantics<B>, { va, fault }: Walk<B>): void {
  const distance = s.select(s.eq(fault, s.lit(Cause.fetchAccess)), s.lit(11), s.lit(8));
  s.raise(s.add(fault, distance), va);
}

/**
 * Step 1: the levels of the mode in satp; a virtual address that is not the sign extension of its 39 or 48 bits faults.
 */
function levelsOf<B extends Binding>(s: Semantics<B>, satp: B['value'], walk: Walk<B>): B['value'] {
  const isSv39 = s.letCond(s.eq(s.srl(satp, s.lit(SATP_MODE_SHIFT)), s.lit(SatpMode.sv39)));
  const unused = s.let(s.select(isSv39, s.lit(64 - 39), s.lit(64 - 48)));
  s.if(s.ne(s.sra(s.sll(walk.va, unused), unused), walk.va), () => pageFault(s, walk));
  return s.select(isSv39, s.lit(3), s.lit(4));
}

/** Step 2: the PTE at `at`, read through PMP as S would. */
function readPte<B extends Binding>(s: Semantics<B>, at: B['value'], walk: Walk<B>): B['value'] {
  const granted = s.call(pmpGrants, at, s.lit(8), s.lit(Access.read), s.lit(0));
  s.if(s.either(s.eq(granted, s.lit(0)), s.not(s.inRam(at, s.lit(8)))), () => s.raise(walk.fault, walk.va));
  return s.let(s.ramLoad(at, 8));
}

/** Step 5: whether a leaf permits the access in this class; X counts as R while MXR is set. */
function permits<B extends Binding>(s: Semantics<B>, pte: B['value'], cls: B['value'], walk: Walk<B>): B['cond'] {
  const isRead = s.eq(walk.access, s.lit(Access.read));
  const mxr = s.both(isRead, has(s, s.get('mstatus'), Mstatus.MXR));
  const wanted = s.or(s.sll(walk.access, s.lit(1)), s.select(mxr, s.lit(Pte.X), s.lit(0)));
  const isUser = s.letCond(has(s, pte, Pte.U));
  const user = s.both(s.eq(cls, s.lit(classBits(Class.user))), isUser);
  const supervisor = s.both(s.eq(cls, s.lit(classBits(Class.supervisor))), s.not(isUser));
  const either = s.eq(cls, s.lit(classBits(Class.supervisorSum)));
  return s.both(s.ne(s.and(pte, wanted), s.lit(0)), s.either(either, s.either(user, supervisor)));
}

/** Step 7: makes sure of A, and of D for a write. */
function touch<B extends Binding>(s: Semantics<B>, pte: B['value'], at: B['value'], walk: Walk<B>): void {
  const isWrite = s.eq(walk.access, s.lit(Access.write));
  const needed = s.let(s.select(isWrite, s.lit(Pte.A | Pte.D), s.lit(Pte.A)));
  s.if(s.ne(s.and(pte, needed), needed), () => {
    s.if(s.not(has(s, s.get('menvcfg'), Envcfg.ADUE)), () => pageFault(s, walk));
    const granted = s.call(pmpGrants, at, s.lit(8), s.lit(Access.write), s.lit(0));
    s.if(s.eq(granted, s.lit(0)), () => s.raise(walk.fault, walk.va));
    s.ramStore(at, 8, s.or(pte, needed));
  });
}

/**
 * The physical address of `va`, for an access (one of Access, checked in the paged class `cls`, where it stands in a
 * context) whose access fault is cause `fault`. Raises; sets A and D; notes superpages for sfence.vma.
 */
export const pageWalk = proc('pageWalk', ['va', 'access', 'fault', 'cls'], (s, va, access, fault, cls) => {
  const walk = { va, access, fault };
  const satp = s.let(s.get('satp'));
  const levels = levelsOf(s, satp, walk);
  /** Lowest bit of the part of `va` that the present level translates. */
  const bits = s.cell(s.add(s.mul(levels, s.lit(9)), s.lit(12 - 9)));
  const table = s.cell(s.sll(s.and(satp, s.lit(SATP_PPN)), s.lit(12)));
  s.while(
    () => s.geu(bits.get(), s.lit(12)),
    () => {
      const index = s.and(s.srl(va, bits.get()), s.lit(0x1ff));
      const at = s.let(s.add(table.get(), s.sll(index, s.lit(3))));
      const pte = readPte(s, at, walk);
      const invalid = s.eq(s.and(pte, s.lit(Pte.V)), s.lit(0));
      const writeOnly = s.eq(s.and(pte, s.lit(Pte.R | Pte.W)), s.lit(Pte.W));
      s.if(s.either(s.either(invalid, writeOnly), has(s, pte, Pte.reserved)), () => pageFault(s, walk));
      const page = s.let(s.sll(s.srl(pte, s.lit(PPN_SHIFT)), s.lit(12)));
      s.if(has(s, pte, RWX), () => {
        const inside = s.let(s.sub(s.sll(s.lit(1), bits.get()), s.lit(1)));
        const misaligned = s.ne(s.and(page, inside), s.lit(0));
        s.if(s.either(misaligned, s.not(permits(s, pte, cls, walk))), () => pageFault(s, walk));
        touch(s, pte, at, walk);
        s.if(s.ne(bits.get(), s.lit(12)), () => coverSuperpage(s, va, bits.get()));
        s.ret(s.or(page, s.and(va, inside)));
      });
      s.if(has(s, pte, Pte.U | Pte.A | Pte.D), () => pageFault(s, walk));
      table.set(page);
      bits.set(s.sub(bits.get(), s.lit(9)));
    },
  );
  pageFault(s, walk);
});
