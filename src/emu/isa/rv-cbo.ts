/**
 * Zicbom and Zicboz: cache-block management and zeroing. Checks and effects are in cpu/priv/cache-blocks.ts.
 * The prefetches of Zicbop are hints, encoded as ori with rd = x0, and need no row.
 * RISC-V unprivileged manual, "CMO Extensions".
 */

import { cboClean, cboFlush, cboInval, cboZero } from '../cpu/priv/procs.ts';
import { RS1 } from './format.ts';
import { type Body, insn } from './insn.ts';
import type { Proc } from './vocabulary.ts';

const block =
  (p: Proc): Body =>
  (s, o) => {
    s.call(p, s.x(o.rs1), s.insn());
  };
const BLOCK = '(rs1)';

// biome-ignore format: encodings are laid out in columns to be audited
export const rvCbo = [
  //                 funct12      rs1   f3  rd    opcode
  insn('cbo.inval', '000000000000 ..... 010 00000 0001111', RS1, block(cboInval), BLOCK),
  insn('cbo.clean', '000000000001 ..... 010 00000 0001111', RS1, block(cboClean), BLOCK),
  insn('cbo.flush', '000000000010 ..... 010 00000 0001111', RS1, block(cboFlush), BLOCK),
  insn('cbo.zero',  '000000000100 ..... 010 00000 0001111', RS1, block(cboZero), BLOCK),
];
