/**
 * The procedures of the privileged architecture that instructions and engines call. What each one means is said where
 * it is.
 */

export { boundary } from './boundary.ts';
export { cboClean, cboFlush, cboInval, cboZero } from './cache-blocks.ts';
export { csrCheck, csrCombine, csrRead, csrWrite } from './csr-table.ts';
export { digestRam } from './digest.ts';
export { takeInterrupt } from './interrupts.ts';
export { amoTranslate, loadSlow, storeSlow } from './memory-access.ts';
export { rederive } from './rederive.ts';
export { readTime, updateTimer } from './timer.ts';
export { coolStores, flushTlb, sfenceVma } from './tlb.ts';
export { fetchTranslate } from './translate.ts';
export { mret, sret, takeTrap, wfi } from './traps.ts';
