/** Register arithmetic of RV64I, M, Zba, Zbb and Zbs: every instruction, every pair of edge operands. */
import { A1, A2, A3, EBREAK, iType, jalr, rType, uType } from '../asm.ts';
import { type Batch, batch } from '../batch.ts';
import { codeWord, TRAP, x } from '../layout.ts';
import { pairs, product, singles } from '../operands.ts';

const OP = 0x33;
const OP32 = 0x3b;
const OPIMM = 0x13;
const OPIMM32 = 0x1b;

/** opcode, funct3, funct7. */
export const TWO_OPERANDS: Readonly<Record<string, readonly [number, number, number]>> = {
  add: [OP, 0, 0],
  sub: [OP, 0, 0x20],
  sll: [OP, 1, 0],
  slt: [OP, 2, 0],
  sltu: [OP, 3, 0],
  xor: [OP, 4, 0],
  srl: [OP, 5, 0],
  sra: [OP, 5, 0x20],
  or: [OP, 6, 0],
  and: [OP, 7, 0],
  addw: [OP32, 0, 0],
  subw: [OP32, 0, 0x20],
  sllw: [OP32, 1, 0],
  srlw: [OP32, 5, 0],
  sraw: [OP32, 5, 0x20],
  mul: [OP, 0, 1],
  mulh: [OP, 1, 1],
  mulhsu: [OP, 2, 1],
  mulhu: [OP, 3, 1],
  div: [OP, 4, 1],
  divu: [OP, 5, 1],
  rem: [OP, 6, 1],
  remu: [OP, 7, 1],
  mulw: [OP32, 0, 1],
  divw: [OP32, 4, 1],
  divuw: [OP32, 5, 1],
  remw: [OP32, 6, 1],
  remuw: [OP32, 7, 1],
  'add.uw': [OP32, 0, 0x04],
  sh1add: [OP, 2, 0x10],
  sh2add: [OP, 4, 0x10],
  sh3add: [OP, 6, 0x10],
  'sh1add.uw': [OP32, 2, 0x10],
  'sh2add.uw': [OP32, 4, 0x10],
  'sh3add.uw': [OP32, 6, 0x10],
  andn: [OP, 7, 0x20],
  orn: [OP, 6, 0x20],
  xnor: [OP, 4, 0x20],
  max: [OP, 6, 0x05],
  maxu: [OP, 7, 0x05],
  min: [OP, 4, 0x05],
  minu: [OP, 5, 0x05],
  rol: [OP, 1, 0x30],
  ror: [OP, 5, 0x30],
  rolw: [OP32, 1, 0x30],
  rorw: [OP32, 5, 0x30],
  bclr: [OP, 1, 0x24],
  bext: [OP, 5, 0x24],
  binv: [OP, 1, 0x34],
  bset: [OP, 1, 0x14],
};

/** opcode, funct3 and the whole 12-bit immediate. */
export const ONE_OPERAND: Readonly<Record<string, readonly [number, number, number]>> = {
  clz: [OPIMM, 1, 0x600],
  ctz: [OPIMM, 1, 0x601],
  cpop: [OPIMM, 1, 0x602],
  clzw: [OPIMM32, 1, 0x600],
  ctzw: [OPIMM32, 1, 0x601],
  cpopw: [OPIMM32, 1, 0x602],
  'sext.b': [OPIMM, 1, 0x604],
  'sext.h': [OPIMM, 1, 0x605],
  'zext.h': [OP32, 4, 0x080],
  'orc.b': [OPIMM, 5, 0x287],
  rev8: [OPIMM, 5, 0x6b8],
};

export const IMMEDIATE: Readonly<Record<string, readonly [number, number]>> = {
  addi: [OPIMM, 0],
  slti: [OPIMM, 2],
  sltiu: [OPIMM, 3],
  xori: [OPIMM, 4],
  ori: [OPIMM, 6],
  andi: [OPIMM, 7],
  addiw: [OPIMM32, 0],
  jalr: [0x67, 0],
};

/** opcode, funct3, bits 31 to 26, greatest shift. */
export const SHIFTS: Readonly<Record<string, readonly [number, number, number, number]>> = {
  slli: [OPIMM, 1, 0x00, 63],
  srli: [OPIMM, 5, 0x00, 63],
  srai: [OPIMM, 5, 0x10, 63],
  slliw: [OPIMM32, 1, 0x00, 31],
  srliw: [OPIMM32, 5, 0x00, 31],
  sraiw: [OPIMM32, 5, 0x10, 31],
  'slli.uw': [OPIMM32, 1, 0x02, 63],
  rori: [OPIMM, 5, 0x18, 63],
  roriw: [OPIMM32, 5, 0x18, 31],
  bclri: [OPIMM, 1, 0x12, 63],
  bexti: [OPIMM, 5, 0x12, 63],
  binvi: [OPIMM, 1, 0x1a, 63],
  bseti: [OPIMM, 1, 0x0a, 63],
};

const IMMEDIATES = [0, 1, -1, 2047, -2048, 0x555, -0x556, 32].map((n) => n & 0xfff);
const SHIFT_AMOUNTS = [0, 1, 2, 7, 8, 15, 16, 30, 31, 32, 33, 62, 63];

export function integer(): Batch[] {
  const batches: Batch[] = [];
  const inputs = [x(A1, 'rs1'), x(A2, 'rs2')];
  const outputs = [x(A3, 'rd')];
  for (const [i, [name, [op, f3, f7]]] of Object.entries(TWO_OPERANDS).entries()) {
    const code = [rType(op, f3, f7, A3, A1, A2), EBREAK];
    batches.push(batch({ name, code, inputs, outputs, tuples: pairs(i) }));
  }
  for (const [i, [name, [op, f3, imm]]] of Object.entries(ONE_OPERAND).entries()) {
    const tuples = singles(100 + i, 60).map((a) => [a]);
    batches.push(batch({ name, code: [iType(op, f3, A3, A1, imm), EBREAK], inputs: [x(A1, 'rs1')], outputs, tuples }));
  }
  const patched = (name: string, words: readonly number[], seed: number): Batch =>
    batch({
      name,
      code: [0, EBREAK],
      inputs: [codeWord(0), x(A1, 'rs1')],
      outputs: [...outputs, TRAP.epc],
      tuples: product(words.map(BigInt), singles(seed, 12)),
    });
  for (const [i, [name, [op, f3]]] of Object.entries(IMMEDIATE).entries()) {
    if (name === 'jalr') continue;
    batches.push(
      patched(
        name,
        IMMEDIATES.map((imm) => iType(op, f3, A3, A1, imm)),
        200 + i,
      ),
    );
  }
  for (const [i, [name, [op, f3, high, max]]] of Object.entries(SHIFTS).entries()) {
    const amounts = SHIFT_AMOUNTS.filter((n) => n <= max);
    const words = amounts.map((n) => iType(op, f3, A3, A1, (high << 6) | n));
    batches.push(patched(name, words, 300 + i));
  }
  for (const [name, op] of [
    ['lui', 0x37],
    ['auipc', 0x17],
  ] as const) {
    const words = [0, 1, 0x7ffff, 0x80000, 0xfffff, 0x12345].map((imm) => uType(op, A3, imm));
    batches.push(patched(name, words, 400));
  }
  batches.push(
    batch({
      name: 'jalr over its operands',
      code: [jalr(A3, A1, 0), EBREAK],
      inputs: [codeWord(0), x(A1, 'rs1')],
      outputs: [...outputs, TRAP.epc],
      tuples: product(
        [
          [A3, 0],
          [A3, 1],
          [A3, 2047],
          [A3, -2048],
          [A3, -3],
          [A1, 4],
          [0, 2],
        ].map(([rd = 0, imm = 0]) => BigInt(jalr(rd, A1, imm & 0xfff))),
        [0x8020_2800n, 0x8020_2801n, 0x8020_2802n, 0x8020_27ffn, 0x8020_3000n],
      ),
    }),
  );
  return batches;
}
