/**
 * An assembler small enough to be read at once: the formats of the base ISA as functions, and the few instructions that
 * the cases' own code needs. It shares nothing with src/emu/isa, which it helps to judge.
 */
const u32 = (n: number): number => n >>> 0;
const bits = (n: number, hi: number, lo: number): number => (n >>> lo) & (2 ** (hi - lo + 1) - 1);

export const rType = (op: number, f3: number, f7: number, rd: number, rs1: number, rs2: number): number =>
  u32((f7 << 25) | (rs2 << 20) | (rs1 << 15) | (f3 << 12) | (rd << 7) | op);
/** `imm` is the 12-bit field, signed or not. */
export const iType = (op: number, f3: number, rd: number, rs1: number, imm: number): number =>
  u32((imm << 20) | (rs1 << 15) | (f3 << 12) | (rd << 7) | op);
export const sType = (op: number, f3: number, rs1: number, rs2: number, imm: number): number =>
  u32((bits(imm, 11, 5) << 25) | (rs2 << 20) | (rs1 << 15) | (f3 << 12) | (bits(imm, 4, 0) << 7) | op);
export const bType = (f3: number, rs1: number, rs2: number, imm: number): number =>
  u32(
    (bits(imm, 12, 12) << 31) |
      (bits(imm, 10, 5) << 25) |
      (rs2 << 20) |
      (rs1 << 15) |
      (f3 << 12) |
      (bits(imm, 4, 1) << 8) |
      (bits(imm, 11, 11) << 7) |
      0x63,
  );
export const uType = (op: number, rd: number, imm20: number): number => u32((imm20 << 12) | (rd << 7) | op);
export const jal = (rd: number, imm: number): number =>
  u32(
    (bits(imm, 20, 20) << 31) |
      (bits(imm, 10, 1) << 21) |
      (bits(imm, 11, 11) << 20) |
      (bits(imm, 19, 12) << 12) |
      (rd << 7) |
      0x6f,
  );

export const ZERO = 0;
export const T0 = 5;
export const T1 = 6;
export const T2 = 7;
export const A0 = 10;
export const A1 = 11;
export const A2 = 12;
export const A3 = 13;
export const A4 = 14;
export const A5 = 15;
export const A6 = 16;
export const A7 = 17;
export const T6 = 31;

export const addi = (rd: number, rs1: number, imm: number): number => iType(0x13, 0, rd, rs1, imm);
export const NOP = addi(0, 0, 0);
export const jalr = (rd: number, rs1: number, imm: number): number => iType(0x67, 0, rd, rs1, imm);
const load = (f3: number) => (rd: number, rs1: number, imm: number) => iType(0x03, f3, rd, rs1, imm);
const store = (f3: number) => (rs2: number, rs1: number, imm: number) => sType(0x23, f3, rs1, rs2, imm);
export const LOADS = { lb: load(0), lh: load(1), lw: load(2), ld: load(3), lbu: load(4), lhu: load(5), lwu: load(6) };
export const STORES = { sb: store(0), sh: store(1), sw: store(2), sd: store(3) };

/** An A-extension word: funct5, aq and rl, width 2 (w) or 3 (d). */
export const amo = (f5: number, width: number, rd: number, rs1: number, rs2: number, aqrl = 0): number =>
  rType(0x2f, width, (f5 << 2) | aqrl, rd, rs1, rs2);
export const lr = (width: number, rd: number, rs1: number): number => amo(0b00010, width, rd, rs1, 0);
export const sc = (width: number, rd: number, rs1: number, rs2: number): number => amo(0b00011, width, rd, rs1, rs2);
export const amoadd = (width: number, rd: number, rs1: number, rs2: number): number => amo(0, width, rd, rs1, rs2);

/** Zicsr, by funct3. */
export const csrInsn = (f3: number, rd: number, csr: number, rs1: number): number => iType(0x73, f3, rd, rs1, csr);
export const csrrw = (rd: number, csr: number, rs1: number): number => csrInsn(1, rd, csr, rs1);
export const csrrs = (rd: number, csr: number, rs1: number): number => csrInsn(2, rd, csr, rs1);
export const csrrc = (rd: number, csr: number, rs1: number): number => csrInsn(3, rd, csr, rs1);
export const csrw = (csr: number, rs1: number): number => csrrw(0, csr, rs1);
export const csrr = (rd: number, csr: number): number => csrrs(rd, csr, 0);

export const ECALL = 0x0000_0073;
export const EBREAK = 0x0010_0073;
export const MRET = 0x3020_0073;
export const SRET = 0x1020_0073;
export const WFI = 0x1050_0073;
export const FENCE_I = 0x0000_100f;
export const sfenceVma = (rs1: number, rs2: number): number => rType(0x73, 0, 0x09, 0, rs1, rs2);

/** A 32-bit address or constant, zero-extended below 2^31 and kept so above it. Three words. */
export function la(rd: number, address: number): number[] {
  const low = (address << 20) >> 20;
  const high = ((address - low) / 4096) >>> 0;
  return [uType(0x37, rd, high), addi(rd, rd, low), iType(0x13, 1, rd, rd, 32), iType(0x13, 5, rd, rd, 32)];
}

/** Control and status registers that cases name. */
export const CSR = {
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
  misa: 0x301,
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
  mcycle: 0xb00,
  minstret: 0xb02,
  cycle: 0xc00,
  time: 0xc01,
  instret: 0xc02,
  mvendorid: 0xf11,
  marchid: 0xf12,
  mimpid: 0xf13,
  mhartid: 0xf14,
  mconfigptr: 0xf15,
} as const;
