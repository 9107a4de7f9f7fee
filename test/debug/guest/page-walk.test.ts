/**
 * The debugger's walk against the engines' own: random tables full of pointers, leaves, superpages and faults, with
 * addresses that meet them; and that looking changes nothing.
 */
import { expect, it } from 'vitest';
import { readNumber, readPhysical, readVirtual } from '../../../src/debug/guest/memory.ts';
import { type PageWalk, walk } from '../../../src/debug/guest/page-walk.ts';
import { Class, classBits } from '../../../src/emu/cpu/priv/contexts.ts';
import { pageWalk } from '../../../src/emu/cpu/priv/page-walk.ts';
import * as procs from '../../../src/emu/cpu/priv/procs.ts';
import { Reference } from '../../../src/emu/cpu/reference/binding.ts';
import { Trapped } from '../../../src/emu/cpu/reference/signals.ts';
import type { Board } from '../../../src/emu/machine/board.ts';
import { Random } from '../../emu/cpu/random.ts';
import { flat, Guest } from '../../emu/machine/guest.ts';

const RAM = 0x8000_0000n;
const TABLES = 0x8010_0000n;
const TABLE_COUNT = 12;
const [V, R, W, X, U] = [1n, 2n, 4n, 8n, 16n] as const;
const AD = 0xc0n;
const unusedBus = { has: () => false, load: () => 0n, store: () => {}, nondet: () => 0n };
const tableAt = (index: number): bigint => TABLES + 4096n * BigInt(index);

/** A board in S-mode with these page tables on. */
function paged(mode: bigint, asid = 0n): Board {
  const { board } = new Guest({ images: { kernel: flat([0x6f]) } });
  const [hart] = board.harts;
  hart!.set('priv', 1n);
  hart!.set('satp', (mode << 60n) | (asid << 44n) | (TABLES >> 12n));
  hart!.set('pmpaddr15', (1n << 54n) - 1n);
  hart!.set('pmpcfg2', 0x1fn << 56n);
  board.engine.rederive(hart!.at);
  return board;
}

function poke(board: Board, pa: bigint, value: bigint): void {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, value, true);
  board.ram.write(pa, bytes);
}

function randomPte(random: Random): bigint {
  const flags = random.pick([V, V, V, V | R | AD, V | R | W | X | AD, V | X | U | AD, V | W, 0n, V | U, V | R | U]);
  const table = tableAt(random.below(TABLE_COUNT));
  const aligned = random.pick([0n, 0n, 1n << 21n, 1n << 30n, 1n << 39n, RAM]);
  const leaf = random.below(3) === 0 ? RAM + 4096n * BigInt(random.below(1024)) : aligned;
  const to = (flags & (R | X)) === 0n ? random.pick([table, table, table, 0x1000_0000n]) : leaf;
  const reserved = random.below(30) === 0 ? 1n << BigInt(54 + random.below(10)) : 0n;
  return ((to >> 12n) << 10n) | flags | reserved;
}

/** Indices below 16, where the tables are filled; now and then with the upper bits wrong. */
function randomVa(random: Random, levels: number): bigint {
  let va = BigInt(random.below(4096));
  for (let level = 0; level < levels; level++) va |= BigInt(random.below(16)) << BigInt(12 + 9 * level);
  return random.below(16) === 0 ? va | (1n << BigInt(12 + 9 * levels + random.below(20))) : va;
}

/** What the engines' translation gives for some access in some class: the address, or the cause. */
function architectural(board: Board, va: bigint): { readonly pa: bigint | undefined; readonly causes: Set<bigint> } {
  const s = new Reference(board.memory, board.layout, unusedBus, procs);
  const causes = new Set<bigint>();
  for (const [access, fault] of [
    [1n, 5n],
    [2n, 7n],
    [4n, 1n],
  ] as const) {
    for (const cls of [Class.user, Class.supervisor]) {
      s.set('menvcfg', 1n << 61n);
      try {
        return { pa: s.call(pageWalk, va, access, fault, classBits(cls)), causes };
      } catch (signal) {
        if (!(signal instanceof Trapped)) throw signal;
        causes.add(signal.cause);
        s.set('priv', 1n);
      }
    }
  }
  return { pa: undefined, causes };
}

for (const [name, mode, levels] of [
  ['Sv39', 8n, 3],
  ['Sv48', 9n, 4],
] as const) {
  for (const seed of [1, 2, 3]) {
    it(`${name} tables lead where the engines' translation leads, seed ${seed}`, () => {
      const random = new Random(seed);
      const board = paged(mode);
      const seen = new Set<string>();
      for (let round = 0; round < 8; round++) {
        for (let table = 0; table < TABLE_COUNT; table++) {
          for (let i = 0n; i < 16n; i++) poke(board, tableAt(table) + 8n * i, randomPte(random));
        }
        const vas = Array.from({ length: 250 }, () => randomVa(random, levels));
        const before = board.digest('all');
        const walks = vas.map((va) => walk(board, va));
        expect(board.digest('all')).toBe(before);
        for (const found of walks) {
          const { va, fault, pageBytes } = found;
          const { pa, causes } = architectural(board, va);
          seen.add(fault ?? `page of ${pageBytes}`);
          expect({ va, mode: found.mode, pa: found.pa }).toEqual({ va, mode: name, pa });
          if (pa !== undefined) continue;
          const expected = fault === 'table-outside-ram' ? [5n, 7n, 1n] : [13n, 15n, 12n];
          expect({ va, causes: [...causes] }).toEqual({ va, causes: expected });
        }
      }
      const superpage = mode === 8n ? 'page of 1073741824' : 'page of 549755813888';
      const faults = ['not-canonical', 'not-valid', 'reserved', 'no-leaf', 'misaligned', 'table-outside-ram'];
      expect([...seen]).toEqual(expect.arrayContaining([...faults, 'page of 4096', superpage]));
    });
  }
}

it('tells each level: where the PTE is, its value and flags', () => {
  const board = paged(8n, 5n);
  const va = 0x1234n;
  poke(board, tableAt(0), ((tableAt(1) >> 12n) << 10n) | V);
  poke(board, tableAt(1), ((tableAt(2) >> 12n) << 10n) | V);
  const leaf = (0x80020n << 10n) | V | R | X | AD;
  poke(board, tableAt(2) + 8n, leaf);
  const found: PageWalk = walk(board, va);
  expect(found).toMatchObject({ mode: 'Sv39', asid: 5n, pa: 0x8002_0234n, pageBytes: 4096n, fault: undefined });
  expect(found.levels.map(({ level, at, flags }) => ({ level, at, flags }))).toEqual([
    { level: 2, at: tableAt(0), flags: '-------V' },
    { level: 1, at: tableAt(1), flags: '-------V' },
    { level: 0, at: tableAt(2) + 8n, flags: 'DA--X-RV' },
  ]);
  expect(found.levels[2]!.pte).toBe(leaf);
});

it('machine mode and Bare do not translate; MPRV is not followed; satp can be followed all the same', () => {
  const board = paged(8n);
  const [hart] = board.harts;
  poke(board, tableAt(0), (0n << 10n) | V | R);
  hart!.set('priv', 3n);
  hart!.set('mstatus', (1n << 17n) | (1n << 11n));
  expect(walk(board, 0x1234n)).toMatchObject({ mode: 'none', pa: 0x1234n, levels: [] });
  expect(walk(board, 0x1234n, { through: 'satp' })).toMatchObject({ mode: 'Sv39', pa: 0x1234n, pageBytes: 1n << 30n });
  hart!.set('priv', 0n);
  hart!.set('satp', 0n);
  expect(walk(board, 0x1234n)).toMatchObject({ mode: 'bare', pa: 0x1234n, levels: [] });
});

it('memory is read as far as it is mapped to RAM, across pages that are apart', () => {
  const board = paged(8n);
  poke(board, tableAt(0), ((tableAt(1) >> 12n) << 10n) | V);
  poke(board, tableAt(1), ((tableAt(2) >> 12n) << 10n) | V);
  const map = (page: bigint, to: bigint) => poke(board, tableAt(2) + 8n * page, ((to >> 12n) << 10n) | V | R | AD);
  map(0n, 0x8020_3000n);
  map(1n, 0x8020_1000n);
  map(3n, 0x1000_0000n);
  board.ram.write(0x8020_3ffcn, Uint8Array.of(1, 2, 3, 4));
  board.ram.write(0x8020_1000n, Uint8Array.of(5, 6, 7, 8));
  expect([...readVirtual(board, 0xffcn, 8)]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  expect(readNumber(board, 0xffcn, 8)).toBe(0x0807_0605_0403_0201n);
  expect(readVirtual(board, 0x1ff0n, 64)).toHaveLength(16);
  expect(readNumber(board, 0x1ffcn, 8)).toBeUndefined();
  expect(readVirtual(board, 0x3000n, 4)).toHaveLength(0);
  expect(readPhysical(board, RAM + 0x3f_fff8n, 64)).toHaveLength(8);
  expect(readPhysical(board, RAM - 1n, 4)).toHaveLength(0);
  expect(readPhysical(board, 1n << 60n, 4)).toHaveLength(0);
});
