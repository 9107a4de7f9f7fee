/**
 * 32-bit encodings of every major opcode, funct3, funct7 and several rs2 fields, with all registers pointing into
 * memory: what is an instruction and what is illegal. Privileged ones have their batch; Zicsr and AMO their chunks.
 */
import { A1, A2, A3, CSR, csrw, EBREAK, rType } from '../asm.ts';
import { type Batch, batch, Flag } from '../batch.ts';
import { CHANGED, CHANGED_F, codeWord, FIELD, TRAP, WINDOW, x } from '../layout.ts';

const SYSTEM = 0x73;
const AMO = 0x2f;
/** OP, OP-32, OP-IMM, OP-IMM-32 and OP-FP decode the rs2 field. */
const RS2 = [0, 1, 2, 3, 7, 24];
const decodesRs2 = (op: number): boolean => [0x33, 0x3b, 0x13, 0x1b, 0x53].includes(op);

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

const stores = (op: number): boolean => op === 0x23 || op === 0x27;

function opcodes(): Batch[] {
  return range(32)
    .map((i) => (i << 2) | 3)
    .filter((op) => op !== SYSTEM && op !== AMO)
    .map((op) =>
      batch({
        name: `opcode ${op.toString(2).padStart(7, '0')}`,
        code: [0, EBREAK],
        inputs: [codeWord(0)],
        outputs: [TRAP.cause, TRAP.epc, TRAP.tval, ...CHANGED, ...CHANGED_F, ...(stores(op) ? WINDOW : [])],
        flags: Flag.useF | (stores(op) ? Flag.checkWide : 0),
        tuples: words(op).map((word) => [BigInt(word)]),
      }),
    );
}

/**
 * jal and the branches take their offset from these fields: their distances stay inside the field of c.ebreak; jalr
 * goes to the beginnings of doublewords, which are c.ebreak too.
 */
function words(op: number): number[] {
  if (op === 0x6f) return range(64).map((i) => (((i + 1) << 21) | (A3 << 7) | op) >>> 0);
  const funct7 = op === 0x63 ? [0, 1, 2, 63, 64, 127] : range(128);
  const rs2 =
    op === 0x67
      ? [0, 1, 8, 16, 24]
      : op === 0x17 || op === 0x37 || op === 0x63
        ? [0, 7]
        : decodesRs2(op)
          ? RS2
          : [0, 24];
  return range(8).flatMap((f3) => funct7.flatMap((f7) => rs2.map((r2) => rType(op, f3, f7, A3, A1, r2))));
}

/** SYSTEM with funct3 0 and 4, in M-mode: mret and sret go to a place set before; wfi finds SSIP pending. */
function privileged(): Batch {
  const privilegedWords = range(128).flatMap((f7) =>
    [0, 1, 2, 3, 4, 5, 7, 24].flatMap((r2) => [
      rType(SYSTEM, 0, f7, 0, 0, r2),
      rType(SYSTEM, 0, f7, 0, A1, r2),
      rType(SYSTEM, 0, f7, 1, 0, r2),
      rType(SYSTEM, 4, f7, 0, A1, r2),
    ]),
  );
  return batch({
    name: 'SYSTEM, funct3 0 and 4',
    code: [csrw(CSR.mepc, A1), csrw(CSR.sepc, A1), csrw(CSR.mie, A2), csrw(CSR.mip, A2), 0, EBREAK],
    inputs: [codeWord(4), x(A1), x(A2)],
    outputs: [TRAP.cause, TRAP.epc, TRAP.tval, TRAP.mstatus],
    flags: Flag.resetCsrs,
    tuples: privilegedWords.map((word) => [BigInt(word), BigInt(FIELD + 0x3000), 1n << 1n]),
  });
}

export const decode = (): Batch[] => [...opcodes(), privileged()];
