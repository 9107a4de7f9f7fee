/**
 * Trap entry and return: takeTrap, MRET, SRET, and WFI, which waits for one. What is pending and enabled:
 * interrupts.ts. A trap or a return leaves the LR reservation as it is. Manual: "Privilege and Global Interrupt-Enable
 * Stack in mstatus register", "Trap-Return Instructions", "Wait for Interrupt".
 */

import { type Binding, proc, type Semantics } from '../../isa/vocabulary.ts';
import { Alert, giveUpOn } from './alerts.ts';
import { updateContexts } from './contexts.ts';
import { Cause, has, MPP_SHIFT, Mstatus, merge, Priv, SPP_SHIFT } from './fields.ts';

/** The address a trap goes to: tvec's base, for an interrupt in vectored mode 4 bytes further for each code. */
function vector<B extends Binding>(s: Semantics<B>, tvec: B['value'], cause: B['value']): B['value'] {
  const base = s.and(tvec, s.lit(~3n));
  const vectored = s.both(s.lt(cause, s.lit(0)), has(s, tvec, 1n));
  return s.add(base, s.select(vectored, s.sll(cause, s.lit(2)), s.lit(0)));
}

/** mstatus.`to` := mstatus.`from`, where `to` is the bit `shift` places above. */
const moveUp = <B extends Binding>(s: Semantics<B>, mstatus: B['value'], from: bigint, shift: bigint): B['value'] =>
  s.sll(s.and(mstatus, s.lit(from)), s.lit(shift));

/**
 * Enters the trap handler of S or M, as medeleg and mideleg say, with the pc in `pc` as the exception's. `cause` as in
 * mcause: bit 63 set for an interrupt. Sets pc, priv and mstatus; does not end the instruction that is being run.
 * Gives 1, and does nothing, when the step is not to be made because of an alert; else 0.
 */
export const takeTrap = proc('takeTrap', ['cause', 'tval'], (s, cause, tval) => {
  s.if(s.ne(s.get('alerts'), s.lit(0)), () => {
    const isCall = s.ltu(s.sub(cause, s.lit(Cause.ecall)), s.lit(4));
    const alert = s.select(isCall, s.lit(Alert.syscall), s.lit(Alert.exception));
    const isAsked = s.ne(s.and(s.get('alerts'), alert), s.lit(0));
    s.if(s.both(s.ge(cause, s.lit(0)), isAsked), () => s.ret(s.lit(1)));
  });
  const priv = s.let(s.get('priv'));
  const mstatus = s.let(s.get('mstatus'));
  const deleg = s.select(s.lt(cause, s.lit(0)), s.get('mideleg'), s.get('medeleg'));
  const delegated = s.ne(s.and(s.srl(deleg, cause), s.lit(1)), s.lit(0));
  s.if(
    s.both(delegated, s.ne(priv, s.lit(Priv.M))),
    () => {
      s.set('sepc', s.get('pc'));
      s.set('scause', cause);
      s.set('stval', tval);
      const stack = s.or(moveUp(s, mstatus, Mstatus.SIE, 4n), s.sll(priv, s.lit(SPP_SHIFT)));
      s.set('mstatus', merge(s, mstatus, stack, Mstatus.SPP | Mstatus.SPIE | Mstatus.SIE));
      s.set('priv', s.lit(Priv.S));
      const tvec = s.let(s.get('stvec'));
      s.set('pc', vector(s, tvec, cause));
    },
    () => {
      s.set('mepc', s.get('pc'));
      s.set('mcause', cause);
      s.set('mtval', tval);
      const stack = s.or(moveUp(s, mstatus, Mstatus.MIE, 4n), s.sll(priv, s.lit(MPP_SHIFT)));
      s.set('mstatus', merge(s, mstatus, stack, Mstatus.MPP | Mstatus.MPIE | Mstatus.MIE));
      s.set('priv', s.lit(Priv.M));
      const tvec = s.let(s.get('mtvec'));
      s.set('pc', vector(s, tvec, cause));
    },
  );
  s.call(updateContexts);
});

/** MRET: gives the new pc. Illegal below M. */
export const mret = proc('mret', ['insn'], (s, insn) => {
  s.if(s.ne(s.get('priv'), s.lit(Priv.M)), () => s.raise(s.lit(Cause.illegal), insn));
  giveUpOn(s, Alert.privilege);
  const mstatus = s.let(s.get('mstatus'));
  const mpp = s.let(s.and(s.srl(mstatus, s.lit(MPP_SHIFT)), s.lit(3)));
  const stack = s.or(s.srl(s.and(mstatus, s.lit(Mstatus.MPIE)), s.lit(4)), s.lit(Mstatus.MPIE));
  const kept = s.select(s.eq(mpp, s.lit(Priv.M)), s.lit(-1), s.lit(~Mstatus.MPRV));
  s.set('mstatus', s.and(merge(s, mstatus, stack, Mstatus.MPP | Mstatus.MPIE | Mstatus.MIE), kept));
  s.set('priv', mpp);
  s.call(updateContexts);
  s.contextChanged();
  return s.get('mepc');
});

/** SRET: gives the new pc. Illegal in U, and in S while TSR is set. */
export const sret = proc('sret', ['insn'], (s, insn) => {
  const mstatus = s.let(s.get('mstatus'));
  const priv = s.let(s.get('priv'));
  const trapped = s.both(s.eq(priv, s.lit(Priv.S)), has(s, mstatus, Mstatus.TSR));
  s.if(s.either(s.eq(priv, s.lit(Priv.U)), trapped), () => s.raise(s.lit(Cause.illegal), insn));
  giveUpOn(s, Alert.privilege);
  const stack = s.or(s.srl(s.and(mstatus, s.lit(Mstatus.SPIE)), s.lit(4)), s.lit(Mstatus.SPIE));
  const cleared = s.and(mstatus, s.lit(~Mstatus.MPRV));
  s.set('mstatus', merge(s, cleared, stack, Mstatus.SPP | Mstatus.SPIE | Mstatus.SIE));
  s.set('priv', s.and(s.srl(mstatus, s.lit(SPP_SHIFT)), s.lit(1)));
  s.call(updateContexts);
  s.contextChanged();
  return s.get('sepc');
});

/** WFI: the hart waits from the next step boundary on. Illegal in U, and in S while TW is set. */
export const wfi = proc('wfi', ['insn'], (s, insn) => {
  const priv = s.let(s.get('priv'));
  const trapped = s.both(s.ne(priv, s.lit(Priv.M)), has(s, s.get('mstatus'), Mstatus.TW));
  s.if(s.either(s.eq(priv, s.lit(Priv.U)), trapped), () => s.raise(s.lit(Cause.illegal), insn));
  s.set('waiting', s.lit(1));
  s.contextChanged();
});
