/**
 * Registers by name: every CSR against what `csrr` puts into a register when the next step is one, on both engines and
 * with random contents; and that reading changes nothing.
 */
import { describe, expect, it } from 'vitest';
import { isRegister, readRegister, readRegisters, registerNames } from '../../../src/debug/guest/registers.ts';
import { createInterpreter } from '../../../src/emu/cpu/interpreter/interpreter.ts';
import { csrTable } from '../../../src/emu/cpu/priv/csr-table.ts';
import { createReference } from '../../../src/emu/cpu/reference/engine.ts';
import { encode } from '../../../src/emu/isa/table.ts';
import type { Board } from '../../../src/emu/machine/board.ts';
import { tick } from '../../../src/lib/brands.ts';
import { Random } from '../../emu/cpu/random.ts';
import { flat, Guest } from '../../emu/machine/guest.ts';

const START = 0x8000_0000n;
const read = csrTable.filter(({ name }) => name !== 'seed');
/** Written with anything they change how the program itself runs: translation of its data, interrupts, protection. */
const left = /^(seed|mtvec|pmpcfg\d)$/;
const written = csrTable.filter(({ name, number }) => number >> 10 !== 3 && !left.test(name));
const MIE = 1n << 3n;

const FS = 3n << 13n;

/** `csrw` of each CSR from a1, then `csrr` of each to a0. */
const program = flat([
  ...written.map(({ number }) => encode('csrrw', { rd: 0, csr: number, rs1: 11 })),
  ...read.map(({ number }) => encode('csrrs', { rd: 10, csr: number, rs1: 0 })),
]);

function step(board: Board): void {
  expect(board.run(tick(board.tick + 1n))).toBe('limit');
}

describe.each([
  ['reference', createReference],
  ['interpreter', createInterpreter],
] as const)('on the %s', (_, factory) => {
  it.each([1, 2, 3, 4])('a CSR reads as csrr gives it, seed %i', (seed) => {
    const random = new Random(seed);
    const { board } = new Guest({ images: { kernel: program }, factory });
    const [hart] = board.harts;
    hart!.set('lines', BigInt(random.word() & 0xaaa));
    hart!.set('mstatus', FS);
    for (const { name } of written) {
      const value = random.wide();
      hart!.setX(11, name === 'mstatus' || name === 'sstatus' ? (value & ~MIE) | FS : value);
      step(board);
    }
    for (const { name } of read) {
      const expected = readRegister(board, name);
      step(board);
      expect({ name, value: hart!.x(10) }).toEqual({ name, value: expected });
    }
    expect(board.pc).toBe(START + BigInt(program.length));
  });
});

it('all names are read at once, without a trace in the machine', () => {
  const { board } = new Guest({ images: { kernel: program } });
  const [hart] = board.harts;
  hart!.setX(5, 55n);
  hart!.setX(8, 88n);
  hart!.setF(10, 1010n);
  const before = board.digest('all');
  const values = readRegisters(board, registerNames);
  expect(board.digest('all')).toBe(before);
  expect(values.size).toBe(2 + 32 + 32 + read.length);
  expect([values.get('t0'), values.get('fa0'), values.get('pc'), values.get('priv')]).toEqual([55n, 1010n, START, 3n]);
  expect(['x5', 'f10', 'fp', 'x0'].map((name) => readRegister(board, name))).toEqual([55n, 1010n, 88n, 0n]);
  expect([isRegister('mstatus'), isRegister('seed'), isRegister('x32')]).toEqual([true, false, false]);
  expect(() => readRegister(board, 'a8')).toThrow('no register a8');
});

it('a look at the exact clock gives guest time as it stands and asks nobody', () => {
  const nondet = () => expect.unreachable();
  const { board } = new Guest({ images: { kernel: program }, change: { clock: 'exact' }, nondet });
  board.apply({ kind: 'clock', time: 1234n, rate: 0n });
  expect(readRegister(board, 'time')).toBe(1234n);
});
