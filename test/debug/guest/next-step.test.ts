/**
 * What the next step is said to do against what it does: random programs in every privilege with paging, protection,
 * interrupts and a device; each step is foretold, then made by an engine.
 */
import { expect, it } from 'vitest';
import { type MemoryAccess, type NextStep, nextStep } from '../../../src/debug/guest/next-step.ts';
import type { HartField } from '../../../src/emu/cpu/hart-layout.ts';
import { createInterpreter } from '../../../src/emu/cpu/interpreter/interpreter.ts';
import { RAM_BASE } from '../../../src/emu/cpu/memory-layout.ts';
import { createReference } from '../../../src/emu/cpu/reference/engine.ts';
import { encode } from '../../../src/emu/isa/table.ts';
import { tick } from '../../../src/lib/brands.ts';
import { BareMachine, DEVICE_BASE } from '../../emu/cpu/interpreter/bare-machine.ts';
import { changeScene, load } from '../../emu/cpu/interpreter/random-programs.ts';
import { Random } from '../../emu/cpu/random.ts';
import { flat, Guest } from '../../emu/machine/guest.ts';

const INTERRUPT = 1n << 63n;
/** The bare machine's device goes on where a board has nothing, or the end of a device. */
const inGap = (pa: bigint): boolean => pa >= BigInt(DEVICE_BASE) + 0x100n - 8n && pa < BigInt(DEVICE_BASE) + 0x1000n;

/** Its bytes may lie on two pages. */
const ramHas = (machine: BareMachine, { va, pa, upper, width, value }: MemoryAccess): boolean => {
  const lower = upper === undefined ? width : 4096 - Number(va & 0xfffn);
  const place = (i: number): bigint => (i < lower ? pa + BigInt(i) : upper! + BigInt(i - lower));
  const byteAt = (i: number): number | undefined =>
    machine.bytes[machine.layout.ramAt + Number(place(i) - BigInt(RAM_BASE))];
  const expected = Array.from({ length: width }, (_, i) => Number(((value ?? 0n) >> BigInt(8 * i)) & 0xffn));
  return expected.every((byte, i) => byteAt(i) === byte);
};

const isInRam = ({ pa }: MemoryAccess): boolean => pa >= BigInt(RAM_BASE);

function check(machine: BareMachine, told: NextStep, before: (field: HartField) => bigint): void {
  const { exception, interrupt, next, accesses } = told;
  const supervisor = machine.get('priv') === 1n;
  expect(machine.get('pc')).toBe(next);
  if (exception !== undefined) {
    const [cause, tval, epc] = supervisor
      ? (['scause', 'stval', 'sepc'] as const)
      : (['mcause', 'mtval', 'mepc'] as const);
    expect({ cause: machine.get(cause), tval: machine.get(tval), epc: machine.get(epc) }).toEqual({
      cause: exception.cause,
      tval: exception.tval,
      epc: told.pc,
    });
  }
  if (interrupt === undefined) expect([told.pc, told.priv]).toEqual([before('pc'), before('priv')]);
  else expect(interrupt.cause & INTERRUPT).toBe(INTERRUPT);
  const last = accesses.findLast(({ kind }) => kind === 'write');
  if (last !== undefined && isInRam(last)) expect(ramHas(machine, last)).toBe(true);
}

it.each([
  ['reference', 11, createReference],
  ['reference', 12, createReference],
  ['interpreter', 13, createInterpreter],
  ['interpreter', 14, createInterpreter],
] as const)('on the %s, seed %i', (_, seed, factory) => {
  const machine = new BareMachine(0x2_0000);
  const random = new Random(seed);
  const seen = { interrupts: 0, exceptions: 0, reads: 0, writes: 0 };
  load(machine, random);
  for (let scene = 0; scene < 120; scene++) {
    changeScene(machine, random);
    machine.engine(factory).rederive(machine.hart);
    for (let i = 0; i < 24; i++) {
      const fields = machine.registers();
      const told = nextStep(machine);
      expect(machine.registers()).toEqual(fields);
      if (told === 'idle') {
        expect(machine.run(factory, machine.get('tick') + 1n)).toBe('idle');
        break;
      }
      const { accesses, exception, interrupt } = told;
      const touched = [...accesses.map(({ pa }) => pa), exception?.tval ?? 0n, ...accesses.map(({ va }) => va)];
      for (const access of accesses) {
        if (access.kind === 'read' && isInRam(access)) expect(ramHas(machine, access)).toBe(true);
      }
      const reason = machine.run(factory, machine.get('tick') + 1n);
      if (reason === 'exit' || touched.some(inGap)) break;
      check(machine, told, (field) => fields[field]!);
      seen.interrupts += interrupt === undefined ? 0 : 1;
      seen.exceptions += exception === undefined ? 0 : 1;
      seen.reads += accesses.filter(({ kind }) => kind === 'read').length;
      seen.writes += accesses.filter(({ kind }) => kind === 'write').length;
    }
  }
  for (const [what, times] of Object.entries(seen)) expect({ what, any: times > 0 }).toEqual({ what, any: true });
});

it('tells accesses of every kind, and changes nothing of a board: RAM, TLBs, devices', () => {
  const [base, source] = [7, 6];
  const at = { rs1: base, aqrl: 0 };
  const program = flat([
    encode('lui', { rd: 5, imm: 0x1000_0000 }),
    encode('lbu', { rd: source, rs1: 5, imm: 5 }),
    encode('sb', { rs1: 5, rs2: source, imm: 0 }),
    encode('auipc', { rd: base, imm: 0x1000 }),
    encode('sd', { rs1: base, rs2: base, imm: 52 }),
    encode('addi', { rd: base, rs1: base, imm: 52 }),
    encode('amoadd.w', { ...at, rd: 8, rs2: source }),
    encode('lr.w', { ...at, rd: 8 }),
    encode('sc.w', { ...at, rd: 8, rs2: source }),
    encode('sc.w', { ...at, rd: 8, rs2: source }),
    encode('cbo.zero', { rs1: base }),
    encode('lw', { rd: 8, rs1: 0, imm: 16 }),
  ]);
  const { board, outputs } = new Guest({ images: { kernel: program } });
  const told: unknown[] = [];
  while (board.pc < 0x8000_0000n + BigInt(program.length)) {
    const [before, left] = [board.digest('all'), outputs.length];
    const step = nextStep(board);
    expect([board.digest('all'), outputs.length]).toEqual([before, left]);
    if (step === 'idle') break;
    const accesses = step.accesses.map(({ kind, va, width, value }) => `${kind} ${va.toString(16)} ${width} ${value}`);
    if (accesses.length > 0) told.push(accesses);
    if (step.exception !== undefined) {
      told.push(step.exception);
      break;
    }
    board.run(tick(board.tick + 1n));
  }
  expect(outputs).toHaveLength(1);
  const [low, added] = [0x8000_100cn, 0x8000_106cn];
  expect(told).toEqual([
    ['read 10000005 1 undefined'],
    ['write 10000000 1 96'],
    [`write 80001040 8 ${low}`],
    [`read 80001040 4 ${low}`, `write 80001040 4 ${added}`],
    [`read 80001040 4 ${added}`],
    ['write 80001040 4 96'],
    ['write 80001040 64 undefined'],
    { cause: 5n, tval: 16n },
  ]);
});

it('says that a hart waits', () => {
  const { board } = new Guest({ images: { kernel: flat([encode('wfi'), encode('wfi')]) } });
  expect(nextStep(board)).toMatchObject({ pc: 0x8000_0000n, next: 0x8000_0004n });
  board.run(tick(1));
  expect(nextStep(board)).toBe('idle');
  expect(board.run(tick(2))).toBe('idle');
});
