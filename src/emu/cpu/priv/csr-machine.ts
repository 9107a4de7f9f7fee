/**
 * Machine CSRs. Manual: "Machine-Level CSRs".
 */

import { pmpAddrField } from '../hart-layout.ts';
import { cycle, instret, readCounter, writeCounter, writeCountInhibit } from './counters.ts';
import { type Csr, type CsrWrite, csr, field, fixed, masked, plain, setEnvcfg, trapVector } from './csr-row.ts';
import { Envcfg, Irq, irqMask, Mseccfg, S_INTERRUPTS } from './fields.ts';
import { readMip, reconsider, writeMie, writeMip } from './interrupts.ts';
import { readMstatus, writeMstatus } from './mstatus.ts';
import { writePmpAddr, writePmpCfg } from './pmp.ts';
import { updateTimer } from './timer.ts';

/** MXL 64, and the letters of RV64IMAFDC with S and U. Read-only: C is always there, so no fetch is misaligned. */
const MISA = [...'IMAFDCSU'].reduce((bits, letter) => bits | (1n << BigInt(letter.charCodeAt(0) - 65)), 2n << 62n);
/** Exceptions that may be delegated: all but ecall from M (11) and the reserved codes. */
const DELEGABLE = 0xb3ffn;
const MENVCFG = Envcfg.FIOM | Envcfg.CBIE | Envcfg.CBCFE | Envcfg.CBZE | Envcfg.ADUE | Envcfg.STCE;

/** With STCE, STIP is stimecmp's and software's own bit is gone. */
const writeMenvcfg: CsrWrite = (s, v) => {
  setEnvcfg(s, 'menvcfg', v, MENVCFG);
  const isDriven = s.ne(s.and(s.get('menvcfg'), s.lit(Envcfg.STCE)), s.lit(0));
  s.if(isDriven, () => s.set('mip', s.and(s.get('mip'), s.lit(~irqMask(Irq.STI)))));
  s.call(updateTimer);
};

const trapSetup: readonly Csr[] = [
  csr(0x300, 'mstatus', readMstatus, writeMstatus),
  fixed(0x301, 'misa', MISA),
  field(0x302, 'medeleg', DELEGABLE),
  csr(0x303, 'mideleg', plain('mideleg'), (s, v) => {
    masked('mideleg', S_INTERRUPTS)(s, v);
    reconsider(s);
  }),
  csr(0x304, 'mie', plain('mie'), writeMie),
  trapVector(0x305, 'mtvec'),
  field(0x306, 'mcounteren', 0xffff_ffffn),
  csr(0x30a, 'menvcfg', plain('menvcfg'), writeMenvcfg),
  csr(0x320, 'mcountinhibit', plain('mcountinhibit'), writeCountInhibit),
  field(0x340, 'mscratch'),
  field(0x341, 'mepc', ~1n),
  field(0x342, 'mcause'),
  field(0x343, 'mtval'),
  csr(0x344, 'mip', readMip, writeMip),
  field(0x747, 'mseccfg', Mseccfg.USEED | Mseccfg.SSEED),
];

const pmp: readonly Csr[] = [
  ...(['pmpcfg0', 'pmpcfg2'] as const).map((name, i) =>
    csr(0x3a0 + 2 * i, name, plain(name), (s, v) => writePmpCfg(s, name, v)),
  ),
  ...Array.from({ length: 16 }, (_, i) =>
    csr(0x3b0 + i, `pmpaddr${i}`, plain(pmpAddrField(i)), (s, v) => void s.call(writePmpAddr, s.lit(i), v)),
  ),
];

const counters: readonly Csr[] = [
  csr(
    0xb00,
    'mcycle',
    (s) => readCounter(s, cycle),
    (s, v) => writeCounter(s, cycle, v),
  ),
  csr(
    0xb02,
    'minstret',
    (s) => readCounter(s, instret),
    (s, v) => writeCounter(s, instret, v),
  ),
  ...Array.from({ length: 29 }, (_, i) => fixed(0xb03 + i, `mhpmcounter${i + 3}`, 0n)),
  ...Array.from({ length: 29 }, (_, i) => fixed(0x323 + i, `mhpmevent${i + 3}`, 0n)),
];

/** There are no debug triggers: tdata1 of type 0 says so, and tinfo that type 0 is all there is. */
const triggers: readonly Csr[] = [
  fixed(0x7a0, 'tselect', 0n),
  fixed(0x7a1, 'tdata1', 0n),
  fixed(0x7a2, 'tdata2', 0n),
  fixed(0x7a3, 'tdata3', 0n),
  fixed(0x7a4, 'tinfo', 1n),
];

const identity: readonly Csr[] = [
  fixed(0xf11, 'mvendorid', 0n),
  fixed(0xf12, 'marchid', 0n),
  fixed(0xf13, 'mimpid', 0n),
  csr(0xf14, 'mhartid', plain('mhartid'), () => {}),
  fixed(0xf15, 'mconfigptr', 0n),
];

export const machineCsrs: readonly Csr[] = [...trapSetup, ...pmp, ...counters, ...triggers, ...identity];
