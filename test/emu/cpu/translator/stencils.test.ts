/** Stencils of guest instructions: which instructions share one, and what is left open in it. */

import { describe, expect, test } from 'vitest';
import { memoryLayout } from '../../../../src/emu/cpu/memory-layout.ts';
import { decodeGuest, type GuestInsn } from '../../../../src/emu/cpu/translator/guest-insn.ts';
import { tierOf } from '../../../../src/emu/cpu/translator/tier.ts';
import { TierLinker } from '../../../../src/emu/cpu/translator/tier-linker.ts';
import { instructions } from '../../../../src/emu/isa/table.ts';
import { ByteSink } from '../../../../src/emu/wasm/bytes.ts';
import { encodeInstr } from '../../../../src/emu/wasm/instr.ts';
import { ModuleBuilder } from '../../../../src/emu/wasm/module.ts';
import type { ValType } from '../../../../src/emu/wasm/opcodes.ts';
import type { Filling } from '../../../../src/emu/wasm/stencil.ts';
import { Random } from '../random.ts';
import { assemble } from './assembler.ts';
import { RAM_BYTES } from './guest.ts';

const layout = memoryLayout(RAM_BYTES);
const tier = tierOf(layout, 1, false);
const wordInsn = (word: number): GuestInsn => decodeGuest(word & 0xffff, () => word >>> 16) as GuestInsn;
function insn(text: string): GuestInsn {
  const [piece] = assemble(text, 0n).pieces;
  const halves = new DataView(piece!.bytes.buffer);
  return decodeGuest(halves.getUint16(0, true), () => halves.getUint16(2, true)) as GuestInsn;
}
const use = (text: string) => tier.stencils.of(insn(text));
const shared = (a: string, b: string): boolean => use(a).stencil === use(b).stencil;

describe('one stencil', () => {
  test('serves all registers and immediates of a pattern', () => {
    expect(shared('add a0, a1, a2', 'add t0, s1, s2')).toBe(true);
    expect(shared('addi a0, a1, 1', 'addi t0, s1, -5')).toBe(true);
    expect(shared('slli a0, a1, 1', 'slli t0, s1, 63')).toBe(true);
    expect(shared('fmadd.d fa0, fa1, fa2, fa3', 'fmadd.d ft0, ft1, ft2, ft3')).toBe(true);
    expect(shared('c.addi a0, 1', 'addi a1, a1, -7')).toBe(true);
    expect(shared('beq a0, a1, 8', 'beq s0, s1, 0xfffffffffffffff0')).toBe(true);
  });

  test('does not serve another pattern of registers, another mode or CSR', () => {
    expect(shared('add a0, a1, a2', 'add a0, a1, a1')).toBe(false);
    expect(shared('add a0, a1, a2', 'add a0, a0, a2')).toBe(false);
    expect(shared('add a0, a1, a2', 'add a0, zero, a2')).toBe(false);
    expect(shared('add a0, a1, a2', 'sub a0, a1, a2')).toBe(false);
    expect(shared('fadd.d fa0, fa1, fa2', 'fadd.d fa0, fa1, fa2, rtz')).toBe(false);
    expect(shared('csrrs a0, fflags, zero', 'csrrs a0, frm, zero')).toBe(false);
    // The same numbers in different files are different registers.
    expect(shared('fcvt.d.l ft5, t0', 'fcvt.d.l ft6, t0')).toBe(true);
  });

  test('says which registers and values it stands for', () => {
    expect(use('addi a0, a1, -5')).toMatchObject({ registers: { x: [10, 11], f: [] }, values: { imm: -5 } });
    expect(use('addi a0, a0, 7')).toMatchObject({ registers: { x: [10], f: [] }, values: { imm: 7 } });
    expect(use('fsd fs1, 8(s1)')).toMatchObject({ registers: { x: [9], f: [9] }, values: { imm: 8 } });
    expect(use('add zero, zero, zero').registers).toEqual({ x: [], f: [] });
  });
});

test('a stencil says whether it writes a word of 32 bits', () => {
  for (const text of ['addw a0, a1, a2', 'srliw a0, a1, 3', 'slt a0, a1, a2', 'sraw a0, a1, a2', 'mulw a0, a1, a2'])
    expect(use(text).givesNarrow, text).toBe(true);
  for (const text of ['add a0, a1, a2', 'or a0, a1, a2', 'srl a0, a1, a2', 'lw a0, 0(a1)', 'csrrs a0, frm, zero'])
    expect(use(text).givesNarrow, text).toBe(false);
});

test('what operates on words of 32 bits alone has a stencil of its own where it gives one', () => {
  const narrow = (text: string) => tier.stencils.of(insn(text), true);
  expect(narrow('or a0, a1, a2').givesNarrow).toBe(true);
  expect(narrow('or a0, a1, a2').stencil).toBe(narrow('or t0, t1, t2').stencil);
  expect(narrow('or a0, a1, a2').stencil).not.toBe(use('or a0, a1, a2').stencil);
  for (const text of ['add a0, a1, a2', 'addw a0, a1, a2', 'beq a1, a2, 8', 'sd a1, 0(a2)'])
    expect(narrow(text), text).toBe(use(text));
});

describe('the stencil of each row', () => {
  const linker = new TierLinker(new ModuleBuilder(), layout, tier);

  test.each(instructions.map((row) => [row.name, row] as const))('%s', (name, row) => {
    const random = new Random(20_260_111);
    for (let i = 0; i < 6; i++) {
      const word = (row.match | (random.word() & ~row.mask)) >>> 0;
      const guest = wordInsn(word);
      expect(guest.row.name).toBe(name);
      const { stencil, registers, values } = tier.stencils.of(guest);
      const asked = new Set<string>();
      const filling: Filling = {
        value: (hole) => {
          asked.add(hole);
          return values[hole] ?? 2n ** 40n;
        },
        local: (hole) => {
          const file = hole[0] as 'x' | 'f';
          const register = registers[file][Number(hole.slice(1))];
          expect(register, hole).toBeDefined();
          return 100 + register!;
        },
        temp: (index: number, type: ValType) => {
          expect(stencil.temps[index]).toBe(type);
          return 200 + index;
        },
        call: (callee) => {
          expect(stencil.callees).toContain(callee);
          return linker.named(callee);
        },
        branch: (label) => 10 + label,
      };
      const instrs = stencil.instrs(filling);
      const [filled, plain] = [new ByteSink(), new ByteSink()];
      stencil.encode(filled, filling);
      for (const instr of instrs) encodeInstr(plain, instr);
      expect(filled.toBytes()).toEqual(plain.toBytes());
      for (const hole of asked) expect([...Object.keys(values), 'pc', 'next', 'raw', 'ahead', 'after']).toContain(hole);
      // Nothing else of the region is touched than what stencils know by number.
      for (const instr of instrs) if ('local' in instr && instr.local < 100) expect(instr.local).toBeLessThan(8);
    }
  });
});
