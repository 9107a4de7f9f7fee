/**
 * What lies between two steps, and at the edges of pages: the same cases on every engine, with the outcome written out.
 */

import { describe, expect, test } from 'vitest';
import { createInterpreter } from '../../../../src/emu/cpu/interpreter/interpreter.ts';
import { createReference } from '../../../../src/emu/cpu/reference/engine.ts';
import { encode } from '../../../../src/emu/isa/instructions.ts';
import { BareMachine, DEVICE_BASE, EXIT } from './bare-machine.ts';

const RAM = 0x8000_0000;
const HANDLER = RAM + 0x7000;
const TABLES = 0x4000;
const PAGE = 0x1000;
const addi = (rd: number, imm: number): number => encode('addi', { rd, rs1: rd, imm });

/** Instruction words one after the other, at an offset into RAM. */
function program(machine: BareMachine, offset: number, words: readonly number[]): void {
  words.forEach((word, i) => {
    machine.putWord(offset + 4 * i, word);
  });
}
function machineAt(pc: number): BareMachine {
  const machine = new BareMachine(0x8000);
  machine.set('pc', BigInt(pc));
  machine.set('mtvec', BigInt(HANDLER));
  return machine;
}
/** S-mode under Sv39; virtual page i of the first 2 MiB is RAM page `pages[i]`, or nothing. */
function page(machine: BareMachine, pages: readonly (number | undefined)[]): void {
  const entry = (offset: number, target: number, flags: number): void =>
    machine.view.setBigUint64(
      machine.layout.ramAt + offset,
      (BigInt((RAM + target) / PAGE) << 10n) | BigInt(flags),
      true,
    );
  entry(TABLES, TABLES + PAGE, 1);
  entry(TABLES + PAGE, TABLES + 2 * PAGE, 1);
  pages.forEach((target, i) => {
    if (target !== undefined) entry(TABLES + 2 * PAGE + 8 * i, target * PAGE, 0xcf);
  });
  machine.set('satp', (8n << 60n) | BigInt((RAM + TABLES) / PAGE));
  machine.set('priv', 1n);
  machine.set('pmpcfg0', 0x1fn);
  machine.set('pmpaddr0', 0x3f_ffff_ffff_ffffn);
}

describe.each([
  { name: 'interpreter', engine: createInterpreter },
  { name: 'reference', engine: createReference },
])('$name', ({ engine }) => {
  const run = (machine: BareMachine, ticks: number): string => {
    machine.engine(engine).rederive(machine.hart);
    return machine.run(engine, machine.get('tick') + BigInt(ticks));
  };

  test('an instruction may begin in one page and end in another that lies elsewhere', () => {
    const machine = machineAt(PAGE - 6);
    page(machine, [1, 3]);
    const word = addi(5, 77);
    machine.putWord(2 * PAGE - 6, addi(7, 1));
    machine.view.setUint16(machine.layout.ramAt + 2 * PAGE - 2, word & 0xffff, true);
    machine.view.setUint16(machine.layout.ramAt + 3 * PAGE, word >>> 16, true);
    machine.putWord(2 * PAGE, 0xffff_ffff);
    machine.putWord(3 * PAGE + 2, addi(6, 1));
    expect(run(machine, 3)).toBe('limit');
    expect([machine.x(7), machine.x(5), machine.x(6), machine.get('pc')]).toEqual([1n, 77n, 1n, BigInt(PAGE + 6)]);
  });

  test('a compressed instruction at the end of a page asks nothing of the next one', () => {
    const machine = machineAt(PAGE - 2);
    page(machine, [1]);
    machine.view.setUint16(machine.layout.ramAt + 2 * PAGE - 2, 0x0285, true); // c.addi x5, 1
    expect(run(machine, 1)).toBe('limit');
    expect([machine.x(5), machine.get('pc')]).toEqual([1n, BigInt(PAGE)]);
  });

  test('a fault of the second halfword has its own address in tval and the instruction in epc', () => {
    const machine = machineAt(PAGE - 2);
    page(machine, [1]);
    machine.view.setUint16(machine.layout.ramAt + 2 * PAGE - 2, addi(5, 77) & 0xffff, true);
    run(machine, 1);
    expect([machine.get('mcause'), machine.get('mtval'), machine.get('mepc')]).toEqual([
      12n,
      BigInt(PAGE),
      BigInt(PAGE - 2),
    ]);
  });

  test('where PMP splits a page, each fetch is checked', () => {
    const machine = machineAt(RAM);
    program(machine, 0, [addi(5, 1), addi(5, 1), addi(5, 1)]);
    machine.set('priv', 1n);
    machine.set('pmpcfg0', 0x0fn);
    machine.set('pmpaddr0', BigInt((RAM + 8) / 4));
    run(machine, 3);
    expect([machine.x(5), machine.get('mcause'), machine.get('mtval')]).toEqual([2n, 1n, BigInt(RAM + 8)]);
  });

  test('a jump from a page that PMP splits to any other page fetches from there', () => {
    for (const distance of [PAGE + 16, 2 * PAGE + 16, 3 * PAGE]) {
      const machine = machineAt(RAM);
      program(machine, 0, [encode('jal', { rd: 0, imm: distance })]);
      program(machine, distance, [addi(5, 1), addi(5, 1)]);
      machine.set('priv', 1n);
      machine.set('pmpcfg0', 0x0f0fn);
      machine.set('pmpaddr0', BigInt((RAM + 0x800) / 4));
      machine.set('pmpaddr1', 0x3f_ffff_ffff_ffffn);
      run(machine, 3);
      expect([machine.x(5), machine.get('pc')]).toEqual([2n, BigInt(RAM + distance + 8)]);
    }
  });

  test('an interrupt that a store brings about is taken before the next step, and costs no tick', () => {
    const machine = machineAt(RAM);
    program(machine, 0, [encode('sd', { rs1: 10, rs2: 11, imm: 0 }), addi(5, 1)]);
    program(machine, 0x7000, [addi(6, 1), addi(6, 1)]);
    machine.setX(10, BigInt(DEVICE_BASE));
    machine.setX(11, 0x800n);
    machine.set('mie', 0x800n);
    machine.set('mstatus', 8n);
    expect(run(machine, 2)).toBe('limit');
    expect([machine.x(5), machine.x(6), machine.get('mepc')]).toEqual([0n, 1n, BigInt(RAM + 4)]);
    expect(machine.get('mcause')).toBe((1n << 63n) | 11n);
  });

  test('an exit that a store asks for comes after that step', () => {
    const machine = machineAt(RAM);
    program(machine, 0, [addi(5, 1), encode('sw', { rs1: 10, rs2: 11, imm: 0 }), addi(5, 1)]);
    machine.setX(10, BigInt(EXIT));
    expect(run(machine, 10)).toBe('exit');
    expect([machine.get('tick'), machine.x(5)]).toEqual([2n, 1n]);
  });

  test('the timer interrupt is taken at the tick that time says', () => {
    const machine = machineAt(RAM);
    program(machine, 0, [encode('jal', { rd: 0, imm: 0 })]);
    program(machine, 0x7000, [encode('csrrs', { rd: 7, rs1: 0, csr: 0xb02 }), encode('jal', { rd: 0, imm: 0 })]);
    machine.set('mie', 0x80n);
    machine.set('mstatus', 8n);
    machine.set('rate', 1n << 23n);
    machine.set('mtimecmp', 50n);
    run(machine, 500);
    expect([machine.x(7), machine.get('tick')]).toEqual([100n, 500n]);
  });

  test('a waiting hart makes no step until an enabled interrupt is pending', () => {
    const machine = machineAt(RAM);
    program(machine, 0, [encode('wfi'), addi(5, 1)]);
    machine.set('mie', 0x800n);
    expect(run(machine, 10)).toBe('idle');
    expect([machine.get('tick'), machine.get('pc')]).toEqual([1n, BigInt(RAM + 4)]);
    machine.set('lines', 0x800n);
    machine.set('attention', 1n);
    expect(machine.run(engine, 2n)).toBe('limit');
    expect(machine.x(5)).toBe(1n);
  });

  test('an illegal instruction leaves its bits in mtval: 16 when compressed, else 32', () => {
    const machine = machineAt(RAM);
    machine.putWord(0, 0xabcd_0000);
    machine.putWord(0x7000, 0xffff_ffff);
    run(machine, 1);
    expect([machine.get('mcause'), machine.get('mtval')]).toEqual([2n, 0n]);
    machine.view.setUint16(machine.layout.ramAt, 0x8000, true); // reserved in quadrant 0
    machine.set('pc', BigInt(RAM));
    run(machine, 1);
    expect([machine.get('mcause'), machine.get('mtval')]).toEqual([2n, 0x8000n]);
    run(machine, 1);
    expect([machine.get('mtval'), machine.get('mepc')]).toEqual([0xffff_ffffn, BigInt(HANDLER)]);
  });

  test('a store is seen by the very next fetch', () => {
    const machine = machineAt(RAM);
    program(machine, 0, [encode('sw', { rs1: 10, rs2: 11, imm: 4 }), addi(5, 1)]);
    machine.setX(10, BigInt(RAM));
    machine.setX(11, BigInt(addi(5, 100)));
    run(machine, 2);
    expect(machine.x(5)).toBe(100n);
  });

  test('nothing runs when the limit is reached already', () => {
    const machine = machineAt(RAM);
    program(machine, 0, [addi(5, 1)]);
    expect(run(machine, 0)).toBe('limit');
    expect([machine.x(5), machine.get('tick')]).toEqual([0n, 0n]);
  });
});
