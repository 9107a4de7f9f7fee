/** Loads and stores of every width at every alignment, inside a page and across two, with edge values. */
import { A1, A2, A3, EBREAK, LOADS, STORES } from '../asm.ts';
import { type Batch, batch } from '../batch.ts';
import { codeWord, DATA, mem, TRAP, x } from '../layout.ts';
import { product } from '../operands.ts';

/** The last doubleword of a page. */
const EDGE = DATA + 0x1000 - 8;
const around = [mem(EDGE), mem(EDGE + 8)];
const words = [
  [0x8182_8384_8586_8788n, 0x0102_0304_0506_0708n],
  [0x7f00_ff80_8000_7fffn, 0xffff_ffff_ffff_ff80n],
];
const offsets = Array.from({ length: 16 }, (_, i) => BigInt(EDGE + i));
const immediates = [0, -2048, 2047, -1];

export function memory(): Batch[] {
  const inputs = [codeWord(0), x(A1, 'rs1'), ...around];
  /** rs1 is the address less the immediate, so that every access is at `address`. */
  const tuples = (make: (imm: number) => number): bigint[][] =>
    immediates.flatMap((imm) =>
      product([BigInt(make(imm & 0xfff))], offsets).flatMap(([word = 0n, address = 0n]) =>
        words.map((pair) => [word, address - BigInt(imm), ...pair]),
      ),
    );
  return [
    ...Object.entries(LOADS).map(([name, load]) =>
      batch({
        name: `${name}, every alignment`,
        code: [0, EBREAK],
        inputs,
        outputs: [TRAP.cause, x(A3, 'rd'), ...around],
        tuples: tuples((imm) => load(A3, A1, imm)),
      }),
    ),
    ...Object.entries(STORES).map(([name, store]) =>
      batch({
        name: `${name}, every alignment`,
        code: [0, EBREAK],
        inputs: [...inputs, x(A2, 'rs2'), mem(EDGE - 8), mem(EDGE + 16)],
        outputs: [TRAP.cause, mem(EDGE - 8), ...around, mem(EDGE + 16)],
        tuples: tuples((imm) => store(A2, A1, imm)).map((tuple) => [...tuple, 0x1122_3344_5566_7788n, -1n, 0n]),
      }),
    ),
    batch({
      name: 'accesses outside memory',
      code: [0, EBREAK],
      inputs: [codeWord(0), x(A1, 'rs1')],
      outputs: [TRAP.cause, TRAP.tval, TRAP.epc, x(A3, 'rd')],
      tuples: product(
        [...Object.values(LOADS).map((load) => load(A3, A1, 0)), ...Object.values(STORES).map((s) => s(A2, A1, 0))].map(
          BigInt,
        ),
        [0x0800_0000n, 0x0800_0ff8n, 0x1_8000_0000n, 0xff_ffff_fff8n, -8n, 0x8000_0000_8030_0000n],
      ),
    }),
  ];
}
