/**
 * Environment calls, returns from traps, waiting, and the address-translation fence.
 * RISC-V unprivileged manual, "Environment Call and Breakpoints"; privileged manual, "Privileged Instructions".
 */

import { mret, sfenceVma, sret, wfi } from '../cpu/priv/procs.ts';
import { Cause, namesRs1, namesRs2 } from './bodies.ts';
import { none, RS } from './format.ts';
import { insn } from './insn.ts';

// biome-ignore format: encodings are laid out in columns to be audited
export const rvPriv = [
  insn('ecall',      '000000000000 00000 000 00000 1110011', none, (s) =>
    s.raise(s.add(s.lit(Cause.ecallFromU), s.get('priv')), s.lit(0)),
  ),
  insn('ebreak',     '000000000001 00000 000 00000 1110011', none, (s) => s.raise(s.lit(Cause.breakpoint), s.pc())),
  insn('sret',       '000100000010 00000 000 00000 1110011', none, (s) => {
    s.jump(s.call(sret, s.insn()));
    s.contextChanged();
  }),
  insn('mret',       '001100000010 00000 000 00000 1110011', none, (s) => {
    s.jump(s.call(mret, s.insn()));
    s.contextChanged();
  }),
  insn('wfi',        '000100000101 00000 000 00000 1110011', none, (s) => {
    s.call(wfi, s.insn());
    s.contextChanged();
  }),
  //                  funct7  rs2   rs1   f3  rd    opcode
  insn('sfence.vma', '0001001 ..... ..... 000 00000 1110011', RS, (s, o) => {
    s.call(sfenceVma, s.x(o.rs1), s.x(o.rs2), s.bool(namesRs1(s)), s.bool(namesRs2(s)), s.insn());
    s.contextChanged();
  }),
];
