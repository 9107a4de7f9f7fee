/**
 * TLB contexts: what besides the virtual page decides whether a TLB entry may be used, in bits 3 to 11 of its tag.
 *
 *     11      6 5     3 2   0
 *    +---------+-------+-----+    class 0: M, no translation      2: U, paged     4: S, paged, SUM set
 *    |  ASID   | class |  0  |          1: S or U, satp Bare      3: S, paged
 *    +---------+-------+-----+
 *
 * `dataContext` follows MPRV and MPP, `fetchContext` the privilege alone, and a fetch never has SUM.
 * Both are derived from priv, mstatus and satp; whoever changes one of these calls updateContexts.
 * Not in the context: MXR (its change empties the load TLB) and PMP (its change empties all). Manual: "Supervisor
 * CSRs", satp.
 */

import { type Binding, proc, type Semantics } from '../../isa/vocabulary.ts';
import { has, MPP_SHIFT, Mstatus, Priv, SATP_MODE_SHIFT } from './fields.ts';

const CLASS_SHIFT = 3n;
export const CLASS_MASK = 7n << CLASS_SHIFT;
export const Class = { machine: 0n, bare: 1n, user: 2n, supervisor: 3n, supervisorSum: 4n } as const;
/** A class where it stands in a context. */
export const classBits = (value: bigint): bigint => value << CLASS_SHIFT;
/** From the ASID's place in satp (bit 44) to its place in a tag (bit 6). */
const ASID_SHIFT = 38n;
const ASID_MASK = 0x3fn << 6n;

/** `priv` is used more than once: a let-bound value or a literal. */
function contextOf<B extends Binding>(s: Semantics<B>, priv: B['value'], sum: B['cond']): B['value'] {
  const satp = s.let(s.get('satp'));
  const supervisor = s.select(sum, s.lit(classBits(Class.supervisorSum)), s.lit(classBits(Class.supervisor)));
  const paged = s.or(
    s.and(s.srl(satp, s.lit(ASID_SHIFT)), s.lit(ASID_MASK)),
    s.select(s.eq(priv, s.lit(Priv.U)), s.lit(classBits(Class.user)), supervisor),
  );
  const isBare = s.eq(s.srl(satp, s.lit(SATP_MODE_SHIFT)), s.lit(0));
  const unprivileged = s.select(isBare, s.lit(classBits(Class.bare)), paged);
  return s.select(s.eq(priv, s.lit(Priv.M)), s.lit(classBits(Class.machine)), unprivileged);
}

/** Recomputes dataContext and fetchContext; asks the engine to look again when one has changed. */
export const updateContexts = proc('updateContexts', [], (s) => {
  const mstatus = s.let(s.get('mstatus'));
  const priv = s.let(s.get('priv'));
  const mpp = s.and(s.srl(mstatus, s.lit(MPP_SHIFT)), s.lit(3));
  const dataPriv = s.let(s.select(has(s, mstatus, Mstatus.MPRV), mpp, priv));
  const data = s.let(contextOf(s, dataPriv, has(s, mstatus, Mstatus.SUM)));
  const fetch = s.let(contextOf(s, priv, s.ne(s.lit(0), s.lit(0))));
  s.if(s.either(s.ne(data, s.get('dataContext')), s.ne(fetch, s.get('fetchContext'))), () => {
    s.set('dataContext', data);
    s.set('fetchContext', fetch);
    s.contextChanged();
  });
});
