/**
 * The reference engine: steps, boundaries, traps, memory, atomics, CSR instructions, by small programs.
 */
import { expect, test } from 'vitest';
import type { Bus } from '../../../../src/emu/cpu/engine.ts';
import { PageFlag } from '../../../../src/emu/cpu/memory-layout.ts';
import { BASE, type Line, noBus, program } from './program.ts';

const A0 = 10;
const A1 = 11;
const A2 = 12;
const DATA = 0x1000n;
const ADDRESS = BASE + DATA;
/** a1 = BASE + 0x1000. */
const pointer: Line = ['lui', { rd: A1, imm: -0x8000_0000 + 0x1000 }];
const unsignedPointer: readonly Line[] = [pointer, ['add.uw', { rd: A1, rs1: A1, rs2: 0 }]];
const nop: Line = ['addi', {}];
const mtvec = BASE + 0x100n;

test('a loop ends where it should, on the tick that it should', () => {
  // a0 = 10 + 9 + … + 1
  const { s, run } = program([
    ['addi', { rd: A1, rs1: 0, imm: 10 }],
    ['add', { rd: A0, rs1: A0, rs2: A1 }],
    ['addi', { rd: A1, rs1: A1, imm: -1 }],
    ['bne', { rs1: A1, rs2: 0, imm: -8 }],
    ['jal', { rd: 1, imm: 0 }],
  ]);
  expect(run(31)).toBe('limit');
  expect([s.x(A0), s.get('pc'), s.get('tick')]).toEqual([55n, BASE + 16n, 31n]);
  expect(run(1)).toBe('limit');
  expect([s.x(1), s.get('pc')]).toEqual([BASE + 20n, BASE + 16n]);
});

test('compressed instructions are two bytes long, and so is the return address after one', () => {
  const { s, run } = program([0x4515 /* c.li a0,5 */, 0x0505 /* c.addi a0,1 */, 0x9582 /* c.jalr a1 */]);
  s.setX(A1, BASE + 0x40n);
  run(3);
  expect([s.x(A0), s.x(1), s.get('pc')]).toEqual([6n, BASE + 6n, BASE + 0x40n]);
});

test('x0 stays zero', () => {
  const { s, run } = program([
    ['addi', { rd: 0, imm: 5 }],
    ['add', { rd: A0, rs1: 0, rs2: 0 }],
  ]);
  s.setX(A0, 1n);
  run(2);
  expect(s.x(A0)).toBe(0n);
});

test('loads extend as they say, stores mark their page', () => {
  const { s, layout, memory, run } = program([
    ...unsignedPointer,
    ['sd', { rs1: A1, rs2: A2, imm: 0 }],
    ['lb', { rd: 20, rs1: A1, imm: 7 }],
    ['lbu', { rd: 21, rs1: A1, imm: 7 }],
    ['lw', { rd: 22, rs1: A1, imm: 4 }],
    ['lwu', { rd: 23, rs1: A1, imm: 4 }],
    ['lh', { rd: 24, rs1: A1, imm: 3 }],
  ]);
  const flag = layout.pageFlagsAt + 1;
  const bytes = new Uint8Array(memory.buffer);
  bytes[flag] = 0;
  s.setX(A2, 0xfedc_ba98_7654_3210n);
  run(8);
  expect(s.x(20)).toBe(0xffff_ffff_ffff_fffen);
  expect(s.x(21)).toBe(0xfen);
  expect(s.x(22)).toBe(0xffff_ffff_fedc_ba98n);
  expect(s.x(23)).toBe(0xfedc_ba98n);
  expect(s.x(24)).toBe(0xffff_ffff_ffff_9876n);
  expect(bytes[flag]! & PageFlag.dirty).toBe(PageFlag.dirty);
});

test.each([
  ['ecall from M', ['ecall'], 11n, 0n],
  ['ebreak', ['ebreak'], 3n, BASE],
  ['an illegal instruction', 0xffff_ffff, 2n, 0xffff_ffffn],
  ['an illegal compressed instruction', 0x8000, 2n, 0x8000n],
  ['a load from nowhere', ['ld', { rd: 1, rs1: 0, imm: 8 }], 5n, 8n],
  ['a store to nowhere', ['sb', { rs1: 0, rs2: 0, imm: 8 }], 7n, 8n],
  ['a CSR that does not exist', ['csrrs', { rd: 1, csr: 0x5c0, rs1: 0 }], 2n, 0x5c00_20f3n],
] as const)('%s traps, in one tick', (_, line, cause, tval) => {
  const { s, run } = program([line as Line]);
  s.set('mtvec', mtvec);
  s.setX(1, 7n);
  expect(run(1)).toBe('limit');
  expect([s.get('mcause'), s.get('mtval'), s.get('mepc'), s.get('pc')]).toEqual([cause, tval, BASE, mtvec]);
  expect([s.get('tick'), s.x(1)]).toEqual([1n, 7n]);
});

test('a jump to where nothing can be fetched traps at its target', () => {
  const { s, run } = program([['jalr', { rd: 1, rs1: 0, imm: 0x40 }]]);
  s.set('mtvec', mtvec);
  run(2);
  expect([s.get('mcause'), s.get('mtval'), s.get('mepc')]).toEqual([1n, 0x40n, 0x40n]);
});

test('mret goes back', () => {
  const { s, run } = program([['mret']]);
  s.set('mepc', BASE + 8n);
  run(1);
  expect([s.get('pc'), s.get('priv')]).toEqual([BASE + 8n, 0n]);
});

test('atomics give the old value sign-extended and compare as words', () => {
  const { s, run } = program([
    ['amomin.w', { rd: 20, rs1: A1, rs2: A2 }],
    ['amominu.w', { rd: 21, rs1: A1, rs2: A2 }],
    ['amomax.w', { rd: 22, rs1: A1, rs2: A2 }],
    ['amoadd.d', { rd: 23, rs1: A1, rs2: A2 }],
  ]);
  s.setX(A1, ADDRESS);
  s.ramStore(ADDRESS, 8, 0x1111_1111_8000_0000n);
  s.setX(A2, 0xffff_ffff_0000_0001n); // the word is 1
  run(1);
  expect([s.x(20), s.ramLoad(ADDRESS, 8)]).toEqual([0xffff_ffff_8000_0000n, 0x1111_1111_8000_0000n]);
  run(1);
  expect([s.x(21), s.ramLoad(ADDRESS, 8)]).toEqual([0xffff_ffff_8000_0000n, 0x1111_1111_0000_0001n]);
  s.ramStore(ADDRESS, 4, 0x8000_0000n);
  run(1);
  expect([s.x(22), s.ramLoad(ADDRESS, 8)]).toEqual([0xffff_ffff_8000_0000n, 0x1111_1111_0000_0001n]);
  run(1);
  expect([s.x(23), s.ramLoad(ADDRESS, 8)]).toEqual([0x1111_1111_0000_0001n, 0x1111_1110_0000_0002n]);
});

test('a misaligned atomic traps', () => {
  const { s, run } = program([['amoadd.w', { rd: 1, rs1: A1, rs2: 0 }]]);
  s.setX(A1, ADDRESS + 2n);
  run(1);
  expect([s.get('mcause'), s.get('mtval')]).toEqual([6n, ADDRESS + 2n]);
});

test('a store-conditional succeeds once, and only where the load-reserved was', () => {
  const { s, run } = program([
    ['sc.d', { rd: 20, rs1: A1, rs2: A2 }],
    ['lr.d', { rd: 21, rs1: A1 }],
    ['sc.d', { rd: 22, rs1: A1, rs2: A2 }],
    ['sc.d', { rd: 23, rs1: A1, rs2: A2 }],
    ['lr.w', { rd: 24, rs1: A1 }],
    ['sc.w', { rd: 25, rs1: A0, rs2: A2 }],
  ]);
  s.setX(A1, ADDRESS);
  s.setX(A0, ADDRESS + 8n);
  s.setX(A2, 42n);
  s.ramStore(ADDRESS, 8, 7n);
  run(1);
  expect([s.x(20), s.ramLoad(ADDRESS, 8)]).toEqual([1n, 7n]);
  run(3);
  expect([s.x(21), s.x(22), s.x(23), s.ramLoad(ADDRESS, 8)]).toEqual([7n, 0n, 1n, 42n]);
  run(2);
  expect([s.x(24), s.x(25), s.ramLoad(ADDRESS + 8n, 8)]).toEqual([42n, 1n, 0n]);
});

test('CSR instructions read and write only when their operands say so', () => {
  const asked: number[] = [];
  const bus: Bus = { ...noBus, nondet: (kind) => BigInt(asked.push(kind)) };
  const seed = 0x015;
  const mscratch = 0x340;
  const mhartid = 0xf14;
  const { s, run } = program(
    [
      ['csrrw', { rd: 0, csr: seed, rs1: 0 }], // no read
      ['csrrw', { rd: 20, csr: seed, rs1: 0 }],
      ['csrrw', { rd: 21, csr: mscratch, rs1: A1 }],
      ['csrrsi', { rd: 22, csr: mscratch, uimm: 4 }],
      ['csrrc', { rd: 23, csr: mscratch, rs1: A2 }],
      ['csrrs', { rd: 24, csr: mscratch, rs1: 0 }],
      ['csrrs', { rd: 25, csr: mhartid, rs1: 0 }], // read-only, not written
      ['csrrw', { rd: 26, csr: mhartid, rs1: 0 }], // written: illegal
    ],
    bus,
  );
  s.setX(A1, 0xf0n);
  s.setX(A2, 0x80n);
  run(1);
  expect(asked).toEqual([]);
  run(6);
  expect(asked).toEqual([0]);
  expect([21, 22, 23, 24].map((r) => s.x(r))).toEqual([0n, 0xf0n, 0xf4n, 0x74n]);
  expect(s.get('mcause')).toBe(0n);
  run(1);
  expect(s.get('mcause')).toBe(2n);
});

test('wfi waits without making steps until an enabled interrupt is pending', () => {
  const { s, run } = program([['wfi'], nop]);
  expect(run(10)).toBe('idle');
  expect([s.get('tick'), s.get('pc')]).toEqual([1n, BASE + 4n]);
  s.set('mie', 1n << 3n);
  s.set('mip', 1n << 3n);
  run(1);
  expect([s.get('tick'), s.get('pc'), s.get('waiting')]).toEqual([2n, BASE + 8n, 0n]);
});

test('a device that asks for it ends the run', () => {
  const stores: [number, number, bigint][] = [];
  const { s, run } = program([['sh', { rs1: A1, rs2: A2, imm: 2 }], nop, nop], {
    ...noBus,
    has: (pa) => pa >= 0x10_0000 && pa < 0x10_1000,
    store: (pa, width, v) => {
      stores.push([pa, width, v]);
      s.set('exitRequest', 1n);
    },
  });
  s.setX(A1, 0x10_0000n);
  s.setX(A2, 0xffff_5555n);
  expect(run(10)).toBe('exit');
  expect(stores).toEqual([[0x10_0002, 2, 0x5555n]]);
  expect(s.get('tick')).toBe(1n);
});

test('floating point is illegal while FS is off, and makes FS dirty when it writes', () => {
  const { s, run } = program([
    ['fmv.w.x', { rd: 1, rs1: A1 }],
    ['fmv.w.x', { rd: 1, rs1: A1 }],
    ['fclass.s', { rd: A0, rs1: 1 }],
    ['fadd.s', { rd: 2, rs1: 1, rs2: 1, rm: 7 }],
  ]);
  s.set('mtvec', BASE + 4n);
  s.setX(A1, 0xffff_ffff_3f80_0000n);
  run(1);
  expect(s.get('mcause')).toBe(2n);
  const initial = 0x2000n;
  s.set('mstatus', initial);
  run(1);
  expect([s.f(1), s.get('mstatus')]).toEqual([0xffff_ffff_3f80_0000n, 0x6000n]);
  s.set('mstatus', initial);
  run(1);
  expect([s.x(A0), s.get('mstatus')]).toEqual([1n << 6n, initial]);
  s.set('frm', 5n);
  run(1);
  expect([s.get('mepc'), s.get('mcause'), s.f(2)]).toEqual([BASE + 12n, 2n, 0n]);
});

test('integer results of floating point make FS dirty only by a new flag', () => {
  const { s, run } = program([
    ['feq.d', { rd: A0, rs1: 1, rs2: 1 }],
    ['feq.d', { rd: A0, rs1: 2, rs2: 2 }],
  ]);
  s.set('mstatus', 0x2000n);
  s.setF(2, 0x7ff0_0000_0000_0001n); // signalling
  run(1);
  expect([s.x(A0), s.get('mstatus'), s.get('fflags')]).toEqual([1n, 0x2000n, 0n]);
  run(1);
  expect([s.x(A0), s.get('mstatus'), s.get('fflags')]).toEqual([0n, 0x6000n, 16n]);
});
