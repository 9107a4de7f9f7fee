/** What an instruction word says to the translator: where control goes, which registers it reads and writes. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeGuest, type Flow, type GuestInsn } from '../../../../src/emu/cpu/translator/guest-insn.ts';
import { encode, instructions } from '../../../../src/emu/isa/table.ts';
import { assemble } from './assembler.ts';

function insn(text: string): GuestInsn {
  const [piece] = assemble(text, 0x1000n).pieces;
  const halves = new DataView(piece!.bytes.buffer);
  return decodeGuest(halves.getUint16(0, true), () => halves.getUint16(2, true)) as GuestInsn;
}
const flowOf = (text: string): Flow => insn(text).flow;

describe('control goes', () => {
  test.each([
    ['add a0, a1, a2', { kind: 'next' }],
    ['csrrw a0, mstatus, a1', { kind: 'next' }],
    ['amoadd.w a0, a1, (a2)', { kind: 'next' }],
    ['jal zero, 0x1800', { kind: 'jump', distance: 0x800, link: false }],
    ['jal t2, 0x1800', { kind: 'jump', distance: 0x800, link: false }],
    ['jal ra, 0x0ffe', { kind: 'jump', distance: -2, link: true }],
    ['jal t0, 0x1004', { kind: 'jump', distance: 4, link: true }],
    ['c.j 0x1010', { kind: 'jump', distance: 0x10, link: false }],
    ['bltu a0, a1, 0x0f00', { kind: 'branch', distance: -0x100 }],
    ['beq zero, zero, 0x1100', { kind: 'branch', distance: 0x100 }],
    ['c.bnez a0, 0x1020', { kind: 'branch', distance: 0x20 }],
    ['jalr zero, 0(ra)', { kind: 'dynamic', link: false, isReturn: true }],
    ['jalr zero, 8(t0)', { kind: 'dynamic', link: false, isReturn: true }],
    ['c.jr ra', { kind: 'dynamic', link: false, isReturn: true }],
    ['jalr zero, 0(a0)', { kind: 'dynamic', link: false, isReturn: false }],
    ['jalr ra, 0(a0)', { kind: 'dynamic', link: true, isReturn: false }],
    ['jalr ra, 0(t0)', { kind: 'dynamic', link: true, isReturn: false }],
    ['c.jalr a0', { kind: 'dynamic', link: true, isReturn: false }],
    ['jalr zero, 16(zero)', { kind: 'dynamic', link: false, isReturn: false }],
    ['jalr ra, 16(zero)', { kind: 'dynamic', link: true, isReturn: false }],
    ['ecall', { kind: 'stop' }],
    ['c.ebreak', { kind: 'stop' }],
    ['mret', { kind: 'stop' }],
    ['wfi', { kind: 'stop' }],
    ['fence.i', { kind: 'stop' }],
    ['sfence.vma a0, a1', { kind: 'stop' }],
  ] as const)('after %s', (text, flow) => expect(flowOf(text)).toEqual(flow));

  test('as far as a jump or branch says', () => {
    const even = (bits: number) => fc.integer({ min: -(2 ** (bits - 1)), max: 2 ** (bits - 1) - 1 }).map((n) => n * 2);
    const decode = (word: number): Flow | undefined => decodeGuest(word & 0xffff, () => word >>> 16)?.flow;
    fc.assert(
      fc.property(even(20), even(12), (far, near) => {
        expect(decode(encode('jal', { rd: 0, imm: far }))).toMatchObject({ kind: 'jump', distance: far });
        expect(decode(encode('bge', { rs1: 3, rs2: 4, imm: near }))).toMatchObject({ kind: 'branch', distance: near });
      }),
    );
  });
});

describe('registers of', () => {
  const bit = (...registers: number[]): number => registers.reduce((set, r) => set | (1 << r), 0);
  test.each([
    ['add a0, a1, a2', { xReads: bit(11, 12), xWrites: bit(10), fReads: 0, fWrites: 0 }],
    ['addi zero, a1, 1', { xReads: bit(11), xWrites: 0, fReads: 0, fWrites: 0 }],
    ['add t6, zero, zero', { xReads: 0, xWrites: bit(31), fReads: 0, fWrites: 0 }],
    ['sd a0, 0(sp)', { xReads: bit(2, 10), xWrites: 0, fReads: 0, fWrites: 0 }],
    ['fmadd.s ft0, ft1, ft2, ft11', { xReads: 0, xWrites: 0, fReads: bit(1, 2, 31), fWrites: bit(0) }],
    ['fcvt.w.d a0, fa0', { xReads: 0, xWrites: bit(10), fReads: bit(10), fWrites: 0 }],
    ['fsd ft0, 0(a0)', { xReads: bit(10), xWrites: 0, fReads: bit(0), fWrites: 0 }],
    ['csrrw a0, fcsr, a1', { xReads: bit(11), xWrites: bit(10), fReads: 0, fWrites: 0 }],
    ['c.jalr a0', { xReads: bit(10), xWrites: bit(1), fReads: 0, fWrites: 0 }],
  ])('%s', (text, registers) => expect(insn(text).registers).toEqual(registers));
});

test('a word that no row claims is nothing, compressed or not', () => {
  expect(decodeGuest(0xffff, () => 0xffff)).toBeUndefined();
  expect(decodeGuest(0, () => 0)).toBeUndefined();
});

test('what has been met before is described once, and every row can be', () => {
  expect(insn('add a0, a1, a2')).toBe(insn('add a0, a1, a2'));
  for (const { match, name } of instructions) {
    expect(decodeGuest(match & 0xffff, () => match >>> 16)?.row.name).toBe(name);
  }
});
