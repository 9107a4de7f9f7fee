/**
 * mstatus and its view sstatus: which bits exist, what they accept, and what a change of them brings about.
 * The field holds the writable bits; UXL and SXL (2, read-only) and SD (FS is dirty) are added on reading.
 * Always 0: UBE, SBE, MBE (little-endian only), VS, XS. Manual: "Machine Status Registers".
 */

import { type Binding, proc, type Semantics } from '../../isa/vocabulary.ts';
import { updateContexts } from './contexts.ts';
import { has, MPP_SHIFT, Mstatus, merge } from './fields.ts';
import { reconsider } from './interrupts.ts';
import { flushKind } from './tlb.ts';

const SSTATUS_FIELDS = Mstatus.SIE | Mstatus.SPIE | Mstatus.SPP | Mstatus.FS | Mstatus.SUM | Mstatus.MXR;
const MSTATUS_FIELDS =
  SSTATUS_FIELDS | Mstatus.MIE | Mstatus.MPIE | Mstatus.MPP | Mstatus.MPRV | Mstatus.TVM | Mstatus.TW | Mstatus.TSR;

/** `v` with SD as its FS says; `v` is let-bound. */
const withSd = <B extends Binding>(s: Semantics<B>, v: B['value']): B['value'] =>
  s.or(v, s.select(s.eq(s.and(v, s.lit(Mstatus.FS)), s.lit(Mstatus.FS)), s.lit(Mstatus.SD), s.lit(0)));

export const readMstatus = <B extends Binding>(s: Semantics<B>): B['value'] =>
  s.or(withSd(s, s.let(s.get('mstatus'))), s.lit(Mstatus.UXL | Mstatus.SXL));
export const readSstatus = <B extends Binding>(s: Semantics<B>): B['value'] =>
  s.or(withSd(s, s.let(s.and(s.get('mstatus'), s.lit(SSTATUS_FIELDS)))), s.lit(Mstatus.UXL));

/** mstatus := v. MXR decides what load entries permit and is not part of their tag: its change empties the load TLB. */
const setMstatus = proc('setMstatus', ['v'], (s, v) => {
  const old = s.let(s.get('mstatus'));
  s.set('mstatus', v);
  s.if(has(s, s.xor(old, v), Mstatus.MXR), () => flushKind(s, 'load'));
  s.call(updateContexts);
  reconsider(s);
});

/** MPP keeps its value when the reserved 2 is written. */
export function writeMstatus<B extends Binding>(s: Semantics<B>, v: B['value']): void {
  const written = s.let(v);
  const isReserved = s.eq(s.and(written, s.lit(Mstatus.MPP)), s.lit(2n << MPP_SHIFT));
  const mask = s.let(s.select(isReserved, s.lit(MSTATUS_FIELDS & ~Mstatus.MPP), s.lit(MSTATUS_FIELDS)));
  s.call(setMstatus, s.or(s.and(s.get('mstatus'), s.inv(mask)), s.and(written, mask)));
}
export const writeSstatus = <B extends Binding>(s: Semantics<B>, v: B['value']): void => {
  s.call(setMstatus, merge(s, s.get('mstatus'), v, SSTATUS_FIELDS));
};
