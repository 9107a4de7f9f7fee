/**
 * RV64I: the base integer instructions but ecall and ebreak (rv-priv.ts).
 * RISC-V unprivileged manual, "RV32I Base Integer Instruction Set" and "RV64I".
 */

import { type Binary, branch, load, ri, rr, rshamt, store, word } from './bodies.ts';
import { B, I, J, R, S, Shift, ShiftW, U } from './format.ts';
import { insn } from './insn.ts';

const LOAD = 'rd, imm(rs1)';
const STORE = 'rs2, imm(rs1)';
const BRANCH = 'rs1, rs2, target';

/** Shifts of the low word, by the low five bits. */
const sllw: Binary = (s, a, n) => s.sext(32, s.sll(a, s.and(n, s.lit(31))));
const srlw: Binary = (s, a, n) => s.sext(32, s.srl(s.zext(32, a), s.and(n, s.lit(31))));
const sraw: Binary = (s, a, n) => s.sra(s.sext(32, a), s.and(n, s.lit(31)));

// biome-ignore format: encodings are laid out in columns to be audited
const jumps = [
  insn('lui',   '.................... ..... 0110111', U, (s, o) => s.setX(o.rd, o.imm), 'rd, upper'),
  insn('auipc', '.................... ..... 0010111', U, (s, o) => s.setX(o.rd, s.add(s.pc(), o.imm)), 'rd, upper'),
  insn('jal',   '.................... ..... 1101111', J, (s, o) => {
    s.setX(o.rd, s.nextPc());
    s.jump(s.add(s.pc(), o.imm));
  }, 'rd, target'),
  insn('jalr',  '............ ..... 000 ..... 1100111', I, (s, o) => {
    const target = s.let(s.and(s.add(s.x(o.rs1), o.imm), s.lit(-2)));
    s.setX(o.rd, s.nextPc());
    s.jump(target);
  }, LOAD),
  //            imm     rs2   rs1   f3  imm   opcode
  insn('beq',   '....... ..... ..... 000 ..... 1100011', B, branch((s, a, b) => s.eq(a, b)), BRANCH),
  insn('bne',   '....... ..... ..... 001 ..... 1100011', B, branch((s, a, b) => s.ne(a, b)), BRANCH),
  insn('blt',   '....... ..... ..... 100 ..... 1100011', B, branch((s, a, b) => s.lt(a, b)), BRANCH),
  insn('bge',   '....... ..... ..... 101 ..... 1100011', B, branch((s, a, b) => s.ge(a, b)), BRANCH),
  insn('bltu',  '....... ..... ..... 110 ..... 1100011', B, branch((s, a, b) => s.ltu(a, b)), BRANCH),
  insn('bgeu',  '....... ..... ..... 111 ..... 1100011', B, branch((s, a, b) => s.geu(a, b)), BRANCH),
];

// biome-ignore format: encodings are laid out in columns to be audited
const memory = [
  //             imm          rs1   f3  rd    opcode
  insn('lb',    '............ ..... 000 ..... 0000011', I, load(1, true), LOAD),
  insn('lh',    '............ ..... 001 ..... 0000011', I, load(2, true), LOAD),
  insn('lw',    '............ ..... 010 ..... 0000011', I, load(4, true), LOAD),
  insn('ld',    '............ ..... 011 ..... 0000011', I, load(8, false), LOAD),
  insn('lbu',   '............ ..... 100 ..... 0000011', I, load(1, false), LOAD),
  insn('lhu',   '............ ..... 101 ..... 0000011', I, load(2, false), LOAD),
  insn('lwu',   '............ ..... 110 ..... 0000011', I, load(4, false), LOAD),
  //             imm     rs2   rs1   f3  imm   opcode
  insn('sb',    '....... ..... ..... 000 ..... 0100011', S, store(1), STORE),
  insn('sh',    '....... ..... ..... 001 ..... 0100011', S, store(2), STORE),
  insn('sw',    '....... ..... ..... 010 ..... 0100011', S, store(4), STORE),
  insn('sd',    '....... ..... ..... 011 ..... 0100011', S, store(8), STORE),
  // One hart in program order: nothing to wait for. Unused fields are ignored, as the manual asks.
  insn('fence', '............ ..... 000 ..... 0001111', I, () => {}, 'pred, succ'),
];

// biome-ignore format: encodings are laid out in columns to be audited
const immediate = [
  insn('addi',  '............ ..... 000 ..... 0010011', I, ri((s, a, imm) => s.add(a, imm))),
  insn('slti',  '............ ..... 010 ..... 0010011', I, ri((s, a, imm) => s.bool(s.lt(a, imm)))),
  insn('sltiu', '............ ..... 011 ..... 0010011', I, ri((s, a, imm) => s.bool(s.ltu(a, imm)))),
  insn('xori',  '............ ..... 100 ..... 0010011', I, ri((s, a, imm) => s.xor(a, imm))),
  insn('ori',   '............ ..... 110 ..... 0010011', I, ri((s, a, imm) => s.or(a, imm))),
  insn('andi',  '............ ..... 111 ..... 0010011', I, ri((s, a, imm) => s.and(a, imm))),
  insn('addiw', '............ ..... 000 ..... 0011011', I, ri(word((s, a, imm) => s.add(a, imm)))),
  //            funct6 shamt  rs1   f3  rd    opcode
  insn('slli',  '000000 ...... ..... 001 ..... 0010011', Shift, rshamt((s, a, n) => s.sll(a, n))),
  insn('srli',  '000000 ...... ..... 101 ..... 0010011', Shift, rshamt((s, a, n) => s.srl(a, n))),
  insn('srai',  '010000 ...... ..... 101 ..... 0010011', Shift, rshamt((s, a, n) => s.sra(a, n))),
  insn('slliw', '0000000 ..... ..... 001 ..... 0011011', ShiftW, rshamt(sllw)),
  insn('srliw', '0000000 ..... ..... 101 ..... 0011011', ShiftW, rshamt(srlw)),
  insn('sraiw', '0100000 ..... ..... 101 ..... 0011011', ShiftW, rshamt(sraw)),
];

// biome-ignore format: encodings are laid out in columns to be audited
const register = [
  //           funct7  rs2   rs1   f3  rd    opcode
  insn('add',  '0000000 ..... ..... 000 ..... 0110011', R, rr((s, a, b) => s.add(a, b))),
  insn('sub',  '0100000 ..... ..... 000 ..... 0110011', R, rr((s, a, b) => s.sub(a, b))),
  insn('sll',  '0000000 ..... ..... 001 ..... 0110011', R, rr((s, a, b) => s.sll(a, b))),
  insn('slt',  '0000000 ..... ..... 010 ..... 0110011', R, rr((s, a, b) => s.bool(s.lt(a, b)))),
  insn('sltu', '0000000 ..... ..... 011 ..... 0110011', R, rr((s, a, b) => s.bool(s.ltu(a, b)))),
  insn('xor',  '0000000 ..... ..... 100 ..... 0110011', R, rr((s, a, b) => s.xor(a, b))),
  insn('srl',  '0000000 ..... ..... 101 ..... 0110011', R, rr((s, a, b) => s.srl(a, b))),
  insn('sra',  '0100000 ..... ..... 101 ..... 0110011', R, rr((s, a, b) => s.sra(a, b))),
  insn('or',   '0000000 ..... ..... 110 ..... 0110011', R, rr((s, a, b) => s.or(a, b))),
  insn('and',  '0000000 ..... ..... 111 ..... 0110011', R, rr((s, a, b) => s.and(a, b))),
  insn('addw', '0000000 ..... ..... 000 ..... 0111011', R, rr(word((s, a, b) => s.add(a, b)))),
  insn('subw', '0100000 ..... ..... 000 ..... 0111011', R, rr(word((s, a, b) => s.sub(a, b)))),
  insn('sllw', '0000000 ..... ..... 001 ..... 0111011', R, rr(sllw)),
  insn('srlw', '0000000 ..... ..... 101 ..... 0111011', R, rr(srlw)),
  insn('sraw', '0100000 ..... ..... 101 ..... 0111011', R, rr(sraw)),
];

export const rvI = [...jumps, ...memory, ...immediate, ...register];
