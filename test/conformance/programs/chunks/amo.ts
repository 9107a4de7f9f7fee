/** The A extension: every AMO with edge operands, its aq and rl bits, misaligned addresses, and LR/SC sequences. */
import { A1, A2, A3, A4, A5, addi, amo, EBREAK, lr, NOP, STORES, sc } from '../asm.ts';
import { type Batch, batch, Flag } from '../batch.ts';
import { CHANGED, codeWord, DATA, mem, TRAP, x } from '../layout.ts';
import { pairs, product } from '../operands.ts';

const AMOS = {
  amoadd: 0b00000,
  amoswap: 0b00001,
  amoxor: 0b00100,
  amoor: 0b01000,
  amoand: 0b01100,
  amomin: 0b10000,
  amomax: 0b10100,
  amominu: 0b11000,
  amomaxu: 0b11100,
};
const AT = DATA + 0x1000 - 8;
const W = 2;
const D = 3;

function operands(): Batch[] {
  return Object.entries(AMOS).flatMap(([name, f5], i) =>
    [W, D].map((width) =>
      batch({
        name: `${name}.${width === W ? 'w' : 'd'}`,
        code: [amo(f5, width, A3, A1, A2), EBREAK],
        inputs: [mem(AT, 'memory'), x(A2, 'rs2'), x(A1, 'rs1')],
        outputs: [x(A3, 'rd'), mem(AT, 'memory')],
        tuples: pairs(700 + i).map((pair) => [...pair, BigInt(AT)]),
      }),
    ),
  );
}

/** Every funct5 of the AMO opcode, with both widths, all aq/rl, and rd, rs1, rs2 equal or x0. */
function variants(): Batch[] {
  const funct5 = Array.from({ length: 32 }, (_, i) => i);
  const registers: [number, number, number][] = [
    [A3, A1, A2],
    [0, A1, A2],
    [A1, A1, A2],
    [A2, A1, A2],
    [A3, A1, A1],
    [A3, A1, 0],
  ];
  const words = funct5.flatMap((f5) =>
    [0, 1, 2, 3, 4].flatMap((width) =>
      [0, 1, 2, 3].flatMap((aqrl) => registers.map(([rd, rs1, rs2]) => [BigInt(amo(f5, width, rd, rs1, rs2, aqrl))])),
    ),
  );
  return [
    batch({
      name: 'AMO opcode, every funct5, width, aq and rl',
      code: [0, EBREAK],
      inputs: [codeWord(0), mem(DATA + 16 * A1, 'memory')],
      outputs: [TRAP.cause, TRAP.epc, TRAP.tval, ...CHANGED, mem(DATA + 16 * A1, 'memory')],
      flags: Flag.resetCsrs,
      tuples: words.map((tuple) => [...tuple, 0x8000_0001_7fff_fffen]),
    }),
    batch({
      name: 'AMO, LR and SC at misaligned addresses and outside memory',
      code: [0, EBREAK],
      inputs: [codeWord(0), x(A1, 'rs1')],
      outputs: [TRAP.cause, TRAP.tval, TRAP.epc],
      tuples: product(
        [W, D].flatMap((width) => [amo(0, width, A3, A1, A2), lr(width, A3, A1)]).map(BigInt),
        [1n, 2n, 4n, 7n].map((n) => BigInt(AT) + n).concat(0x0800_0000n, 0x0800_0ff8n, -8n, 0x0800_0001n),
      ),
    }),
  ];
}

/** A1 and A4 are the two addresses, A2 the value stored; A3 and A5 hold what SC answered. */
function pairsOfLrSc(): Batch[] {
  const sequences: [string, number[]][] = [
    ['SC without LR', [sc(D, A3, A1, A2)]],
    ['LR.W, SC.W', [lr(W, A5, A1), sc(W, A3, A1, A2)]],
    ['LR.D, SC.D', [lr(D, A5, A1), sc(D, A3, A1, A2)]],
    ['LR.D, SC.D to another address', [lr(D, A5, A1), sc(D, A3, A4, A2)]],
    ['LR.D, SC.D twice', [lr(D, A5, A1), sc(D, A3, A1, A2), sc(D, A5, A1, A2)]],
    ['LR.D, failing SC.D, SC.D', [lr(D, A5, A1), sc(D, A5, A4, A2), sc(D, A3, A1, A2)]],
    ['LR.D, LR.D elsewhere, SC.D to the first', [lr(D, A5, A1), lr(D, A5, A4), sc(D, A3, A1, A2)]],
    ['LR.D, LR.D elsewhere, SC.D to the second', [lr(D, A5, A1), lr(D, A5, A4), sc(D, A3, A4, A2)]],
    ['LR.D, arithmetic, SC.D', [lr(D, A5, A1), addi(A2, A2, 1), NOP, sc(D, A3, A1, A2)]],
    ['LR.D, store elsewhere, SC.D', [lr(D, A5, A1), STORES.sd(A2, A4, 8), sc(D, A3, A1, A2)]],
    ['LR.W into its own base, SC.W', [addi(A4, A1, 0), lr(W, A1, A1), sc(W, A3, A4, A2)]],
    ['SC.D into its own source', [lr(D, A5, A1), sc(D, A2, A1, A2)]],
    ['SC.D of x0, result to x0', [lr(D, A5, A1), sc(D, 0, A1, 0)]],
  ];
  const base = BigInt(DATA + 0x800);
  return sequences.map(([name, code]) =>
    batch({
      name,
      code: [...code, EBREAK],
      inputs: [x(A1, 'a1'), x(A4, 'a4'), x(A2, 'a2'), mem(DATA + 0x800), mem(DATA + 0x810)],
      outputs: [TRAP.cause, x(A3), x(A5), x(A2), x(A1), mem(DATA + 0x800), mem(DATA + 0x810), mem(DATA + 0x818)],
      tuples: [0n, 5n, -1n].map((value) => [base, base + 16n, value, 0x8765_4321_9abc_def0n, 0x1111_2222_3333_4444n]),
    }),
  );
}

export const atomics = (): Batch[] => [...operands(), ...variants(), ...pairsOfLrSc()];
