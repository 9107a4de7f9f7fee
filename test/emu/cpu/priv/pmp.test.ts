/**
 * PMP checks against a byte-by-byte model, the accelerating window against the same, and the WARL rules of its CSRs.
 */
import { describe, expect, it } from 'vitest';
import { pmpAddrField } from '../../../../src/emu/cpu/hart-layout.ts';
import { decodePmp, pmpGrants } from '../../../../src/emu/cpu/priv/pmp.ts';
import { fetchTranslate, loadSlow, storeSlow } from '../../../../src/emu/cpu/priv/procs.ts';
import { Hart, RAM, random } from './hart.ts';

interface Entry {
  readonly cfg: number;
  readonly addr: bigint;
}

/** Whether an entry covers a byte: the manual's table of A, with the NAPOT range read off the string of ones. */
function covers({ cfg, addr }: Entry, below: bigint, byte: bigint): boolean {
  const word = byte >> 2n;
  switch ((cfg >> 3) & 3) {
    case 0:
      return false;
    case 1:
      return word >= below && word < addr;
    case 2:
      return word === addr;
    default: {
      const text = addr.toString(2).padStart(54, '0');
      const ones = BigInt(/1*$/.exec(text)![0].length);
      return word >> (ones + 1n) === addr >> (ones + 1n);
    }
  }
}

function model(entries: readonly Entry[], pa: bigint, bytes: number, access: number, machine: boolean): boolean {
  for (const [i, entry] of entries.entries()) {
    const below = i === 0 ? 0n : entries[i - 1]!.addr;
    const matched = Array.from({ length: bytes }, (_, n) => covers(entry, below, pa + BigInt(n)));
    if (!matched.includes(true)) continue;
    if (matched.includes(false)) return false;
    if (machine && (entry.cfg & 0x80) === 0) return true;
    return (entry.cfg & access) === access;
  }
  return machine;
}

function load(hart: Hart, entries: readonly Entry[]): void {
  const cfg = (from: number) =>
    entries.slice(from, from + 8).reduce((word, entry, i) => word | (BigInt(entry.cfg) << BigInt(8 * i)), 0n);
  for (const [i, { addr }] of entries.entries()) hart.set(pmpAddrField(i), addr);
  hart.set('pmpcfg0', cfg(0));
  hart.set('pmpcfg2', cfg(8));
  hart.call(decodePmp);
}

describe('a PMP check', () => {
  it('agrees with the model for random entries over a few hundred bytes', () => {
    const hart = new Hart();
    const rng = random(0x9e37n);
    const granted = [0, 0];
    for (let round = 0; round < 150; round++) {
      const density = 1 + rng.below(4);
      const entries = Array.from({ length: 16 }, () => ({
        cfg: rng.below(density) === 0 ? rng.below(256) & 0x9f : rng.below(8),
        addr: rng.below(8) === 0 ? (1n << 54n) - 1n : rng.bits(rng.below(2) === 0 ? 7 : 6),
      }));
      load(hart, entries);
      for (let i = 0; i < 40; i++) {
        const pa = BigInt(rng.below(600));
        const bytes = [1, 2, 4, 8, 64][rng.below(5)]!;
        const access = [1, 2, 4][rng.below(3)]!;
        const machine = rng.below(3) === 0;
        const found = hart.call(pmpGrants, pa, bytes, access, machine ? 1 : 0) === 1n;
        const at = { round, pa, bytes, access, machine, entries };
        if (found !== model(entries, pa, bytes, access, machine))
          expect({ found, ...at }).toEqual({ found: !found, ...at });
        granted[found ? 1 : 0]!++;
      }
    }
    expect(Math.min(...granted)).toBeGreaterThan(500);
  });

  it('lets M do everything and S and U nothing while no entry is active', () => {
    const hart = new Hart();
    for (const access of [1, 2, 4]) {
      expect(hart.call(pmpGrants, RAM, 8, access, 1)).toBe(1n);
      expect(hart.call(pmpGrants, RAM, 8, access, 0)).toBe(0n);
    }
  });

  it('answers for S and U from the open window what the entries say', () => {
    const hart = new Hart();
    // As firmware sets it up: its own memory hidden, a device hidden, everything else open.
    const entries = [
      { cfg: 0x18, addr: (RAM >> 2n) | 0x7fffn },
      { cfg: 0x18, addr: (0x0200_0000n >> 2n) | 0x1fffn },
      { cfg: 0x1f, addr: (1n << 54n) - 1n },
    ];
    load(hart, entries);
    const end = RAM + 0x4_0000n;
    expect([hart.get('pmpOpenLow'), hart.get('pmpOpenHigh')]).toEqual([end, (1n << 57n) - 1n]);
    for (const pa of [0n, 0x0200_0000n, 0x0201_0000n, RAM - 4n, RAM, end - 8n, end - 4n, end, end + 4096n])
      expect(hart.call(pmpGrants, pa, 8, 2, 0) === 1n).toBe(model(entries, pa, 8, 2, false));
  });
});

describe('a page that PMP splits', () => {
  const half = RAM + 5n * 4096n + 0x800n;
  /** In S, Bare: the lower half of page 5 hidden, all else open. */
  function split(): Hart {
    const hart = new Hart();
    load(hart, [
      { cfg: 0, addr: (RAM + 5n * 4096n) >> 2n },
      { cfg: 0x08, addr: half >> 2n },
      { cfg: 0x1f, addr: (1n << 54n) - 1n },
    ]);
    hart.setAll({ priv: 1n });
    return hart;
  }
  it('is checked at each access and never enters a TLB', () => {
    const hart = split();
    const before = hart.memory.buffer.slice(0);
    hart.poke(half, 0x99n);
    for (let i = 0; i < 2; i++) {
      expect(hart.try(loadSlow, half, 8)).toBe(0x99n);
      expect(hart.try(fetchTranslate, half)).toBe(half);
      for (const [p, cause] of [
        [loadSlow, 5n],
        [fetchTranslate, 1n],
      ] as const) {
        const args = p === loadSlow ? [half - 8n, 8] : [half - 2n];
        expect(hart.try(p, ...args)).toEqual({ cause, tval: args[0] });
        hart.setAll({ priv: 1n });
      }
      expect(hart.try(storeSlow, half - 4n, 8, 1)).toEqual({ cause: 7n, tval: half - 4n });
      hart.setAll({ priv: 1n });
    }
    const tlb = (buffer: ArrayBufferLike) => new Uint8Array(buffer, hart.layout.hartAt(0) + 0x800, 0x1_2000);
    expect(Buffer.compare(tlb(hart.memory.buffer), tlb(before))).toBe(0);
  });
});

describe('the PMP registers', () => {
  it('keep what is legal: 54 address bits, no bits 5 and 6, no W without R', () => {
    const hart = new Hart();
    hart.csrw(0x3b4, ~0n & ((1n << 64n) - 1n));
    expect(hart.csr(0x3b4)).toBe((1n << 54n) - 1n);
    hart.csrw(0x3a0, 0x7f_62_06_05_03_02_01_1en);
    expect(hart.csr(0x3a0)).toBe(0x1f_00_04_05_03_00_01_1cn);
    for (const absent of [0x3a1, 0x3a3, 0x3a4, 0x3c0])
      expect(hart.csrr(absent)).toEqual({ cause: 2n, tval: 0x1234_5073n });
  });

  it('stay as they are once locked, the address below a locked TOR entry included', () => {
    const hart = new Hart();
    hart.csrw(0x3b0, 0x100n);
    hart.csrw(0x3b1, 0x200n);
    hart.csrw(0x3b2, 0x300n);
    hart.csrw(0x3a0, 0x00_88_00n | 0x9b_00_00n); // entry 1 locked TOR, entry 2 locked NAPOT
    const cfg = hart.csr(0x3a0);
    hart.csrw(0x3a0, 0x1fn);
    expect(hart.csr(0x3a0)).toBe(cfg | 0x1fn);
    for (const [csr, v] of [
      [0x3b0, 0x100n],
      [0x3b1, 0x200n],
      [0x3b2, 0x300n],
    ] as const) {
      hart.csrw(csr, 0x777n);
      expect(hart.csr(csr)).toBe(v);
    }
    hart.csrw(0x3b3, 0x777n);
    expect(hart.csr(0x3b3)).toBe(0x777n);
  });

  it('take effect at once: a write empties the TLBs', () => {
    const hart = new Hart();
    hart.openPmp();
    hart.setAll({ priv: 1n, pmpaddr0: (1n << 54n) - 1n });
    expect(hart.try(loadSlow, RAM, 8)).toBe(0n);
    hart.setAll({ priv: 3n });
    hart.csrw(0x3a0, 0x18n);
    hart.setAll({ priv: 1n });
    expect(hart.try(loadSlow, RAM, 8)).toEqual({ cause: 5n, tval: RAM });
  });
});
