/**
 * Supervisor CSRs. Manual: "Supervisor CSRs", "Sstc".
 */

import { type Binding, proc, type Semantics } from '../../isa/vocabulary.ts';
import { updateContexts } from './contexts.ts';
import { counterEnabled } from './counters.ts';
import { type Csr, type CsrGuard, csr, field, plain, setEnvcfg, trapVector } from './csr-row.ts';
import { Envcfg, has, Mstatus, Priv, SATP_ASID, SATP_MODE_SHIFT, SATP_PPN, SatpMode } from './fields.ts';
import { readSie, readSip, writeSie, writeSip } from './interrupts.ts';
import { readSstatus, writeSstatus } from './mstatus.ts';
import { updateTimer } from './timer.ts';
import { flushTlb } from './tlb.ts';

/** Illegal in S while mstatus.TVM is set. */
const satpGuard: CsrGuard = (s) =>
  s.not(s.both(s.eq(s.get('priv'), s.lit(Priv.S)), has(s, s.get('mstatus'), Mstatus.TVM)));

const modeOf = <B extends Binding>(s: Semantics<B>, satp: B['value']): B['value'] =>
  s.srl(satp, s.lit(SATP_MODE_SHIFT));

/**
 * A write with a MODE other than Bare, Sv39 and Sv48 is ignored whole; ASID keeps 6 bits; Bare clears the rest.
 * Between Sv39 and Sv48 the TLBs are emptied, as their tags do not tell the two apart; all else is SFENCE.VMA's matter.
 */
const writeSatp = proc('writeSatp', ['v'], (s, v) => {
  const mode = s.let(modeOf(s, v));
  const isPaged = s.letCond(s.either(s.eq(mode, s.lit(SatpMode.sv39)), s.eq(mode, s.lit(SatpMode.sv48))));
  s.if(s.not(s.either(isPaged, s.eq(mode, s.lit(SatpMode.bare)))), () => s.ret(s.lit(0)));
  const kept = s.and(v, s.lit((0xfn << SATP_MODE_SHIFT) | SATP_ASID | SATP_PPN));
  const old = s.let(s.get('satp'));
  s.set('satp', s.select(isPaged, kept, s.lit(0)));
  s.if(s.both(isPaged, s.ne(modeOf(s, old), mode)), () => s.call(flushTlb));
  s.call(updateContexts);
});

/** In S only with menvcfg.STCE and mcounteren.TM. */
const stimecmpGuard: CsrGuard = (s) => {
  const allowed = s.both(has(s, s.get('menvcfg'), Envcfg.STCE), counterEnabled(s, 1n));
  return s.either(s.eq(s.get('priv'), s.lit(Priv.M)), allowed);
};

export const supervisorCsrs: readonly Csr[] = [
  csr(0x100, 'sstatus', readSstatus, writeSstatus),
  csr(0x104, 'sie', readSie, writeSie),
  trapVector(0x105, 'stvec'),
  field(0x106, 'scounteren', 0xffff_ffffn),
  csr(0x10a, 'senvcfg', plain('senvcfg'), (s, v) =>
    setEnvcfg(s, 'senvcfg', v, Envcfg.FIOM | Envcfg.CBIE | Envcfg.CBCFE | Envcfg.CBZE),
  ),
  field(0x140, 'sscratch'),
  field(0x141, 'sepc', ~1n),
  field(0x142, 'scause'),
  field(0x143, 'stval'),
  csr(0x144, 'sip', readSip, writeSip),
  csr(
    0x14d,
    'stimecmp',
    plain('stimecmp'),
    (s, v) => {
      s.set('stimecmp', v);
      s.call(updateTimer);
    },
    stimecmpGuard,
  ),
  csr(0x180, 'satp', plain('satp'), (s, v) => void s.call(writeSatp, v), satpGuard),
];
