/**
 * Zicsr and Zifencei. What a CSR is and who may touch it is said in cpu/priv; here is only when it is read and written:
 * csrrw does not read for rd = x0, csrrs and csrrc do not write for rs1 = x0 (or an immediate of 0).
 * RISC-V unprivileged manual, "Zicsr" and "Zifencei".
 */

import { csrCheck, csrCombine, csrRead, csrWrite } from '../cpu/priv/procs.ts';
import { type Binary, namesRd, namesRs1 } from './bodies.ts';
import { Csr, CsrI, I } from './format.ts';
import { insn } from './insn.ts';
import type { Binding, Operands, Semantics } from './vocabulary.ts';

/** rd = csr, csr = operand: the CSR is not read for rd = x0. */
const exchange = <B extends Binding>(s: Semantics<B>, o: Operands<B>, operand: B['value']): void => {
  const source = s.let(operand);
  s.call(csrCheck, o.csr, s.lit(1), s.insn());
  const old = s.cell(s.lit(0));
  s.if(namesRd(s), () => old.set(s.call(csrRead, o.csr)));
  s.call(csrWrite, o.csr, source);
  s.setX(o.rd, old.get());
};
/** rd = csr, csr = f(csr, operand): the CSR is not written for rs1 = x0, or an immediate of 0. */
const combine = <B extends Binding>(s: Semantics<B>, o: Operands<B>, operand: B['value'], f: Binary): void => {
  const source = s.let(operand);
  const writes = s.letCond(namesRs1(s));
  s.call(csrCheck, o.csr, s.bool(writes), s.insn());
  const old = s.let(s.call(csrRead, o.csr));
  s.if(writes, () => void s.call(csrWrite, o.csr, f(s, s.call(csrCombine, o.csr, old), source)));
  s.setX(o.rd, old);
};
const set: Binary = (s, old, v) => s.or(old, v);
const clear: Binary = (s, old, v) => s.and(old, s.inv(v));

// biome-ignore format: encodings are laid out in columns to be audited
export const rvCsr = [
  //              csr          rs1   f3  rd    opcode
  insn('csrrw',   '............ ..... 001 ..... 1110011', Csr, (s, o) => exchange(s, o, s.x(o.rs1))),
  insn('csrrs',   '............ ..... 010 ..... 1110011', Csr, (s, o) => combine(s, o, s.x(o.rs1), set)),
  insn('csrrc',   '............ ..... 011 ..... 1110011', Csr, (s, o) => combine(s, o, s.x(o.rs1), clear)),
  insn('csrrwi',  '............ ..... 101 ..... 1110011', CsrI, (s, o) => exchange(s, o, o.uimm)),
  insn('csrrsi',  '............ ..... 110 ..... 1110011', CsrI, (s, o) => combine(s, o, o.uimm, set)),
  insn('csrrci',  '............ ..... 111 ..... 1110011', CsrI, (s, o) => combine(s, o, o.uimm, clear)),
  // A fetch always sees the latest store; engines that keep code look again. Unused fields are ignored.
  insn('fence.i', '............ ..... 001 ..... 0001111', I, (s) => s.contextChanged(), ''),
];
