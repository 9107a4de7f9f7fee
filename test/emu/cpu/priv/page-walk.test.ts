/**
 * Translation of every leaf PTE in every mode, class and access against a model written from the manual on its own,
 * and the other reasons for which a walk fails.
 */
import { describe, expect, it } from 'vitest';
import { updateContexts } from '../../../../src/emu/cpu/priv/contexts.ts';
import { fetchTranslate, flushTlb, loadSlow, storeSlow } from '../../../../src/emu/cpu/priv/procs.ts';
import { DEVICE, Hart, type Outcome, RAM } from './hart.ts';

const [V, R, W, X, U, G, A, D] = [1n, 2n, 4n, 8n, 16n, 32n, 64n, 128n] as const;
const SUM = 1n << 18n;
const MXR = 1n << 19n;
const ADUE = 1n << 61n;
/** Table of level n at RAM + n pages; a 4 KiB leaf's page is RAM + 16 pages. */
const tableAt = (level: number): bigint => RAM + BigInt(level) * 4096n;
const TARGET = RAM + 16n * 4096n;
const pte = (to: bigint, flags: bigint): bigint => ((to >> 12n) << 10n) | flags;

type Kind = 'fetch' | 'load' | 'store';
const KINDS: readonly Kind[] = ['fetch', 'load', 'store'];
const pageFault = { fetch: 12n, load: 13n, store: 15n };
const accessFault = { fetch: 1n, load: 5n, store: 7n };

interface Setting {
  readonly kind: Kind;
  readonly priv: bigint;
  readonly mstatus: bigint;
  readonly menvcfg: bigint;
}

/** What the manual says of a 4 KiB leaf: the PTE afterwards, or undefined for a page fault. */
function model(leaf: bigint, { kind, priv, mstatus, menvcfg }: Setting): bigint | undefined {
  const flag = (bit: bigint): boolean => (leaf & bit) !== 0n;
  if (!flag(V) || (!flag(R) && flag(W))) return undefined;
  if (!flag(R) && !flag(X)) return undefined; // a pointer at the last level
  if (priv === 0n && !flag(U)) return undefined;
  if (priv === 1n && flag(U) && (kind === 'fetch' || (mstatus & SUM) === 0n)) return undefined;
  if (kind === 'fetch' && !flag(X)) return undefined;
  if (kind === 'load' && !flag(R) && !((mstatus & MXR) !== 0n && flag(X))) return undefined;
  if (kind === 'store' && !flag(W)) return undefined;
  const wanted = kind === 'store' ? A | D : A;
  if ((leaf & wanted) === wanted) return leaf;
  return menvcfg === ADUE ? leaf | wanted : undefined;
}

function access(hart: Hart, kind: Kind, va: bigint): Outcome {
  if (kind === 'fetch') return hart.try(fetchTranslate, va);
  return kind === 'load' ? hart.try(loadSlow, va, 8) : hart.try(storeSlow, va, 8, 0x5151n);
}

describe.each([
  { name: 'Sv39', mode: 8n, levels: 3 },
  { name: 'Sv48', mode: 9n, levels: 4 },
])('$name', ({ mode, levels }) => {
  const bits = 12 + 9 * levels;
  const VA = 0x2a_8040_3008n;

  /** A hart in S whose tables lead to a PTE at `leafLevel` for `va`; gives the address of that PTE. */
  function paged(leafLevel = 0, va = VA): { readonly hart: Hart; readonly at: bigint } {
    const hart = new Hart();
    hart.openPmp();
    hart.setAll({ priv: 1n, satp: (mode << 60n) | (tableAt(levels - 1) >> 12n) });
    const slot = (level: number) => tableAt(level) + 8n * ((va >> BigInt(12 + 9 * level)) & 0x1ffn);
    for (let level = levels - 1; level > leafLevel; level--) hart.poke(slot(level), pte(tableAt(level - 1), V));
    return { hart, at: slot(leafLevel) };
  }

  it.each(KINDS)(
    'treats each flag combination as the manual says for a %s, in U and S, with SUM, MXR and ADUE',
    (kind) => {
      const { hart, at } = paged();
      let permitted = 0;
      for (let setting = 0; setting < 16; setting++) {
        const mstatus = (setting & 1 ? SUM : 0n) | (setting & 2 ? MXR : 0n);
        const chosen = { kind, priv: setting & 4 ? 1n : 0n, mstatus, menvcfg: setting & 8 ? ADUE : 0n };
        for (let flags = 0n; flags < 256n; flags++) {
          for (const field of ['priv', 'mstatus', 'menvcfg'] as const) hart.set(field, chosen[field]);
          hart.call(updateContexts);
          hart.call(flushTlb);
          const leaf = pte(TARGET, flags);
          hart.poke(at, leaf);
          hart.poke(TARGET + 8n, 0x1234n);
          const after = model(leaf, chosen);
          const fault = { cause: pageFault[kind], tval: VA };
          const done = { fetch: TARGET + 8n, load: 0x1234n, store: 0n }[kind];
          const found = {
            ...chosen,
            flags,
            outcome: access(hart, kind, VA),
            leaf: hart.peek(at),
            data: hart.peek(TARGET + 8n),
          };
          const data = after !== undefined && kind === 'store' ? 0x5151n : 0x1234n;
          const expected = { ...chosen, flags, outcome: after === undefined ? fault : done, leaf: after ?? leaf, data };
          expect(found).toEqual(expected);
          if (after !== undefined) permitted++;
        }
      }
      expect(permitted).toBeGreaterThan(100);
    },
  );

  it.each(KINDS)('faults a %s outside the canonical addresses and translates the highest ones', (kind) => {
    const top = BigInt.asUintN(64, -8n);
    const { hart, at } = paged(0, top);
    hart.poke(at, pte(TARGET, V | R | W | X | A | D));
    hart.poke(TARGET + 0xff8n, 7n);
    const cut = BigInt.asUintN(bits, -8n);
    for (const va of [cut, 1n << BigInt(bits - 1), 1n << 63n, top ^ (1n << BigInt(bits - 1))]) {
      hart.setAll({ priv: 1n });
      expect(access(hart, kind, va)).toEqual({ cause: pageFault[kind], tval: va });
    }
    hart.setAll({ priv: 1n });
    expect(access(hart, kind, top)).toBe({ fetch: TARGET + 0xff8n, load: 7n, store: 0n }[kind]);
  });

  it('faults for each reserved bit of a leaf and of a pointer, and for A, D or U in a pointer', () => {
    const { hart, at } = paged();
    const pointerAt = tableAt(1) + 8n * ((VA >> 21n) & 0x1ffn);
    const leaf = pte(TARGET, V | R | A);
    hart.poke(at, leaf);
    const tries = (where: bigint, value: bigint): Outcome => {
      const before = hart.peek(where);
      hart.poke(where, value);
      hart.setAll({ priv: 1n });
      hart.call(flushTlb);
      const outcome = access(hart, 'load', VA);
      hart.poke(where, before);
      return outcome;
    };
    const fault = { cause: 13n, tval: VA };
    for (let bit = 54n; bit < 64n; bit++) {
      expect(tries(at, leaf | (1n << bit))).toEqual(fault);
      expect(tries(pointerAt, pte(tableAt(0), V) | (1n << bit))).toEqual(fault);
    }
    for (const bit of [A, D, U]) expect(tries(pointerAt, pte(tableAt(0), V | bit))).toEqual(fault);
    for (const bit of [G, 1n << 8n, 1n << 9n]) {
      expect(tries(pointerAt, pte(tableAt(0), V | bit))).toBe(0n);
      expect(tries(at, leaf | bit)).toBe(0n);
    }
  });

  it('translates through superpages and faults where one is misaligned', () => {
    for (let level = 1; level < levels; level++) {
      const size = 1n << BigInt(12 + 9 * level);
      // The superpage begins below RAM; the address is chosen so that it meets RAM's page 20.
      const physical = RAM + 20n * 4096n + 16n;
      const base = physical & ~(size - 1n);
      const va = (3n << BigInt(12 + 9 * level)) | (physical & (size - 1n));
      const { hart, at } = paged(level, va);
      hart.poke(physical, 0x77n);
      hart.poke(at, pte(base, V | R | A));
      expect(access(hart, 'load', va)).toBe(0x77n);
      expect([hart.get('superpageLow'), hart.get('superpageHigh')]).toEqual([va & ~(size - 1n), va | (size - 1n)]);
      hart.call(flushTlb);
      expect(hart.get('superpageLow')).toBeGreaterThan(hart.get('superpageHigh'));
      hart.poke(at, pte(base | (size >> 1n), V | R | A));
      expect(access(hart, 'load', va)).toEqual({ cause: 13n, tval: va });
    }
  });

  it.each(KINDS)('gives a %s an access fault when a PTE is not in RAM or PMP hides it', (kind) => {
    for (const table of [DEVICE, 0x9000_0000n, 1n << 55n]) {
      const { hart } = paged();
      hart.poke(tableAt(levels - 1) + 8n * ((VA >> BigInt(bits - 9)) & 0x1ffn), pte(table, V));
      expect(access(hart, kind, VA)).toEqual({ cause: accessFault[kind], tval: VA });
    }
    const { hart, at } = paged();
    hart.poke(at, pte(TARGET, V | R | W | X | A | D));
    // Entry 0: NA4 over the upper half of the leaf PTE, no permission.
    hart.setAll({ pmpaddr0: (at + 4n) >> 2n, pmpcfg0: 0x10n });
    expect(access(hart, kind, VA)).toEqual({ cause: accessFault[kind], tval: VA });
  });

  it('does not set A where PMP lets the PTE be read only', () => {
    const { hart, at } = paged();
    hart.poke(at, pte(TARGET, V | R | W));
    hart.setAll({ pmpaddr0: (at >> 2n) | 0n, pmpcfg0: 0x19n });
    expect(access(hart, 'load', VA)).toEqual({ cause: 5n, tval: VA });
    expect(hart.peek(at)).toBe(pte(TARGET, V | R | W));
    hart.setAll({ priv: 1n, pmpcfg0: 0x1bn });
    expect(access(hart, 'store', VA)).toBe(0n);
    expect(hart.peek(at)).toBe(pte(TARGET, V | R | W | A | D));
  });
});
