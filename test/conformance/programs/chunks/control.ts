/** Branches taken and not, jumps, and every row of the base ISA with random registers (x0 and equal ones too). */
import { A1, A2, A3, addi, bType, EBREAK, FENCE_I, iType, jal, LOADS, rType, STORES, uType } from '../asm.ts';
import { type Batch, batch, Flag } from '../batch.ts';
import { CHANGED, codeWord, TRAP, WINDOW, x } from '../layout.ts';
import { below, EDGES, pairs, product, randomSource } from '../operands.ts';
import { IMMEDIATE, ONE_OPERAND, SHIFTS, TWO_OPERANDS } from './integer.ts';

const BRANCHES = { beq: 0, bne: 1, blt: 4, bge: 5, bltu: 6, bgeu: 7 };

const branchInputs = [x(A1, 'rs1'), x(A2, 'rs2')];

function branches(): Batch[] {
  return Object.entries(BRANCHES).flatMap(([name, f3], i) => [
    batch({
      name: `${name} forwards`,
      code: [bType(f3, A1, A2, 12), addi(A3, 0, 1), EBREAK, addi(A3, 0, 2), EBREAK],
      inputs: branchInputs,
      outputs: [x(A3)],
      tuples: pairs(500 + i),
    }),
    batch({
      name: `${name} backwards`,
      code: [jal(0, 12), addi(A3, 0, 2), EBREAK, bType(f3, A1, A2, -8), addi(A3, 0, 1), EBREAK],
      inputs: branchInputs,
      outputs: [x(A3)],
      tuples: product(EDGES.slice(0, 5), EDGES.slice(3, 9)),
    }),
    batch({
      name: `${name} by every distance`,
      code: [0, EBREAK],
      inputs: [codeWord(0), ...branchInputs],
      outputs: [TRAP.epc],
      tuples: product(
        [-4096, -2048, -1026, -258, -2, 4, 6, 8, 30, 32, 510, 1024, 2046, 2048, 4094].map((d) =>
          BigInt(bType(f3, A1, A2, d)),
        ),
        [0n, -1n],
        [0n],
      ),
    }),
  ]);
}

function jumps(): Batch {
  const distances = [-0x10_0000, -0x8_0000, -4096, -2048, -2, 4, 6, 2046, 2048, 4094, 4096, 8190, 0x2000, 0xf_efe0];
  return batch({
    name: 'jal by every distance',
    code: [0, EBREAK],
    inputs: [codeWord(0)],
    outputs: [TRAP.cause, TRAP.epc, TRAP.tval, ...CHANGED],
    tuples: [0, 1, A3].flatMap((rd) => distances.map((d) => [BigInt(jal(rd, d))])),
  });
}

/** Each row with registers drawn from all 32: the registers start as pointers 16 bytes apart. */
function randomRegisters(): Batch[] {
  const random = randomSource(600);
  const reg = (): number => below(random, 32);
  const small = (): number => Number(random(8)) - 128;
  const makers: [string, () => number][] = [
    ...Object.entries(TWO_OPERANDS).map(([name, [op, f3, f7]]): [string, () => number] => [
      name,
      () => rType(op, f3, f7, reg(), reg(), reg()),
    ]),
    ...Object.entries(ONE_OPERAND).map(([name, [op, f3, imm]]): [string, () => number] => [
      name,
      () => iType(op, f3, reg(), reg(), imm),
    ]),
    ...Object.entries(IMMEDIATE).map(([name, [op, f3]]): [string, () => number] => [
      name,
      () => iType(op, f3, reg(), reg(), small() & 0xfff),
    ]),
    ...Object.entries(SHIFTS).map(([name, [op, f3, high, max]]): [string, () => number] => [
      name,
      () => iType(op, f3, reg(), reg(), (high << 6) | below(random, max + 1)),
    ]),
    ...Object.entries(BRANCHES).map(([name, f3]): [string, () => number] => [
      name,
      () => bType(f3, reg(), reg(), 2 * small()),
    ]),
    ...Object.entries(LOADS).map(([name, load]): [string, () => number] => [
      name,
      () => load(reg(), 1 + below(random, 31), small() & 0xfff),
    ]),
    ...Object.entries(STORES).map(([name, store]): [string, () => number] => [
      name,
      () => store(reg(), 1 + below(random, 31), small() & 0xfff),
    ]),
    ['lui', () => uType(0x37, reg(), Number(random(20)))],
    ['auipc', () => uType(0x17, reg(), Number(random(20)))],
    ['jal', () => jal(reg(), 2 * small())],
    ['fence', () => iType(0x0f, 0, reg(), reg(), Number(random(12)))],
    ['fence.i', () => FENCE_I],
    ['pause', () => 0x0100_000f],
    ['fence.tso', () => 0x8330_000f],
  ];
  return makers.map(([name, make]) =>
    batch({
      name: `${name}, random registers`,
      code: [0, EBREAK],
      inputs: [codeWord(0)],
      outputs: [TRAP.cause, TRAP.epc, TRAP.tval, ...CHANGED, ...WINDOW],
      flags: Flag.checkWindow,
      tuples: Array.from({ length: 16 }, () => [BigInt(make())]),
    }),
  );
}

export const control = (): Batch[] => [...branches(), jumps(), ...randomRegisters()];
