/** CSRs: what each keeps of what is written; which of all 4,096 numbers exist in which mode; counter enables. */
import { A1, A2, A3, A4, A5, A6, CSR, csrInsn, csrr, csrrc, csrrs, csrrw, csrw, EBREAK, MRET, T0, T1 } from '../asm.ts';
import { type Batch, batch, Flag } from '../batch.ts';
import { CODE, codeWord, MSTATUS, TRAP, x } from '../layout.ts';
import { product, randomSource } from '../operands.ts';
import { mpp } from './exceptions.ts';

const READ_ONLY = { misa: CSR.misa, mvendorid: 0xf11, mhartid: 0xf14, mconfigptr: 0xf15 };
const WRITABLE = {
  fflags: 0x001,
  frm: 0x002,
  fcsr: 0x003,
  sstatus: 0x100,
  sie: 0x104,
  stvec: 0x105,
  scounteren: 0x106,
  senvcfg: 0x10a,
  sscratch: 0x140,
  sepc: 0x141,
  scause: 0x142,
  stval: 0x143,
  sip: 0x144,
  stimecmp: 0x14d,
  satp: 0x180,
  mstatus: 0x300,
  medeleg: 0x302,
  mideleg: 0x303,
  mie: 0x304,
  mtvec: 0x305,
  mcounteren: 0x306,
  menvcfg: 0x30a,
  mcountinhibit: 0x320,
  mscratch: 0x340,
  mepc: 0x341,
  mcause: 0x342,
  mtval: 0x343,
  mip: 0x344,
  pmpcfg0: 0x3a0,
  pmpcfg2: 0x3a2,
  pmpaddr0: 0x3b0,
  pmpaddr7: 0x3b7,
  pmpaddr15: 0x3bf,
};
/** Not written: locks, which could not be undone, and the reserved W without R, MPP = 2 and CBIE = 2. */
const each = (byte: bigint): bigint => byte * 0x0101_0101_0101_0101n;
const pairUp = (value: bigint, bit: bigint): bigint => (value & ~(3n << bit)) | (((value >> bit) & 1n) * (3n << bit));
const SHAPES: Readonly<Record<string, (value: bigint) => bigint>> = {
  pmpcfg0: (value) => (value & each(0x7dn)) | ((value & each(1n)) << 1n),
  pmpcfg2: (value) => (value & each(0x7dn)) | ((value & each(1n)) << 1n),
  mstatus: (value) => pairUp(value, 11n),
  menvcfg: (value) => pairUp(value, 4n),
  senvcfg: (value) => pairUp(value, 4n),
};

/** Old value, then what is read after CSRRW, CSRRS, CSRRC, CSRRWI, CSRRSI and CSRRCI, and the value CSRRW gave. */
function values(): Batch[] {
  const random = randomSource(1000);
  const edges = [
    -1n,
    0n,
    0x5555_5555_5555_5555n,
    1n << 63n,
    (8n << 60n) | 0x1234n,
    (9n << 60n) | 0xffff_ffffn,
    0x1aaan,
  ];
  const reads = [13, 15, 16, 17, 28, 29, 30, 31];
  return Object.entries({ ...READ_ONLY, ...WRITABLE }).map(([name, number]) => {
    const [r0 = 0, r1 = 0, r2 = 0, r3 = 0, r4 = 0, r5 = 0, r6 = 0, r7 = 0] = reads;
    const writes = [csrrw(r1, number, A2), csrr(r2, number), csrrs(0, number, A4), csrr(r3, number)]
      .concat([csrrc(0, number, A2), csrr(r4, number), csrInsn(5, 0, number, 21), csrr(r5, number)])
      .concat([csrInsn(6, 0, number, 10), csrr(r6, number), csrInsn(7, r7, number, 6), csrw(number, A1)]);
    const shape = SHAPES[name] ?? ((value: bigint) => value);
    return batch({
      name,
      code:
        number >= 0xc00 || name === 'misa'
          ? [csrr(A1, number), EBREAK]
          : [csrr(A1, number), ...writes, csrr(r0, number), EBREAK],
      inputs: [x(A2, 'written'), x(A4, 'set')],
      outputs: [x(A1, 'before'), ...reads.map((register, i) => x(register, `read ${i}`)), TRAP.cause],
      flags: Flag.resetCsrs,
      tuples: [...edges, ...Array.from({ length: 12 }, () => random(64))].map((written) => [
        shape(written),
        shape(random(64)),
      ]),
    });
  });
}

const MODES = [0n, 1n, 3n].map((mode) => MSTATUS | mpp(mode));

/** A set of no bits through a register is a write that changes nothing. */
function existence(): Batch[] {
  const access = (name: string, insn: (number: number) => number): Batch =>
    batch({
      name: `every CSR number, ${name}`,
      code: [csrw(CSR.mstatus, T0), csrw(CSR.mepc, T1), MRET, 0, EBREAK],
      inputs: [codeWord(3), x(T0, 'mstatus'), x(T1), x(A2)],
      outputs: [TRAP.cause, TRAP.epc, TRAP.tval],
      flags: Flag.resetCsrs,
      tuples: MODES.flatMap((mstatus) =>
        Array.from({ length: 4096 }, (_, number) => [BigInt(insn(number)), mstatus, BigInt(CODE + 12), 0n]),
      ),
      describe: ([word = 0n, mstatus = 0n]) =>
        `CSR ${(word >> 20n).toString(16)} from ${'US?M'[Number((mstatus >> 11n) & 3n)]}`,
    });
  return [access('read', (number) => csrr(A1, number)), access('written', (number) => csrrs(A1, number, A2))];
}

function enables(): Batch {
  const counters = [0xc00, 0xc01, 0xc02, CSR.stimecmp].map((number) => BigInt(csrr(0, number)));
  const rest = [CSR.satp, CSR.sstatus, CSR.scounteren, 0xc03, 0xc1f].map((number) => BigInt(csrr(A3, number)));
  return batch({
    name: 'mcounteren, scounteren and menvcfg.STCE',
    code: [csrw(CSR.mcounteren, A4), csrw(CSR.scounteren, A5), csrrs(0, CSR.menvcfg, A6), csrw(CSR.mstatus, T0)].concat(
      [csrw(CSR.mepc, T1), MRET, 0, EBREAK],
    ),
    inputs: [codeWord(6), x(A4, 'mcounteren'), x(A5, 'scounteren'), x(A6, 'menvcfg'), x(T0, 'mstatus'), x(T1)],
    outputs: [TRAP.cause, TRAP.epc, TRAP.tval, TRAP.mstatus],
    flags: Flag.resetCsrs,
    tuples: product([...counters, ...rest], [0n, 1n, 2n, 4n, 7n], [0n, 1n, 2n, 4n, 7n], [0n, 1n << 63n], MODES).map(
      (tuple) => [...tuple, BigInt(CODE + 24)],
    ),
  });
}

export const csr = (): Batch[] => [...values(), ...existence(), enables()];
