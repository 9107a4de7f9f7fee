/** Exceptions from M, S and U, delegated and not, direct and vectored; xRET; and what TVM, TW and TSR forbid. */
import {
  A1,
  A2,
  A3,
  amoadd,
  CSR,
  csrr,
  csrw,
  EBREAK,
  ECALL,
  jal,
  jalr,
  LOADS,
  lr,
  MRET,
  NOP,
  SRET,
  STORES,
  sfenceVma,
  T0,
  T1,
  T2,
  T6,
  WFI,
} from '../asm.ts';
import { type Batch, batch, Flag } from '../batch.ts';
import { CODE, codeWord, DATA, FIELD, M_TABLE, MSTATUS, S_BREAK_TABLE, S_TABLE, TRAP, x } from '../layout.ts';
import { product } from '../operands.ts';

const T3 = 28;
const T4 = 29;
export const SIE = 1n << 1n;
export const MIE = 1n << 3n;
export const SPIE = 1n << 5n;
export const MPIE = 1n << 7n;
export const SPP = 1n << 8n;
export const mpp = (mode: bigint): bigint => mode << 11n;
export const MPRV = 1n << 17n;
const TVM = 1n << 20n;
const TW = 1n << 21n;
const TSR = 1n << 22n;
export const AFTER = [
  TRAP.cause,
  TRAP.epc,
  TRAP.tval,
  TRAP.mstatus,
  TRAP.scause,
  TRAP.sepc,
  TRAP.stval,
  x(T6, 'entry of mtvec'),
];
const UNMAPPED = 0x0800_0000n;

function raised(): Batch {
  const insns = [0, 0x0001_0000, 0xffff_ffff, EBREAK, 0x0001_9002, ECALL, lr(3, A3, A2), amoadd(2, A3, A2, A1)].concat(
    [
      lr(3, A3, A1),
      LOADS.ld(A3, A1, 0),
      STORES.sd(A3, A1, 0),
      jalr(A3, A1, 0),
      jalr(A3, A1, 1),
      csrr(A3, CSR.mscratch),
    ],
    [csrr(A3, CSR.sscratch), csrw(CSR.cycle, A3), MRET, SRET, sfenceVma(0, 0), csrr(A3, CSR.satp), jal(0, 0x2000)],
  );
  const delegation = [
    [0n, BigInt(S_TABLE)],
    [0xb1ffn, BigInt(S_TABLE)],
    [0xb1ffn, BigInt(S_TABLE) + 1n],
    [0xb3f7n, BigInt(S_BREAK_TABLE) + 1n],
  ];
  const tuples = product(
    insns.map(BigInt),
    [0n, 1n, 3n].flatMap((mode) =>
      [0n, MPIE | SIE, SPIE | SPP, MPIE | SPIE | SIE].map((bits) => MSTATUS | mpp(mode) | bits),
    ),
    [BigInt(M_TABLE), BigInt(M_TABLE) + 1n],
  ).flatMap((tuple) => delegation.map((pair) => [...tuple, ...pair, BigInt(CODE + 24), UNMAPPED, BigInt(DATA + 1)]));
  return batch({
    name: 'exceptions',
    code: [
      csrw(CSR.medeleg, T2),
      csrw(CSR.stvec, T3),
      csrw(CSR.mtvec, T4),
      csrw(CSR.mstatus, T0),
      csrw(CSR.mepc, T1),
    ].concat([MRET, 0, EBREAK]),
    inputs: [codeWord(6), x(T0, 'mstatus'), x(T4, 'mtvec'), x(T2, 'medeleg'), x(T3, 'stvec'), x(T1), x(A1), x(A2)],
    outputs: AFTER,
    flags: Flag.resetCsrs,
    tuples,
  });
}

/** MRET and SRET in M-mode over every combination of the bits that they move. */
function returns(): Batch {
  const both = (bit: bigint): bigint[] => [0n, bit];
  const states = product(both(SIE), both(MIE), both(SPIE), both(MPIE), both(SPP), both(MPRV), both(TSR), [
    mpp(0n),
    mpp(1n),
    mpp(3n),
  ]);
  return batch({
    name: 'mret and sret',
    code: [csrw(CSR.mepc, A1), csrw(CSR.sepc, A1), csrw(CSR.mstatus, T0), 0, EBREAK],
    inputs: [codeWord(3), x(T0, 'mstatus'), x(A1, 'epc')],
    outputs: AFTER,
    flags: Flag.resetCsrs,
    tuples: states.flatMap((bits) =>
      [MRET, SRET].map((insn) => [BigInt(insn), bits.reduce((a, b) => a | b, MSTATUS), BigInt(FIELD + 0x3002)]),
    ),
  });
}

/** Privileged instructions in S and U under each of TVM, TW and TSR. WFI in S finds a delegated interrupt pending. */
function forbidden(): Batch {
  const insns = [SRET, MRET, WFI, sfenceVma(0, 0), sfenceVma(A1, A1), csrr(A3, CSR.satp), csrw(CSR.satp, 0), NOP];
  return batch({
    name: 'TVM, TW and TSR',
    code: [csrw(CSR.mideleg, A2), csrw(CSR.mie, A2), csrw(CSR.mip, A2), csrw(CSR.sepc, A1)].concat([
      csrw(CSR.mepc, T1),
      csrw(CSR.mstatus, T0),
      MRET,
      0,
      EBREAK,
    ]),
    inputs: [codeWord(7), x(T0, 'mstatus'), x(A2, 'mie, mip and mideleg'), x(T1), x(A1)],
    outputs: AFTER,
    flags: Flag.resetCsrs,
    tuples: product(
      insns.map(BigInt),
      [0n, TVM, TW, TSR, TVM | TW | TSR].flatMap((bits) =>
        [mpp(0n), mpp(0n) | SPP, mpp(1n), mpp(1n) | SPP, mpp(1n) | SPIE].map((more) => MSTATUS | bits | more),
      ),
    ).map(([insn = 0n, mstatus = 0n]) => {
      const inS = (mstatus & mpp(3n)) !== 0n;
      return [insn, mstatus, inS ? 2n : 0n, BigInt(CODE + 28), BigInt(FIELD + 0x3000)];
    }),
  });
}

export const exceptions = (): Batch[] => [raised(), returns(), forbidden()];
