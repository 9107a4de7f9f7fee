/**
 * Where QEMU 7.2 answers otherwise than the manual, or than a choice the manual leaves open. Each entry says what it
 * masks as closely as it can; a difference that no entry covers is an error.
 */
export interface Difference {
  /** An input of the case by name. */
  readonly input: (name: string) => bigint;
  /** Another output of the case on this machine, by name; 0 where the case has none. */
  readonly other: (name: string) => bigint;
  /** Name of the output that differs. */
  readonly output: string;
  readonly expected: bigint;
  readonly found: bigint;
}
export interface Deviation {
  readonly chunk: RegExp;
  /** Batches by name. */
  readonly batch: RegExp;
  readonly why: string;
  readonly covers: (difference: Difference) => boolean;
}

const MPRV = 1n << 17n;
const isAmo = (instruction: bigint): boolean => (instruction & 0x7fn) === 0x2fn && (instruction >> 27n) % 32n !== 2n;
/** V without R, W and X, to an address outside memory. */
const pointsNowhere = (pte: bigint): boolean => {
  const table = ((pte >> 10n) & ((1n << 44n) - 1n)) << 12n;
  return (pte & 0xfn) === 1n && (table < 0x8000_0000n || table >= 0x8400_0000n);
};
/** Access fault to page fault of the same access. */
const PAGE_FAULT_OF: ReadonlyMap<bigint, bigint> = new Map([
  [1n, 12n],
  [5n, 13n],
  [7n, 15n],
]);

const FS_DIRTY = (1n << 63n) | 0x6000n;
const each = (byte: bigint): bigint => byte * 0x0101_0101_0101_0101n;
const legalPmpcfg = (value: bigint): bigint => (value & each(0x9dn)) | (value & ((value & each(1n)) << 1n));
const keep =
  (mask: bigint) =>
  (value: bigint): bigint =>
    value & mask;
/** Without VS, and without SD where VS alone raises it. */
const noVector =
  (mask: bigint) =>
  (value: bigint): bigint =>
    value & mask & ~((value & 0x600n) === 0x600n && (value & 0x6000n) !== 0x6000n ? (1n << 63n) | 0x600n : 0x600n);
/** ASIDLEN is 6; Bare clears the rest; Sv57 is not there. */
const legalSatp = (value: bigint): bigint => {
  const mode = value >> 60n;
  return mode === 8n || mode === 9n ? value & ((0xfn << 60n) | (0x3fn << 44n) | ((1n << 44n) - 1n)) : 0n;
};
/** CSRs whose fields QEMU 7.2 has more of: name, why, and the bits that both must agree on. */
const WARL: readonly (readonly [string, string, (value: bigint) => bigint])[] = [
  ['sstatus', 'UXL is read-only and there is no vector unit', noVector(~(0x3n << 32n))],
  ['mstatus', 'UXL and SXL are read-only, no vector unit, no hypervisor', noVector(~(0xffn << 32n))],
  ['scounteren|mcounteren', '32 bits wide', keep(0xffff_ffffn)],
  ['mcountinhibit', 'CY and IR only: no programmable counters', keep(5n)],
  ['sepc|mepc', 'bit 0 is 0', keep(~1n)],
  ['satp', 'ASIDLEN 6, no Sv57, Bare clears the rest', legalSatp],
  ['medeleg', 'no hypervisor causes, no delegation of ecall from M', keep(0xb3ffn)],
  ['mideleg', 'supervisor interrupts only', keep(0x222n)],
  ['mie|mip', 'no hypervisor or counter-overflow interrupts', keep(0xaaan)],
  ['pmpaddr\\d+', '54 bits wide', keep((1n << 54n) - 1n)],
  ['pmpcfg\\d', 'bits 5 and 6 of each byte are 0', legalPmpcfg],
];
/** First and last number: Zkr's mseccfg, programmable counters that read 0, triggers that say there are none. */
const ONLY_HERE: readonly (readonly [number, number])[] = [
  [0x747, 0x747],
  [0xb13, 0xb1f],
  [0x333, 0x33f],
  [0xc13, 0xc1f],
  [0x7a0, 0x7a4],
];
/** vstimecmp, though the hypervisor extension is off. */
const ONLY_QEMU: readonly (readonly [number, number])[] = [[0x24d, 0x24d]];

export const deviations: readonly Deviation[] = [
  {
    chunk: /./,
    batch: /./,
    why: 'ebreak: mtval (stval) is the address of the instruction here, 0 in QEMU; the manual allows both',
    covers: ({ output, expected, found, other }) =>
      expected === 0n &&
      ((output === 'mtval' && other('mcause+1') === 4n && found === other('mepc')) ||
        (output === 'stval' && other('scause') === 3n && found === other('sepc'))),
  },
  {
    chunk: /^integer$/,
    batch: /^ctzw$/,
    why: 'ctzw of a word of zeroes is 32; QEMU 7.2 counts on into the upper word',
    covers: ({ input, found }) => (input('rs1') & 0xffff_ffffn) === 0n && found === 32n,
  },
  {
    chunk: /^interrupts$/,
    batch: /views/,
    why: 'mie, mip and their views have no hypervisor and Sscofpmf bits, as neither is there; QEMU 7.2 keeps them',
    covers: ({ output, expected, found }) => /^[ms]i[ep]$/.test(output) && (expected & 0xaaan) === found,
  },
  {
    chunk: /^(amo|pages-.*)$/,
    batch: /./,
    why: 'an AMO where no memory is raises a store/AMO access fault; QEMU 7.2 raises a load access fault',
    covers: ({ input, output, expected, found }) =>
      isAmo(input('instruction')) && output === 'mcause+1' && expected === 6n && found === 8n,
  },
  {
    chunk: /^exceptions$/,
    batch: /./,
    why: 'MRET to a mode other than M, and SRET, clear MPRV; QEMU 7.2 leaves it',
    covers: ({ output, expected, found }) => output === 'mstatus' && found === (expected & ~MPRV) && found !== expected,
  },
  {
    chunk: /^pages/,
    batch: /./,
    why: 'a page table where no memory is raises an access fault; QEMU 7.2 raises a page fault',
    covers: ({ input, output, expected, found }) =>
      pointsNowhere(input('PTE')) &&
      ((output === 'mcause+1' && PAGE_FAULT_OF.get(found - 1n) === expected - 1n) ||
        (output === 'scause' && PAGE_FAULT_OF.get(found) === expected)),
  },
  ...WARL.map(
    ([name, why, legal]): Deviation => ({
      chunk: /^csr$/,
      batch: new RegExp(`^(${name})$`),
      why,
      covers: ({ expected, found }) => legal(expected) === legal(found),
    }),
  ),
  {
    chunk: /^csr$/,
    batch: /^menvcfg$/,
    why: 'menvcfg has ADUE, which is set at reset, and no PBMTE; QEMU 7.2 has PBMTE and always updates A and D',
    covers: ({ expected, found }) => ((expected ^ found) & ~(3n << 61n)) === 0n,
  },
  {
    chunk: /^csr$/,
    batch: /^every CSR number/,
    why: 'CSRs that only one of the two has: see ONLY_HERE and ONLY_QEMU',
    covers: ({ input, found, other }) => {
      const number = Number(input('instruction') >> 20n);
      const exists = other('mcause+1') === 4n;
      return (
        found !== 0n && (exists ? ONLY_HERE : ONLY_QEMU).some(([first, last]) => number >= first && number <= last)
      );
    },
  },
  {
    chunk: /^csr$/,
    batch: /^every CSR number, written/,
    why: 'CSRRS of a register but x0 writes, even no bits: illegal for a read-only CSR; QEMU 7.2 looks at the bits',
    covers: ({ input, other }) => input('instruction') >> 30n === 3n && other('mcause+1') === 3n,
  },
  {
    chunk: /^csr$/,
    batch: /^mcounteren/,
    why: 'hpmcounter31 reads 0 here; QEMU 7.2 has 16 programmable counters',
    covers: ({ input, other }) => input('instruction') >> 20n === 0xc1fn && other('mcause+1') === 4n,
  },
  {
    chunk: /^pmp$/,
    batch: /^pmpcfg bytes/,
    why: 'pmpcfg bits 5 and 6 are 0, and W without R, which is reserved, loses W; QEMU 7.2 keeps what is written',
    covers: ({ expected, found }) => legalPmpcfg(expected) === found,
  },
  {
    chunk: /^pmp$/,
    batch: /./,
    why: 'mtval of a misaligned access over two pages is the part that failed; QEMU 7.2 gives the beginning',
    covers: ({ input, output, expected, found }) =>
      output === 'mtval' && expected === input('address') && found === (expected | 0xfffn) + 1n,
  },
  {
    chunk: /^pmp$/,
    batch: /^(misaligned|NA4$)/,
    why: 'a misaligned access over two pages is two here, each of which may match its own entry; QEMU 7.2 makes one',
    covers: ({ input, other }) => (input('address') & 0xfffn) > 0xff8n && other('mcause+1') !== 0n,
  },
  {
    chunk: /^fp-extra$/,
    batch: /^(single|double)$/,
    why: 'raising a flag makes FS Dirty; QEMU 7.2 leaves it where the result goes to an x register',
    covers: ({ output, expected, found, other }) =>
      output === 'mstatus' && found === (expected | FS_DIRTY) && (other('fcsr') & 0x1fn) !== 0n,
  },
];
