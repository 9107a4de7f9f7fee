/**
 * Unprivileged CSRs: floating-point control, the entropy source, and the counters as they are seen below M.
 * Manual: "F" (fcsr), "Zkr", "Zicntr and Zihpm".
 */

import { Nondet } from '../../isa/vocabulary.ts';
import { counterEnabled, cycle, instret, readCounter } from './counters.ts';
import { type Csr, type CsrGuard, type CsrWrite, constant, csr, ignored, plain } from './csr-row.ts';
import { has, Mseccfg, Mstatus, Priv } from './fields.ts';
import { readTime } from './timer.ts';

/** Illegal while mstatus.FS is Off. */
const fsOn: CsrGuard = (s) => has(s, s.get('mstatus'), Mstatus.FS);
/** A write makes FS Dirty. */
const dirty =
  (write: CsrWrite): CsrWrite =>
  (s, v) => {
    write(s, v);
    s.set('mstatus', s.or(s.get('mstatus'), s.lit(Mstatus.FS)));
  };
const writeFcsr: CsrWrite = (s, v) => {
  const written = s.let(v);
  s.set('fflags', s.and(written, s.lit(0x1f)));
  s.set('frm', s.and(s.srl(written, s.lit(5)), s.lit(7)));
};
const float: readonly Csr[] = [
  csr(
    0x001,
    'fflags',
    plain('fflags'),
    dirty((s, v) => s.set('fflags', s.and(v, s.lit(0x1f)))),
    fsOn,
  ),
  csr(
    0x002,
    'frm',
    plain('frm'),
    dirty((s, v) => s.set('frm', s.and(v, s.lit(7)))),
    fsOn,
  ),
  csr(0x003, 'fcsr', (s) => s.or(s.sll(s.get('frm'), s.lit(5)), s.get('fflags')), dirty(writeFcsr), fsOn),
];

/** OPST = ES16: 16 bits of entropy are there at every read. */
const SEED_ES16 = 2n << 30n;
/** By a writing instruction only; in S and U as mseccfg allows. */
const seedGuard: CsrGuard = (s, writes) => {
  const priv = s.let(s.get('priv'));
  const mseccfg = s.let(s.get('mseccfg'));
  const inS = s.both(s.eq(priv, s.lit(Priv.S)), has(s, mseccfg, Mseccfg.SSEED));
  const inU = s.both(s.eq(priv, s.lit(Priv.U)), has(s, mseccfg, Mseccfg.USEED));
  return s.both(writes, s.either(s.eq(priv, s.lit(Priv.M)), s.either(inS, inU)));
};
const seed = csr(
  0x015,
  'seed',
  (s) => s.or(s.and(s.nondet(Nondet.seed), s.lit(0xffff)), s.lit(SEED_ES16)),
  ignored,
  seedGuard,
);

const enabled =
  (bit: bigint): CsrGuard =>
  (s) =>
    counterEnabled(s, bit);
const counters: readonly Csr[] = [
  csr(0xc00, 'cycle', (s) => readCounter(s, cycle), ignored, enabled(0n)),
  csr(0xc01, 'time', (s) => s.call(readTime), ignored, enabled(1n)),
  csr(0xc02, 'instret', (s) => readCounter(s, instret), ignored, enabled(2n)),
  ...Array.from({ length: 29 }, (_, i) =>
    csr(0xc03 + i, `hpmcounter${i + 3}`, constant(0n), ignored, enabled(BigInt(i + 3))),
  ),
];

export const userCsrs: readonly Csr[] = [...float, seed, ...counters];
