/**
 * Names and places of the privileged architecture's fields, as the privileged manual gives them, and the few shorthands
 * that the procedures share. No meaning here.
 */

import type { Binding, Semantics } from '../../isa/vocabulary.ts';

export const Priv = { U: 0n, S: 1n, M: 3n } as const;

/** Masks of mstatus fields; `menvcfg`, `satp` and the rest below likewise. */
export const Mstatus = {
  SIE: 1n << 1n,
  MIE: 1n << 3n,
  SPIE: 1n << 5n,
  MPIE: 1n << 7n,
  SPP: 1n << 8n,
  MPP: 3n << 11n,
  FS: 3n << 13n,
  MPRV: 1n << 17n,
  SUM: 1n << 18n,
  MXR: 1n << 19n,
  TVM: 1n << 20n,
  TW: 1n << 21n,
  TSR: 1n << 22n,
  /** UXL = 2, read-only; SXL = 2, read-only; SD is a summary of FS. */
  UXL: 2n << 32n,
  SXL: 2n << 34n,
  SD: 1n << 63n,
} as const;
export const SPP_SHIFT = 8n;
export const MPP_SHIFT = 11n;

/** Bit numbers of interrupts in mip, mie, mideleg, and their codes in mcause. */
export const Irq = { SSI: 1n, MSI: 3n, STI: 5n, MTI: 7n, SEI: 9n, MEI: 11n } as const;
export const irqMask = (irq: bigint): bigint => 1n << irq;
/** The supervisor's interrupts: all that mideleg can delegate. */
export const S_INTERRUPTS = irqMask(Irq.SSI) | irqMask(Irq.STI) | irqMask(Irq.SEI);
export const ALL_INTERRUPTS = S_INTERRUPTS | irqMask(Irq.MSI) | irqMask(Irq.MTI) | irqMask(Irq.MEI);
export const INTERRUPT = 1n << 63n;

export const Cause = {
  fetchAccess: 1n,
  illegal: 2n,
  loadMisaligned: 4n,
  loadAccess: 5n,
  storeMisaligned: 6n,
  storeAccess: 7n,
  /** Environment calls have the privilege added. */
  ecall: 8n,
} as const;

export const Envcfg = {
  FIOM: 1n,
  CBIE: 3n << 4n,
  CBCFE: 1n << 6n,
  CBZE: 1n << 7n,
  ADUE: 1n << 61n,
  STCE: 1n << 63n,
} as const;
export const Mseccfg = { USEED: 1n << 8n, SSEED: 1n << 9n } as const;

export const SATP_MODE_SHIFT = 60n;
export const SatpMode = { bare: 0n, sv39: 8n, sv48: 9n } as const;
/** ASIDLEN is 6, so that the ASID fits a TLB tag. */
export const SATP_ASID = 0x3fn << 44n;
export const SATP_PPN = (1n << 44n) - 1n;

/** What an access wants to do, as the R, W and X bits of pmpcfg; the same bits of a PTE are one place higher. */
export const Access = { read: 1n, write: 2n, execute: 4n } as const;

/** Whether any bit of `mask` is set in `v`. */
export const has = <B extends Binding>(s: Semantics<B>, v: B['value'], mask: bigint): B['cond'] =>
  s.ne(s.and(v, s.lit(mask)), s.lit(0));
/** `old` with the bits of `mask` taken from `v`. Both are used once. */
export const merge = <B extends Binding>(s: Semantics<B>, old: B['value'], v: B['value'], mask: bigint): B['value'] =>
  s.or(s.and(old, s.lit(~mask)), s.and(v, s.lit(mask)));
