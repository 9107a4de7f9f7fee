/**
 * Derived metadata, for instructions of each kind.
 */
import { expect, test } from 'vitest';
import { csrCheck, csrRead, mret, takeTrap, updateTimer } from '../../../src/emu/cpu/priv/procs.ts';
import { metadata, procRaises } from '../../../src/emu/isa/metadata.ts';
import { instruction, instructions } from '../../../src/emu/isa/table.ts';

const of = (name: string) => metadata(instruction(name));

test('registers are told apart by file and by direction', () => {
  expect(of('add')).toMatchObject({ xReads: new Set(['rs1', 'rs2']), xWrites: new Set(['rd']), fWrites: new Set() });
  expect(of('fmadd.d')).toMatchObject({ fReads: new Set(['rs1', 'rs2', 'rs3']), fWrites: new Set(['rd']), fp: true });
  expect(of('fsd')).toMatchObject({ xReads: new Set(['rs1']), fReads: new Set(['rs2']), fWrites: new Set() });
  expect(of('fcvt.w.s')).toMatchObject({ fReads: new Set(['rs1']), xWrites: new Set(['rd']) });
  expect(of('lui')).toMatchObject({ xReads: new Set(), xWrites: new Set(['rd']) });
});

test('integer arithmetic does not raise and goes on to the next instruction', () => {
  for (const name of ['add', 'divw', 'rev8', 'addi', 'lui', 'fence'])
    expect(of(name), name).toMatchObject({ raises: false, endsBlock: false, reads: false, writes: false, fp: false });
});

test('memory accesses may raise and do not end a block', () => {
  expect(of('lw')).toMatchObject({ raises: true, endsBlock: false, reads: true, writes: false });
  expect(of('sd')).toMatchObject({ raises: true, endsBlock: false, reads: false, writes: true });
  expect(of('amoadd.w')).toMatchObject({ raises: true, reads: true, writes: true });
  expect(of('sc.d')).toMatchObject({ raises: true, reads: false, writes: true });
});

test('what leaves the straight line ends a block', () => {
  const ending = instructions.filter((row) => metadata(row).endsBlock).map(({ name }) => name);
  const branches = ['beq', 'bne', 'blt', 'bge', 'bltu', 'bgeu'];
  const csr = ['csrrw', 'csrrs', 'csrrc', 'csrrwi', 'csrrsi', 'csrrci'];
  const system = ['fence.i', 'mret', 'sret', 'wfi', 'sfence.vma', 'ecall', 'ebreak'];
  expect(new Set(ending)).toEqual(new Set(['jal', 'jalr', ...branches, ...csr, ...system]));
});

test('what procedures raise counts for the instructions that call them', () => {
  expect(procRaises(csrCheck)).toBe(true);
  expect(procRaises(mret)).toBe(true);
  for (const p of [csrRead, takeTrap, updateTimer]) expect(procRaises(p), p.name).toBe(false);
  expect(of('mret')).toMatchObject({ raises: true, calls: new Set([mret]) });
  expect(of('cbo.zero').raises).toBe(true);
});

test('floating point raises while mstatus.FS is off', () => {
  for (const row of instructions) if (metadata(row).fp) expect(metadata(row).raises, row.name).toBe(true);
});

test('a body asks only for operands that its format has', () => {
  for (const row of instructions) {
    const { xReads, xWrites, fReads, fWrites } = metadata(row);
    for (const operand of [...xReads, ...xWrites])
      expect(row.format[operand]?.kind, `${row.name} ${operand}`).toBe('x');
    for (const operand of [...fReads, ...fWrites])
      expect(row.format[operand]?.kind, `${row.name} ${operand}`).toBe('f');
  }
});
