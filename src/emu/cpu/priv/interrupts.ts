/**
 * Interrupts: mip, mie and their views, and which one is taken. `mip` the field holds what software writes, `lines`
 * what is driven from outside; a bit is pending when either has it. Manual: "Machine Interrupt Registers".
 */

import { type Binding, proc, type Semantics } from '../../isa/vocabulary.ts';
import { ALL_INTERRUPTS, Envcfg, has, INTERRUPT, Irq, irqMask, Mstatus, merge, Priv } from './fields.ts';
import { takeTrap } from './traps.ts';

/** mip as the CSR reads. */
export const readMip = <B extends Binding>(s: Semantics<B>): B['value'] => s.or(s.get('mip'), s.get('lines'));

/** Interrupts that are pending and enabled in mie: what ends a WFI, whatever mstatus says. */
export const pendingEnabled = <B extends Binding>(s: Semantics<B>): B['value'] => s.and(readMip(s), s.get('mie'));

/** Asks the engine to look at interrupts when there is something to see. Called after a change of what enables them. */
export function reconsider<B extends Binding>(s: Semantics<B>): void {
  s.if(s.ne(pendingEnabled(s), s.lit(0)), () => s.contextChanged());
}

/** Software writes SSIP, SEIP, and STIP while stimecmp does not drive it; the rest of mip is read-only. */
export function writeMip<B extends Binding>(s: Semantics<B>, v: B['value']): void {
  const stip = s.select(has(s, s.get('menvcfg'), Envcfg.STCE), s.lit(0), s.lit(irqMask(Irq.STI)));
  const mask = s.or(s.lit(irqMask(Irq.SSI) | irqMask(Irq.SEI)), stip);
  s.set('mip', s.and(v, mask));
  reconsider(s);
}
/**
 * What CSRRS and CSRRC combine their mask with, having read `old`: SEIP without the line of the interrupt controller.
 */
export const combineMip = <B extends Binding>(s: Semantics<B>, old: B['value']): B['value'] =>
  merge(s, old, s.get('mip'), irqMask(Irq.SEI));

export function writeMie<B extends Binding>(s: Semantics<B>, v: B['value']): void {
  s.set('mie', s.and(v, s.lit(ALL_INTERRUPTS)));
  reconsider(s);
}

/** sip and sie show the delegated bits of mip and mie; sip's SSIP alone can be written. */
export const readSip = <B extends Binding>(s: Semantics<B>): B['value'] => s.and(readMip(s), s.get('mideleg'));
export function writeSip<B extends Binding>(s: Semantics<B>, v: B['value']): void {
  const mask = s.let(s.and(s.get('mideleg'), s.lit(irqMask(Irq.SSI))));
  s.set('mip', s.or(s.and(s.get('mip'), s.inv(mask)), s.and(v, mask)));
  reconsider(s);
}
export const readSie = <B extends Binding>(s: Semantics<B>): B['value'] => s.and(s.get('mie'), s.get('mideleg'));
export function writeSie<B extends Binding>(s: Semantics<B>, v: B['value']): void {
  const mask = s.let(s.get('mideleg'));
  s.set('mie', s.or(s.and(s.get('mie'), s.inv(mask)), s.and(v, mask)));
  reconsider(s);
}

/** From the highest priority down. */
const PRIORITY = [Irq.MEI, Irq.MSI, Irq.MTI, Irq.SEI, Irq.SSI, Irq.STI] as const;

/** The code of the first interrupt in `set`, which is not empty and let-bound. */
function highest<B extends Binding>(s: Semantics<B>, set: B['value']): B['value'] {
  const [last, ...others] = [...PRIORITY].reverse();
  return others.reduce(
    (rest: B['value'], irq) => s.select(has(s, set, irqMask(irq)), s.lit(irq), rest),
    s.lit(last ?? Irq.STI),
  );
}

/** The interrupts of which the next one is taken now, those for M before all delegated to S; 0 when there are none. */
const candidates = proc('interruptCandidates', [], (s) => {
  const pending = s.let(pendingEnabled(s));
  s.if(s.eq(pending, s.lit(0)), () => s.ret(s.lit(0)));
  const mideleg = s.let(s.get('mideleg'));
  const mstatus = s.let(s.get('mstatus'));
  const priv = s.let(s.get('priv'));
  const enabledM = s.either(s.ltu(priv, s.lit(Priv.M)), has(s, mstatus, Mstatus.MIE));
  const sie = s.both(s.eq(priv, s.lit(Priv.S)), has(s, mstatus, Mstatus.SIE));
  const enabledS = s.either(s.eq(priv, s.lit(Priv.U)), sie);
  const forM = s.let(s.select(enabledM, s.and(pending, s.inv(mideleg)), s.lit(0)));
  const forS = s.select(enabledS, s.and(pending, mideleg), s.lit(0));
  return s.select(s.ne(forM, s.lit(0)), forM, forS);
});

/** Whether takeInterrupt will take one. */
export const interruptDue = <B extends Binding>(s: Semantics<B>): B['cond'] => s.ne(s.call(candidates), s.lit(0));

/** Takes the pending interrupt of the highest priority that is enabled now, if any, and gives 1, else 0. */
export const takeInterrupt = proc('takeInterrupt', [], (s) => {
  const chosen = s.let(s.call(candidates));
  s.if(s.eq(chosen, s.lit(0)), () => s.ret(s.lit(0)));
  s.call(takeTrap, s.or(s.lit(INTERRUPT), highest(s, chosen)), s.lit(0));
  return s.lit(1);
});
