/**
 * The cache-block instructions of Zicbom and Zicboz, on blocks of 64 bytes. Memory is coherent, so managing a block
 * does nothing but check; cbo.zero stores. tval of a fault is the value of rs1. Manual: "CMO Extensions", envcfg
 * fields CBIE, CBCFE, CBZE.
 */

import { type Binding, type Proc, proc, type Semantics } from '../../isa/vocabulary.ts';
import { alertOnTouch, Touch } from './alerts.ts';
import { CLASS_MASK, Class, classBits } from './contexts.ts';
import { Access, Cause, Envcfg, has, Priv } from './fields.ts';
import { pageWalk } from './page-walk.ts';
import { pmpGrants } from './pmp.ts';
import { translateStore } from './translate.ts';

/** Also in the device tree (riscv,cbom-block-size, riscv,cboz-block-size). */
export const CACHE_BLOCK_BYTES = 64;
const BLOCK_MASK = ~BigInt(CACHE_BLOCK_BYTES - 1);

/** Illegal below M where menvcfg, and in U where senvcfg too, has none of the bits of `enable`. */
function requireEnabled<B extends Binding>(s: Semantics<B>, enable: bigint, insn: B['value']): void {
  const priv = s.let(s.get('priv'));
  const byM = s.both(s.ne(priv, s.lit(Priv.M)), s.not(has(s, s.get('menvcfg'), enable)));
  const byS = s.both(s.eq(priv, s.lit(Priv.U)), s.not(has(s, s.get('senvcfg'), enable)));
  s.if(s.either(byM, byS), () => s.raise(s.lit(Cause.illegal), insn));
}

/** Raises a store access fault unless PMP grants the whole block and `answers` holds. */
function requireBlock<B extends Binding>(
  s: Semantics<B>,
  block: B['value'],
  access: B['value'],
  va: B['value'],
  answers: B['cond'],
): void {
  const cls = s.and(s.get('dataContext'), s.lit(CLASS_MASK));
  const machine = s.bool(s.eq(cls, s.lit(classBits(Class.machine))));
  const granted = s.call(pmpGrants, block, s.lit(CACHE_BLOCK_BYTES), access, machine);
  s.if(s.either(s.eq(granted, s.lit(0)), s.not(answers)), () => s.raise(s.lit(Cause.storeAccess), va));
}

/**
 * Managing a block needs permission to read or to write it, and neither page tables nor PMP can give W without R:
 * a read is checked, its faults are those of a store. The TLBs have no part in it.
 */
const checkBlock = proc('cboCheckBlock', ['va'], (s, va) => {
  const cls = s.let(s.and(s.get('dataContext'), s.lit(CLASS_MASK)));
  const pa = s.cell(va);
  s.if(s.geu(cls, s.lit(classBits(Class.user))), () => {
    pa.set(s.call(pageWalk, va, s.lit(Access.read), s.lit(Cause.storeAccess), cls));
  });
  const block = s.let(s.and(pa.get(), s.lit(BLOCK_MASK)));
  const answers = s.either(s.inRam(block, s.lit(CACHE_BLOCK_BYTES)), s.inDevice(block));
  requireBlock(s, block, s.lit(Access.read), va, answers);
});

const manage = (name: string, enable: bigint): Proc =>
  proc(name, ['va', 'insn'], (s, va, insn) => {
    requireEnabled(s, enable, insn);
    s.call(checkBlock, va);
  });
export const cboInval = manage('cboInval', Envcfg.CBIE);
export const cboClean = manage('cboClean', Envcfg.CBCFE);
export const cboFlush = manage('cboFlush', Envcfg.CBCFE);

/** Stores 64 zero bytes to the block around `va`, in RAM only. */
export const cboZero = proc('cboZero', ['va', 'insn'], (s, va, insn) => {
  requireEnabled(s, Envcfg.CBZE, insn);
  const block = s.let(s.and(s.call(translateStore, va, s.lit(1)), s.lit(BLOCK_MASK)));
  requireBlock(s, block, s.lit(Access.write), va, s.inRam(block, s.lit(CACHE_BLOCK_BYTES)));
  s.call(alertOnTouch, block, s.lit(CACHE_BLOCK_BYTES), s.lit(Touch.write));
  for (let i = 0; i < CACHE_BLOCK_BYTES; i += 8) s.ramStore(s.add(block, s.lit(i)), 8, s.lit(0));
});
