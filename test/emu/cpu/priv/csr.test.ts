/**
 * The CSR table: what each register keeps of all ones and all zeros (WARL), who may touch it, and what views show.
 */
import { describe, expect, it } from 'vitest';
import { csrName, csrTable } from '../../../../src/emu/cpu/priv/csr-table.ts';
import { csrCheck, csrCombine, csrRead } from '../../../../src/emu/cpu/priv/procs.ts';
import { Hart, ILLEGAL, INSN } from './hart.ts';

const ONES = (1n << 64n) - 1n;
const FS_DIRTY = 3n << 13n;

/** Every writable CSR: what it reads after all ones was written, and after 0; from reset, FS on. */
const warl: readonly (readonly [number, string, bigint, bigint])[] = [
  [0x001, 'fflags', 0x1fn, 0n],
  [0x002, 'frm', 7n, 0n],
  [0x003, 'fcsr', 0xffn, 0n],
  [0x100, 'sstatus', 0x8000_0002_000c_6122n, 0x2_0000_0000n],
  [0x104, 'sie', 0n, 0n],
  [0x105, 'stvec', 0n, 0n],
  [0x106, 'scounteren', 0xffff_ffffn, 0n],
  [0x10a, 'senvcfg', 0xf1n, 0n],
  [0x140, 'sscratch', ONES, 0n],
  [0x141, 'sepc', ONES - 1n, 0n],
  [0x142, 'scause', ONES, 0n],
  [0x143, 'stval', ONES, 0n],
  [0x144, 'sip', 0n, 0n],
  [0x14d, 'stimecmp', ONES, 0n],
  [0x180, 'satp', 0n, 0n],
  [0x300, 'mstatus', 0x8000_000a_007e_79aan, 0xa_0000_0000n],
  [0x301, 'misa', 0x8000_0000_0014_112dn, 0x8000_0000_0014_112dn],
  [0x302, 'medeleg', 0xb3ffn, 0n],
  [0x303, 'mideleg', 0x222n, 0n],
  [0x304, 'mie', 0xaaan, 0n],
  [0x305, 'mtvec', 0n, 0n],
  [0x306, 'mcounteren', 0xffff_ffffn, 0n],
  [0x30a, 'menvcfg', 0xa000_0000_0000_00f1n, 0n],
  [0x320, 'mcountinhibit', 5n, 0n],
  [0x340, 'mscratch', ONES, 0n],
  [0x341, 'mepc', ONES - 1n, 0n],
  [0x342, 'mcause', ONES, 0n],
  [0x343, 'mtval', ONES, 0n],
  [0x344, 'mip', 0x222n, 0n],
  [0x3a0, 'pmpcfg0', 0x9f9f_9f9f_9f9f_9f9fn, 0x9f9f_9f9f_9f9f_9f9fn],
  [0x3a2, 'pmpcfg2', 0x9f9f_9f9f_9f9f_9f9fn, 0x9f9f_9f9f_9f9f_9f9fn],
  [0x3b0, 'pmpaddr0', (1n << 54n) - 1n, 0n],
  [0x3bf, 'pmpaddr15', (1n << 54n) - 1n, 0n],
  [0x747, 'mseccfg', 0x300n, 0n],
  [0x7a0, 'tselect', 0n, 0n],
  [0x7a1, 'tdata1', 0n, 0n],
  [0x7a2, 'tdata2', 0n, 0n],
  [0x7a3, 'tdata3', 0n, 0n],
  [0x7a4, 'tinfo', 1n, 1n],
  [0xb03, 'mhpmcounter3', 0n, 0n],
  [0xb1f, 'mhpmcounter31', 0n, 0n],
  [0x323, 'mhpmevent3', 0n, 0n],
  [0x33f, 'mhpmevent31', 0n, 0n],
];

describe('the table', () => {
  it('has each number and each name once, in order', () => {
    const numbers = csrTable.map(({ number }) => number);
    expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
    expect(new Set(csrTable.map(({ name }) => name)).size).toBe(csrTable.length);
    expect([csrName(0x300), csrName(0x302), csrName(0x7b0)]).toEqual(['mstatus', 'medeleg', undefined]);
  });

  it.each(warl)('%# CSR 0x%s %s keeps the legal part of what is written', (number, name, ones, zeros) => {
    expect(csrName(number)).toBe(name);
    const hart = new Hart();
    hart.set('mstatus', 1n << 13n);
    if (name === 'sstatus' || name === 'mstatus') hart.set('mstatus', 0n);
    expect(hart.csrw(number, ONES)).toBe(0n);
    expect(hart.csr(number).toString(16)).toBe(ones.toString(16));
    expect(hart.csrw(number, 0n)).toBe(0n);
    expect(hart.csr(number).toString(16)).toBe(zeros.toString(16));
  });

  it('covers every writable CSR with a case above or a test below', () => {
    const elsewhere = /^(mcycle|minstret|seed|m?hpm.*|pmpaddr.*)$/;
    const tested = new Set(warl.map(([number]) => number));
    const missing = csrTable.filter(
      ({ number, name }) => number >> 10 !== 3 && !tested.has(number) && !elsewhere.test(name),
    );
    expect(missing.map(({ name }) => name)).toEqual([]);
  });

  it('keeps the old value where a reserved one is written', () => {
    const hart = new Hart();
    const written = (csr: number, first: bigint, second: bigint): bigint => {
      hart.csrw(csr, first);
      hart.csrw(csr, second);
      return hart.csr(csr);
    };
    expect(written(0x305, 0x1001n, 0x2002n)).toBe(0x1001n);
    expect(written(0x105, 0x1000n, 0x2003n)).toBe(0x1000n);
    const sv39 = (8n << 60n) | (0x3fn << 44n) | 0x80001n;
    expect(written(0x180, sv39 | (0x3c0n << 44n), 10n << 60n)).toBe(sv39);
    expect(written(0x180, sv39, (9n << 60n) | 5n)).toBe((9n << 60n) | 5n);
    expect(written(0x180, sv39, 5n)).toBe(0n);
    expect((written(0x300, 1n << 11n, 2n << 11n) >> 11n) & 3n).toBe(1n);
    expect(written(0x30a, 0x10n, 0x20n)).toBe(0x10n);
  });
});

describe('access', () => {
  it('follows the number: privilege in bits 9:8, read-only where bits 11:10 are ones', () => {
    const hart = new Hart();
    hart.setAll({ mcounteren: 0xffff_ffffn, scounteren: 0xffff_ffffn, mseccfg: 0x300n });
    for (const { number } of csrTable)
      for (const priv of [0n, 1n, 3n])
        for (const writes of [0, 1]) {
          hart.setAll({ priv, mstatus: FS_DIRTY, menvcfg: 1n << 63n });
          const byNumber = priv >= BigInt((number >> 8) & 3) && (writes === 0 || number >> 10 !== 3);
          const expected = byNumber && (number !== 0x015 || writes === 1);
          expect({ number, priv, writes, outcome: hart.try(csrCheck, number, writes, INSN) }).toEqual({
            number,
            priv,
            writes,
            outcome: expected ? 0n : ILLEGAL,
          });
        }
  });

  it('is illegal for each number without a row', () => {
    const hart = new Hart();
    const known = new Set(csrTable.map(({ number }) => number));
    for (let number = 0; number < 4096; number++) {
      if (known.has(number)) continue;
      hart.setAll({ priv: 3n });
      expect(hart.csrr(number)).toEqual(ILLEGAL);
    }
  });

  it('of the float CSRs needs FS, and a write makes FS dirty', () => {
    const hart = new Hart();
    for (const number of [1, 2, 3]) {
      hart.setAll({ priv: 0n, mstatus: 0n });
      expect(hart.csrr(number)).toEqual(ILLEGAL);
      hart.setAll({ priv: 0n, mstatus: 1n << 13n });
      expect(hart.csr(number)).toBe(0n);
      expect(hart.get('mstatus')).toBe(1n << 13n);
      hart.csrw(number, 0n);
      expect(hart.get('mstatus')).toBe(FS_DIRTY);
    }
    hart.csrw(3, 0xe5n);
    expect([hart.csr(1), hart.csr(2)]).toEqual([5n, 7n]);
  });

  it('of counters below M goes by mcounteren, in U by scounteren too', () => {
    const hart = new Hart();
    for (const number of [0xc00, 0xc01, 0xc02, 0xc03, 0xc1f]) {
      const bit = 1n << BigInt(number - 0xc00);
      for (const [priv, m, u, allowed] of [
        [3n, 0n, 0n, true],
        [1n, ONES - bit, ONES, false],
        [1n, bit, 0n, true],
        [0n, bit, ONES - bit, false],
        [0n, ONES - bit, bit, false],
        [0n, bit, bit, true],
      ] as const) {
        hart.setAll({ priv, mcounteren: m, scounteren: u });
        expect(typeof hart.csrr(number) === 'bigint').toBe(allowed);
      }
    }
  });

  it('of satp in S stops under TVM; of stimecmp in S needs STCE and mcounteren.TM', () => {
    const hart = new Hart();
    hart.setAll({ priv: 1n, mstatus: 1n << 20n });
    expect(hart.csrr(0x180)).toEqual(ILLEGAL);
    for (const [stce, tm, allowed] of [
      [0n, 2n, false],
      [1n, 0n, false],
      [1n, 2n, true],
    ] as const) {
      hart.setAll({ priv: 1n, menvcfg: stce << 63n, mcounteren: tm });
      expect(typeof hart.csrr(0x14d) === 'bigint').toBe(allowed);
    }
  });

  it('of seed is by a writing instruction, in S and U as mseccfg says, and gives 16 bits as ES16', () => {
    const hart = new Hart();
    hart.nondet.push(0xab_1234n);
    expect(hart.try(csrCheck, 0x15, 0, INSN)).toEqual(ILLEGAL);
    expect(hart.call(csrRead, 0x15)).toBe(0x8000_1234n);
    for (const [priv, mseccfg, allowed] of [
      [1n, 0x100n, false],
      [1n, 0x200n, true],
      [0n, 0x200n, false],
      [0n, 0x100n, true],
    ] as const) {
      hart.setAll({ priv, mseccfg });
      expect(hart.try(csrCheck, 0x15, 1, INSN)).toEqual(allowed ? 0n : ILLEGAL);
    }
  });
});

describe('views', () => {
  it('sie and sip show and take delegated bits only', () => {
    const hart = new Hart();
    hart.setAll({ mideleg: 0x202n, mie: 0xaaan, mip: 0x20n, lines: 0x200n });
    expect([hart.csr(0x104), hart.csr(0x144)]).toEqual([0x202n, 0x200n]);
    hart.csrw(0x104, 0x2n);
    expect(hart.csr(0x304)).toBe(0x8aan);
    hart.csrw(0x144, ONES);
    expect([hart.csr(0x144), hart.get('mip')]).toEqual([0x202n, 0x22n]);
    hart.setAll({ mideleg: 0n });
    hart.csrw(0x144, 0n);
    expect(hart.get('mip')).toBe(0x22n);
  });

  it('SEIP reads as software bit or line, but is written back as software bit', () => {
    const hart = new Hart();
    hart.setAll({ lines: 0x200n });
    const old = hart.csr(0x344);
    expect(old).toBe(0x200n);
    hart.csrw(0x344, hart.call(csrCombine, 0x344, old) | 2n);
    expect(hart.get('mip')).toBe(2n);
    hart.csrw(0x344, ONES);
    expect([hart.get('mip'), hart.get('lines')]).toEqual([0x222n, 0x200n]);
    expect(hart.call(csrCombine, 0x344, hart.csr(0x344))).toBe(0x222n);
    expect(hart.call(csrCombine, 0x304, 0xaaan)).toBe(0xaaan);
  });

  it('STIP is software’s until STCE hands it to stimecmp', () => {
    const hart = new Hart();
    hart.csrw(0x344, 0x20n);
    expect(hart.csr(0x344)).toBe(0x20n);
    hart.csrw(0x30a, 1n << 63n);
    expect(hart.csr(0x344)).toBe(0n);
    hart.csrw(0x344, 0x20n);
    expect(hart.csr(0x344)).toBe(0n);
    hart.csrw(0x14d, 0n);
    expect(hart.csr(0x344)).toBe(0x20n);
  });

  it('sstatus is part of mstatus, with SD following FS', () => {
    const hart = new Hart();
    hart.csrw(0x300, (1n << 17n) | (1n << 3n));
    hart.csrw(0x100, FS_DIRTY | 2n);
    expect(hart.csr(0x300)).toBe((1n << 63n) | (0xan << 32n) | (1n << 17n) | FS_DIRTY | 10n);
    expect(hart.csr(0x100)).toBe((1n << 63n) | (2n << 32n) | FS_DIRTY | 2n);
  });
});

describe('counters', () => {
  it.each([
    ['cycle', 0xb00, 0xc00, 1n],
    ['instret', 0xb02, 0xc02, 4n],
  ] as const)('%s counts ticks, can be set, and can be held', (_name, csr, shadow, inhibit) => {
    const hart = new Hart();
    hart.set('tick', 100n);
    expect([hart.csr(csr), hart.csr(shadow)]).toEqual([100n, 100n]);
    hart.csrw(csr, 7n);
    hart.set('tick', 101n);
    expect([hart.csr(csr), hart.csr(shadow)]).toEqual([7n, 7n]);
    hart.csrw(0x320, inhibit);
    hart.set('tick', 150n);
    expect(hart.csr(csr)).toBe(8n);
    hart.csrw(csr, 20n);
    hart.csrw(0x320, inhibit);
    expect(hart.csr(csr)).toBe(20n);
    hart.csrw(0x320, 0n);
    hart.set('tick', 161n);
    expect(hart.csr(csr)).toBe(30n);
  });
});
