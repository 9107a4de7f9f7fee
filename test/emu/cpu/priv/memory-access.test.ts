/**
 * Slow loads, stores and atomics in their order of effects; the TLBs as machine state: filled, stale, dropped.
 */
import { describe, expect, it } from 'vitest';
import { fastTlbOffset, type TlbKind, tagTlbOffset } from '../../../../src/emu/cpu/hart-layout.ts';
import {
  amoTranslate,
  cboClean,
  cboFlush,
  cboInval,
  cboZero,
  digestRam,
  fetchTranslate,
  loadSlow,
  rederive,
  sfenceVma,
  storeSlow,
} from '../../../../src/emu/cpu/priv/procs.ts';
import { DEVICE, Hart, ILLEGAL, INSN, RAM } from './hart.ts';

const [V, R, W, X, U, A, D] = [1n, 2n, 4n, 8n, 16n, 64n, 128n] as const;
const ALL = V | R | W | X | A | D;
const page = (n: number): bigint => RAM + BigInt(n) * 4096n;
const pte = (to: bigint, flags: bigint): bigint => ((to >> 12n) << 10n) | flags;
const END = RAM + 64n * 4096n;

/** S in Sv39: virtual pages 0 to 511 by the table at page 0; a 2 MiB leaf slot n at page 1's entry n. */
function paged(): Hart {
  const hart = new Hart();
  hart.openPmp();
  hart.poke(page(2), pte(page(1), V));
  hart.poke(page(1), pte(page(0), V));
  hart.setAll({ priv: 1n, satp: (8n << 60n) | (page(2) >> 12n) });
  return hart;
}
const map = (hart: Hart, vpn: number, to: bigint, flags = ALL): void =>
  hart.poke(page(0) + 8n * BigInt(vpn), pte(to, flags));
const tag = (hart: Hart, kind: TlbKind, vpn: number): bigint =>
  hart.binding.hartLoad(BigInt(tagTlbOffset(kind) + 8 * vpn), 8);
const fastTag = (hart: Hart, kind: TlbKind, vpn: number): bigint =>
  hart.binding.hartLoad(BigInt(fastTlbOffset(kind) + 16 * vpn), 8);
const EMPTY = 0xffff_ffff_ffff_ffffn;

describe('loads and stores in RAM', () => {
  it('take every width at every alignment', () => {
    const hart = new Hart();
    for (const width of [1, 2, 4, 8] as const)
      for (let offset = 0n; offset < 16n; offset++) {
        const at = page(3) + 0xff8n + offset;
        const value = 0x8182_8384_8586_8788n;
        expect(hart.try(storeSlow, at, width, value)).toBe(0n);
        expect(hart.try(loadSlow, at, width)).toBe(BigInt.asUintN(8 * width, value));
        for (let i = 0n; i < BigInt(width); i++) expect(hart.peek(at + i, 1)).toBe((value >> (8n * i)) & 0xffn);
        expect(hart.peek(at + BigInt(width), 1)).toBe(0n);
        hart.poke(at, 0n, 8);
      }
  });

  it('over two pages translate both before the first byte moves', () => {
    const hart = paged();
    map(hart, 5, page(20));
    map(hart, 6, page(30), V | R | X | A);
    hart.poke(page(20) + 0xff8n, 0x1111_1111_1111_1111n);
    hart.poke(page(30), 0x2222_2222_2222_2222n);
    expect(hart.try(loadSlow, 0x5ffdn, 8)).toBe(0x2222_2222_2211_1111n);
    expect(hart.try(storeSlow, 0x5ffdn, 8, 0)).toEqual({ cause: 15n, tval: 0x6000n });
    expect(hart.peek(page(20) + 0xff8n)).toBe(0x1111_1111_1111_1111n);
    hart.setAll({ priv: 1n });
    map(hart, 6, page(30), ALL);
    expect(hart.try(storeSlow, 0x5ffdn, 8, 0x0807_0605_0403_0201n)).toBe(0n);
    expect(hart.peek(page(20) + 0xff8n)).toBe(0x0302_0111_1111_1111n);
    expect(hart.peek(page(30))).toBe(0x2222_2208_0706_0504n);
  });

  it('over two pages name the first page when that is the one to fault', () => {
    const hart = paged();
    map(hart, 6, page(30));
    expect(hart.try(loadSlow, 0x5ffdn, 4)).toEqual({ cause: 13n, tval: 0x5ffdn });
  });

  it('fault where nothing answers, also over the end of RAM', () => {
    const hart = new Hart();
    expect(hart.try(loadSlow, 0x4000_0000n, 4)).toEqual({ cause: 5n, tval: 0x4000_0000n });
    expect(hart.try(storeSlow, END, 1, 0)).toEqual({ cause: 7n, tval: END });
    expect(hart.try(loadSlow, END - 4n, 8)).toEqual({ cause: 5n, tval: END });
    expect(hart.try(loadSlow, 0xffff_ffff_ffff_fff8n, 8)).toEqual({ cause: 5n, tval: 0xffff_ffff_ffff_fff8n });
    expect(hart.try(fetchTranslate, DEVICE)).toEqual({ cause: 1n, tval: DEVICE });
    expect(hart.deviceAccesses).toEqual([]);
  });
});

describe('device accesses', () => {
  it('reach the device when aligned, and never fill a TLB', () => {
    const hart = new Hart();
    hart.deviceValue = 0xfedc_ba98_7654_3210n;
    expect(hart.try(loadSlow, DEVICE + 4n, 4)).toBe(0x7654_3210n);
    expect(hart.try(loadSlow, DEVICE + 8n, 8)).toBe(0xfedc_ba98_7654_3210n);
    expect(hart.try(storeSlow, DEVICE + 2n, 2, 0x1_2345n)).toBe(0n);
    expect(hart.deviceAccesses).toEqual(['load 10000004 4', 'load 10000008 8', `store 10000002 2 ${0x2345}`]);
    for (let i = 0; i < 1024; i++) expect([tag(hart, 'load', i), tag(hart, 'store', i)]).toEqual([EMPTY, EMPTY]);
  });
  it('are address-misaligned otherwise', () => {
    const hart = new Hart();
    expect(hart.try(loadSlow, DEVICE + 1n, 2)).toEqual({ cause: 4n, tval: DEVICE + 1n });
    expect(hart.try(storeSlow, DEVICE + 6n, 4, 0)).toEqual({ cause: 6n, tval: DEVICE + 6n });
  });
});

describe('atomic accesses', () => {
  it('fault as loads for LR and as stores otherwise, misaligned first of all', () => {
    const hart = paged();
    map(hart, 5, page(20), V | R | A);
    const fault = (cause: bigint, tval: bigint) => ({ cause, tval });
    expect(hart.try(amoTranslate, 0x5004n, 4, 0)).toBe(page(20) + 4n);
    expect(hart.try(amoTranslate, 0x5004n, 8, 0)).toEqual(fault(4n, 0x5004n));
    hart.setAll({ priv: 1n });
    expect(hart.try(amoTranslate, 0x9002n, 4, 1)).toEqual(fault(6n, 0x9002n));
    hart.setAll({ priv: 1n });
    expect(hart.try(amoTranslate, 0x5004n, 4, 1)).toEqual(fault(15n, 0x5004n));
    hart.setAll({ priv: 3n });
    expect(hart.try(amoTranslate, DEVICE, 4, 1)).toEqual(fault(7n, DEVICE));
    expect(hart.try(amoTranslate, DEVICE, 4, 0)).toEqual(fault(5n, DEVICE));
  });
});

describe('the TLBs', () => {
  it('are filled each by its own kind of access, and used in their own context only', () => {
    const hart = paged();
    map(hart, 5, page(20));
    hart.call(loadSlow, 0x5000n, 4);
    expect([tag(hart, 'load', 5), tag(hart, 'store', 5), tag(hart, 'fetch', 5)]).toEqual([
      0x5000n | 0x18n,
      EMPTY,
      EMPTY,
    ]);
    hart.call(storeSlow, 0x5000n, 4, 1n);
    hart.call(fetchTranslate, 0x5000n);
    expect([tag(hart, 'store', 5), tag(hart, 'fetch', 5)]).toEqual([0x5018n, 0x5018n]);
    hart.setAll({ priv: 0n });
    expect(hart.try(loadSlow, 0x5000n, 4)).toEqual({ cause: 13n, tval: 0x5000n });
    hart.setAll({ priv: 1n, mstatus: 1n << 18n, satp: hart.get('satp') | (0x2an << 44n) });
    hart.call(loadSlow, 0x5000n, 4);
    expect(tag(hart, 'load', 5)).toBe(0x5000n | (0x2an << 6n) | 0x20n);
  });

  it('keep a translation until a fence drops it, by address or whole', () => {
    for (const args of [
      [0x5123n, 0, 1, 0, INSN],
      [0, 0, 0, 0, INSN],
      [0x5123n, 7, 1, 1, INSN],
      [0, 7, 0, 1, INSN],
    ] as const) {
      const hart = paged();
      map(hart, 5, page(20));
      map(hart, 6, page(22));
      hart.poke(page(20), 1n);
      hart.poke(page(21), 2n);
      expect(hart.call(loadSlow, 0x5000n, 8)).toBe(1n);
      hart.call(loadSlow, 0x6000n, 8);
      map(hart, 5, page(21));
      expect(hart.call(loadSlow, 0x5000n, 8)).toBe(1n);
      hart.call(sfenceVma, ...args);
      expect(tag(hart, 'load', 6)).toBe(args[2] === 1 ? 0x6018n : EMPTY);
      expect(hart.call(loadSlow, 0x5000n, 8)).toBe(2n);
    }
  });

  it('drop all pieces of a superpage by an address anywhere in it', () => {
    const hart = paged();
    hart.poke(page(1) + 8n * 3n, pte(RAM, ALL));
    hart.poke(page(20), 5n);
    expect(hart.call(loadSlow, 0x60_0000n + 20n * 4096n, 8)).toBe(5n);
    hart.poke(page(1) + 8n * 3n, 0n);
    hart.call(sfenceVma, 0x7f_f000n, 0, 1, 0, INSN);
    expect(hart.try(loadSlow, 0x60_0000n + 20n * 4096n, 8)).toEqual({ cause: 13n, tval: 0x61_4000n });
  });

  it('refuse a fence in U, and in S under TVM', () => {
    const hart = paged();
    hart.setAll({ priv: 0n });
    expect(hart.try(sfenceVma, 0, 0, 0, 0, INSN)).toEqual(ILLEGAL);
    hart.setAll({ priv: 1n, mstatus: 1n << 20n });
    expect(hart.try(sfenceVma, 0, 0, 0, 0, INSN)).toEqual(ILLEGAL);
    hart.setAll({ priv: 3n });
    expect(hart.try(sfenceVma, 0, 0, 0, 0, INSN)).toBe(0n);
  });

  it('point the fast entry of a page at its bytes, and let stores in only while the page is marked changed', () => {
    const hart = paged();
    map(hart, 5, page(20));
    hart.call(storeSlow, 0x5008n, 8, 0x77n);
    const entry = fastTlbOffset('store') + 16 * 5;
    const addend = hart.binding.hartLoad(BigInt(entry + 8), 4);
    const host = Number(BigInt.asUintN(32, 0x5008n + addend));
    expect(new DataView(hart.memory.buffer).getBigUint64(host, true)).toBe(0x77n);
    expect(fastTag(hart, 'store', 5)).toBe(0x5018n);
    hart.call(digestRam);
    expect([fastTag(hart, 'store', 5), tag(hart, 'store', 5)]).toEqual([EMPTY, 0x5018n]);
    hart.call(storeSlow, 0x5008n, 8, 0x78n);
    expect(fastTag(hart, 'store', 5)).toBe(0x5018n);
    expect(hart.binding.pageFlags(20n)).toBe(1n);
    hart.binding.setPageFlags(20n, 2n); // holds compiled code
    hart.call(rederive);
    hart.call(storeSlow, 0x5008n, 8, 0x79n);
    expect(fastTag(hart, 'store', 5)).toBe(EMPTY);
    expect(hart.binding.pageFlags(20n) & 1n).toBe(1n);
  });

  it('come back whole from their architectural part', () => {
    const hart = paged();
    map(hart, 5, page(20));
    hart.call(loadSlow, 0x5008n, 8);
    hart.call(fetchTranslate, 0x5008n);
    const block = () => new Uint8Array(hart.memory.buffer, hart.layout.hartAt(0) + 0x800, 0x1_2000).slice();
    const before = block();
    for (const kind of ['load', 'fetch'] as const) {
      hart.binding.hartStore(BigInt(fastTlbOffset(kind) + 16 * 5), 8, 0n);
      hart.binding.hartStore(BigInt(fastTlbOffset(kind) + 16 * 5 + 8), 4, 0n);
    }
    hart.call(rederive);
    expect(Buffer.compare(block(), before)).toBe(0);
  });

  it('forget loads when MXR changes', () => {
    const hart = paged();
    map(hart, 5, page(20), V | X | A);
    hart.csrw(0x100, 1n << 19n);
    expect(hart.try(loadSlow, 0x5000n, 8)).toBe(0n);
    hart.csrw(0x100, 0n);
    expect(hart.try(loadSlow, 0x5000n, 8)).toEqual({ cause: 13n, tval: 0x5000n });
  });

  it('follow MPRV: M loads as MPP does, and fetches as itself', () => {
    const hart = paged();
    map(hart, 5, page(20), V | R | U | A);
    hart.poke(page(20), 9n);
    hart.setAll({ priv: 3n, mstatus: 1n << 17n });
    expect(hart.try(loadSlow, 0x5000n, 8)).toBe(9n);
    expect(hart.try(fetchTranslate, page(20))).toBe(page(20));
    hart.setAll({ mstatus: (1n << 17n) | (1n << 11n) });
    expect(hart.try(loadSlow, 0x5000n, 8)).toEqual({ cause: 13n, tval: 0x5000n });
    hart.setAll({ priv: 3n, mstatus: (1n << 17n) | (3n << 11n) });
    expect(hart.try(loadSlow, page(20), 8)).toBe(9n);
  });
});

describe('cache-block instructions', () => {
  it('zero a block, or check one, with the faults of a store at the address in rs1', () => {
    const hart = paged();
    map(hart, 5, page(20));
    map(hart, 6, page(22), V | R | A);
    map(hart, 7, page(22), V | X | A);
    hart.setAll({ menvcfg: 0xf1n });
    for (let i = 0n; i < 24n; i++) hart.poke(page(20) + 8n * i, ~0n);
    expect(hart.try(cboZero, 0x507fn, INSN)).toBe(0n);
    const words = Array.from({ length: 24 }, (_, i) => (hart.peek(page(20) + 8n * BigInt(i)) === 0n ? 0 : 1));
    expect(words.join('')).toBe('111111110000000011111111');
    for (const p of [cboClean, cboFlush, cboInval]) expect(hart.try(p, 0x603fn, INSN)).toBe(0n);
    for (const [p, va] of [
      [cboZero, 0x6001n],
      [cboClean, 0x7003n],
      [cboInval, 0x8005n],
    ] as const) {
      expect(hart.try(p, va, INSN)).toEqual({ cause: 15n, tval: va });
      hart.setAll({ priv: 1n });
    }
    expect(hart.peek(page(0) + 8n * 6n)).toBe(pte(page(22), V | R | A));
  });

  it('need their envcfg bits: menvcfg below M, senvcfg too in U', () => {
    const hart = new Hart();
    hart.openPmp();
    const rows = [
      [cboInval, 0x30n],
      [cboClean, 0x40n],
      [cboFlush, 0x40n],
      [cboZero, 0x80n],
    ] as const;
    for (const [p, bit] of rows)
      for (let i = 0; i < 12; i++) {
        const [priv, m, u] = [[3n, 1n, 0n][i % 3]!, (i & 4) !== 0, i >= 6];
        hart.setAll({ priv, menvcfg: m ? bit : 0xf0n & ~bit, senvcfg: u ? bit : 0xf0n & ~bit });
        const allowed = priv === 3n || (m && (priv === 1n || u));
        expect(hart.try(p, page(9), INSN)).toEqual(allowed ? 0n : ILLEGAL);
      }
  });
});
