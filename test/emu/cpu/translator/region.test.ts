/** How far a region goes, and what its blocks are. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RAM_BASE } from '../../../../src/emu/cpu/memory-layout.ts';
import { decodeGuest } from '../../../../src/emu/cpu/translator/guest-insn.ts';
import {
  addressOf,
  type BlockEnd,
  type CodeView,
  discover,
  pageIndex,
  type Region,
  targetsOf,
} from '../../../../src/emu/cpu/translator/region.ts';
import { compressed, instructions, isWide } from '../../../../src/emu/isa/table.ts';
import { Random } from '../random.ts';
import { assemble } from './assembler.ts';

const BASE = 0x4000_0000n;
const PAGE = 0x1000;
const PAGES = 4;
const FIRST_PAGE = RAM_BASE / PAGE;

interface Setting {
  /** Labels that were jumped to; all when left out. */
  readonly reached?: readonly string[];
  /** Pages that the fetch TLB holds; all when left out. */
  readonly held?: readonly number[];
  readonly barred?: string;
  readonly targets?: Readonly<Record<string, readonly string[]>>;
  readonly maxInsns?: number;
  readonly entry?: string;
}

/** Code at BASE; virtual page i is physical page FIRST_PAGE + 10 + i. */
function viewOf(bytes: Uint8Array, held: readonly number[], rest: Partial<CodeView> = {}): CodeView {
  const halves = new DataView(bytes.buffer);
  return {
    page: (va) => {
      const index = Number((va - BASE) >> 12n);
      return held.includes(index) ? FIRST_PAGE + 10 + index : undefined;
    },
    half: (page, offset) => halves.getUint16((page - FIRST_PAGE - 10) * PAGE + offset, true),
    wasReached: () => true,
    targetsOf: () => [],
    isBarred: () => false,
    ...rest,
  };
}

function regionOf(text: string, setting: Setting = {}): { region: Region | undefined; at: (label: string) => number } {
  const { pieces, labels } = assemble(text, BASE);
  const bytes = new Uint8Array(PAGES * PAGE);
  for (const piece of pieces) bytes.set(piece.bytes, piece.offset);
  const { reached, held = [0, 1, 2, 3], barred, targets = {}, maxInsns = 300, entry = 'entry' } = setting;
  const at = (label: string): number => Number(labels[label]! - (labels[entry]! & ~0xfffn));
  const view = viewOf(bytes, held, {
    wasReached: (va) => reached === undefined || reached.some((label) => labels[label] === va),
    isBarred: (va) => barred !== undefined && labels[barred] === va,
    targetsOf: (va) =>
      Object.entries(targets).flatMap(([from, to]) => (labels[from] === va ? to.map((label) => labels[label]!) : [])),
  });
  return { region: discover(view, labels[entry]!, maxInsns), at };
}
/** Starts, in order, and ends of a region's blocks. */
const outline = (region: Region | undefined): readonly (readonly [number, BlockEnd])[] =>
  (region?.blocks ?? []).map(({ start, end }) => [start, end] as const);

describe('a region', () => {
  test('has a block for each way of a branch', () => {
    const { region, at } = regionOf(`
entry: addi a0, a0, 1
  beq a0, a1, one
two: addi a2, a2, 1
  j entry
one: addi a3, a3, 1
  ret`);
    expect(region?.entry).toBe(at('entry'));
    expect(new Map(outline(region))).toEqual(
      new Map<number, BlockEnd>([
        [at('entry'), { kind: 'branch', taken: at('one'), next: at('two') }],
        [at('two'), { kind: 'jump', to: at('entry') }],
        [at('one'), { kind: 'return' }],
      ]),
    );
  });

  test('leaves out what was never jumped to', () => {
    const { region, at } = regionOf(
      `
entry: beq a0, a1, cold
  beq a0, a2, warm
  ret
cold: addi a0, a0, 1
  ret
warm: addi a0, a0, 2
  ret`,
      { reached: ['warm'] },
    );
    const starts = outline(region).map(([start]) => start);
    expect(starts).toContain(at('warm'));
    expect(starts).not.toContain(at('cold'));
    expect(region?.blocks[0]?.end).toMatchObject({ kind: 'branch', taken: at('cold') });
  });

  test('goes on behind calls, and does not follow them', () => {
    const { region, at } = regionOf(`
entry: call far
back: jalr ra, 0(t0)
again: jal t0, far
last: jr t1
far: ret`);
    expect(outline(region)).toEqual([
      [at('entry'), { kind: 'call', target: at('far'), next: at('back') }],
      [at('back'), { kind: 'call', target: undefined, next: at('again') }],
      [at('again'), { kind: 'call', target: at('far'), next: at('last') }],
      [at('last'), { kind: 'dynamic', targets: [] }],
    ]);
  });

  test('follows indirect jumps to where they led', () => {
    const { region, at } = regionOf(
      `
entry: nop
jump: jr t1
one: ret
two: j entry`,
      { targets: { jump: ['one', 'two'] } },
    );
    expect(new Map(outline(region)).get(at('entry'))).toEqual({ kind: 'dynamic', targets: [at('one'), at('two')] });
    expect(region?.blocks).toHaveLength(3);
  });

  test('stops at instructions after which the engine looks', () => {
    for (const insn of ['ecall', 'c.ebreak', 'mret', 'sret', 'wfi', 'sfence.vma zero, zero', 'fence.i']) {
      const { region, at } = regionOf(`entry: nop\n ${insn}\n nop`);
      expect(outline(region), insn).toEqual([[at('entry'), { kind: 'stop' }]]);
      expect(region?.blocks[0]?.insns).toHaveLength(2);
    }
  });

  test('ends before what is no instruction, and is none when that comes first', () => {
    const { region, at } = regionOf('entry: nop\nbad: .4byte 0xffffffff');
    expect(outline(region)).toEqual([[at('entry'), { kind: 'jump', to: at('bad') }]]);
    expect(regionOf('entry: .2byte 0').region).toBeUndefined();
  });

  test('ends before an address that is barred', () => {
    const { region, at } = regionOf('entry: nop\n nop\nbarred: nop\n j entry', { barred: 'barred' });
    expect(outline(region)).toEqual([[at('entry'), { kind: 'jump', to: at('barred') }]]);
    expect(regionOf('entry: nop', { barred: 'entry' }).region).toBeUndefined();
  });

  test('has about as many instructions as it may', () => {
    const body = Array.from({ length: 200 }, (_, i) => `addi a0, a0, ${i}`).join('\n');
    const { region, at } = regionOf(`entry: ${body}\n j entry`, { maxInsns: 50 });
    expect(region?.blocks[0]?.insns).toHaveLength(50);
    expect(outline(region)).toEqual([[at('entry'), { kind: 'jump', to: at('entry') + 200 }]]);
  });

  test('ends at a page that the fetch TLB does not hold', () => {
    const text = '.org 0xff8\nentry: nop\n nop\nthere: nop\n j entry';
    const { region, at } = regionOf(text, { held: [0] });
    expect(outline(region)).toEqual([[at('entry'), { kind: 'jump', to: at('there') }]]);
    expect([...region!.pages]).toEqual([[0, FIRST_PAGE + 10]]);
    expect(regionOf(text, { held: [1] }).region).toBeUndefined();
  });

  test('asks for each page on the way into it', () => {
    const { region, at } = regionOf('.org 0xff8\nentry: nop\n nop\nthere: nop\n beq a0, a1, entry\n ret');
    const checks = new Map(region?.blocks.map(({ start, checks }) => [start, checks]));
    expect(checks.get(at('there'))).toEqual([1]);
    expect(checks.get(at('entry'))).toEqual([0]);
    expect(checks.get(at('there') + 8)).toEqual([]);
  });

  test('has an instruction in two pages at the beginning of a block, if both are held', () => {
    const text = '.org 0xff6\nentry: nop\n nop\nsplit: nop\nrest: nop\n j entry';
    const { region, at } = regionOf(text);
    expect(at('split')).toBe(PAGE - 2);
    const split = region?.blocks.find(({ start }) => start === at('split'));
    expect(split).toMatchObject({ checks: [1], end: { kind: 'jump', to: at('rest') } });
    expect(split?.insns).toHaveLength(1);
    const { region: short } = regionOf(text, { held: [0] });
    expect(outline(short)).toEqual([[at('entry'), { kind: 'jump', to: at('split') }]]);
    expect(regionOf(text, { held: [0], entry: 'split' }).region).toBeUndefined();
  });

  test('does not ask for the next page for a compressed instruction at the end of one', () => {
    const { region, at } = regionOf('.org 0xffa\nentry: nop\nlast: c.addi a0, 1\nthere: ret', { held: [0] });
    expect(outline(region)).toEqual([
      [at('entry'), { kind: 'jump', to: at('last') }],
      [at('last'), { kind: 'jump', to: at('there') }],
    ]);
  });
});

/** Instructions of every row one after the other, and now and then something else. */
function randomCode(random: Random): Uint8Array {
  const halves = new Uint16Array((PAGES * PAGE) / 2);
  for (let i = 0; i < halves.length; i++) {
    const { match, mask } = random.below(3) === 0 ? random.pick(compressed) : random.pick(instructions);
    const word = random.below(30) === 0 ? random.word() : (match | (random.word() & ~mask)) >>> 0;
    halves[i] = word & 0xffff;
    if (isWide(word) && i + 1 < halves.length) halves[++i] = word >>> 16;
  }
  return new Uint8Array(halves.buffer);
}

describe('of random code', () => {
  test('blocks hold the instructions that are there, and each page is asked for on the way into it', () => {
    let regions = 0;
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const random = new Random(seed);
        const bytes = randomCode(random);
        const held = [0, 1, 2, 3].filter(() => random.below(4) !== 0);
        const entry = random.below(4) === 0 ? PAGE - 2 - 2 * random.below(8) : 2 * random.below((PAGES * PAGE) / 2 - 1);
        const region = discover(viewOf(bytes, held), BASE + BigInt(entry), 1 + random.below(100));
        if (region === undefined) return;
        regions += 1;
        const starts = new Map(region.blocks.map((block) => [block.start, block]));
        expect(starts.size).toBe(region.blocks.length);
        expect(region.blocks[0]?.start).toBe(entry & (PAGE - 1));
        const isHeld = (place: number): boolean => region.pages.has(pageIndex(place));
        for (const { start, insns, length, end } of region.blocks) {
          let at = start;
          for (const insn of insns) {
            const offset = Number(addressOf(region, at) - BASE);
            const half = (o: number): number => bytes[o]! | (bytes[o + 1]! << 8);
            expect(insn).toBe(decodeGuest(half(offset), () => half(offset + 2)));
            expect(isHeld(at) && isHeld(at + insn.length - 1)).toBe(true);
            at += insn.length;
          }
          expect(length).toBe(at - start);
          const last = pageIndex(at - 1);
          for (const target of targetsOf(end)) {
            const into = starts.get(target);
            if (into === undefined) continue;
            const first = pageIndex(target + into.insns[0]!.length - 1);
            if (pageIndex(target) !== last) expect(into.checks).toContain(pageIndex(target));
            if (first !== pageIndex(target)) expect(into.checks).toContain(first);
          }
          // Inside a block the page changes only with its first instruction.
          expect(pageIndex(at - 1)).toBe(pageIndex(start + insns[0]!.length - 1));
        }
      }),
      { numRuns: 300 },
    );
    expect(regions).toBeGreaterThan(150);
  });
});
