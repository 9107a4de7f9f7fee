/**
 * Compiled code as the host keeps it: which region stands in which element of the code table, from which bytes of RAM
 * it was made, and when it must go. Dropping any of it at any time changes nothing that the guest can see.
 *
 * Invariant: while a region is in the table, its pages have PageFlag.code, its lines their bit in `codeLines`, and no
 * fast store TLB entry leads to its pages; so nothing is written there unseen.
 */

import { CODE_LINE_SHIFT, type MemoryLayout, PAGE_BYTES, PAGE_SHIFT, PageFlag, RAM_BASE } from '../memory-layout.ts';
import { CodeMap } from './code-map.ts';
import { FastTlb } from './fast-tlb.ts';
import type { JumpCache } from './jump-cache.ts';
import { addressOf, pageIndex, type Region } from './region.ts';

/** A place that code may jump to: a virtual address in a physical page. */
interface Link {
  readonly slot: number;
  readonly va: bigint;
  /** Physical page number of the first byte. */
  readonly page: number;
  code: Code | undefined;
  /** Blocks of code for other places begin here. */
  covers: number;
  postponed: boolean;
}
interface Code {
  readonly link: Link;
  /** Pages of RAM by number from its start, each with the lines of it that the code was made from. */
  readonly lines: ReadonlyMap<number, bigint>;
  readonly insns: number;
  readonly covered: readonly Link[];
  readonly region: Region;
}

const FIRST_PAGE = RAM_BASE / PAGE_BYTES;
const CODE_LINE_BYTES = 1 << CODE_LINE_SHIFT;

export class CodeCache {
  readonly #layout: MemoryLayout;
  readonly #memory: DataView;
  readonly #tlb: FastTlb;
  readonly #table: WebAssembly.Table;
  readonly #jumps: JumpCache;
  readonly #map: CodeMap;
  readonly #unlinked: () => void;
  #links = new Map<number, Map<bigint, Link>>();
  #codes = new Set<Code>();
  #byPage = new Map<number, Set<Code>>();
  /** How often code was made anew from a page that had been written to; pages that have been since code was made. */
  readonly #rewrites = new Map<number, number>();
  readonly #written = new Set<number>();
  readonly #maxRewrites: number;
  #nextSlot: number;
  #insns = 0;

  /**
   * `unlinked` stands in the table where there is no code; elements from `firstSlot` on are the cache's. A page from
   * which code was made `maxRewrites` times after it had been written to is left to the interpreter.
   */
  constructor(
    memory: WebAssembly.Memory,
    layout: MemoryLayout,
    table: WebAssembly.Table,
    jumps: JumpCache,
    unlinked: () => void,
    firstSlot: number,
    maxRewrites: number,
  ) {
    this.#maxRewrites = maxRewrites;
    this.#layout = layout;
    this.#memory = new DataView(memory.buffer);
    this.#tlb = new FastTlb(memory, layout);
    this.#table = table;
    this.#jumps = jumps;
    this.#map = new CodeMap(memory, layout);
    this.#map.clear();
    this.#unlinked = unlinked;
    this.#nextSlot = firstSlot;
  }

  /** Guest instructions in all code. */
  get insns(): number {
    return this.#insns;
  }
  get regions(): number {
    return this.#codes.size;
  }
  /** Elements of the table in use: each place that code stands for or leads to has one until all is cleared. */
  get slots(): number {
    return this.#nextSlot;
  }

  /** The element of the table for code at this place, whether there is code or not. */
  slotOf(va: bigint, page: number): number {
    return this.#link(va, page).slot;
  }

  /** The element of the code at this place; 0 when there is none. */
  find(va: bigint, page: number): number {
    const link = this.#links.get(page)?.get(va);
    return link?.code === undefined ? 0 : link.slot;
  }

  /**
   * Whether code for this place should wait: other code has the place in its middle, and is likely to get there by
   * itself from now on. Only once.
   */
  postpones(va: bigint, page: number): boolean {
    const link = this.#links.get(page)?.get(va);
    if (link === undefined || link.covers === 0 || link.postponed) return false;
    link.postponed = true;
    return true;
  }

  /** Whether code may be made from this page: not if it is written to all the time. */
  accepts(page: number): boolean {
    return (this.#rewrites.get(page) ?? 0) < this.#maxRewrites;
  }

  /** Puts the code of a region into the table; gives its element. */
  install(region: Region, func: () => void): number {
    const link = this.#link(addressOf(region, region.entry), region.pages.get(pageIndex(region.entry)) as number);
    const lines = linesOf(region);
    const insns = region.blocks.reduce((sum, block) => sum + block.insns.length, 0);
    const covered = region.blocks.map(({ start }) =>
      this.#link(addressOf(region, start), region.pages.get(pageIndex(start)) as number),
    );
    for (const place of covered) place.covers += 1;
    const code = { link, lines, insns, covered, region };
    link.code = code;
    this.#codes.add(code);
    this.#insns += insns;
    for (const [page, mask] of lines) this.#mark(page, mask, code);
    this.#table.set(link.slot, func);
    this.#map.set(link.va, link.page, link.slot);
    return link.slot;
  }

  /** Bytes that code was made from are being written: that code goes. */
  written(offset: number, length: number): void {
    const page = offset >>> PAGE_SHIFT;
    const first = (offset & (PAGE_BYTES - 1)) >>> CODE_LINE_SHIFT;
    const last = ((offset + length - 1) & (PAGE_BYTES - 1)) >>> CODE_LINE_SHIFT;
    let touched = 0n;
    for (let line = first; line <= last; line++) touched |= 1n << BigInt(line);
    this.#drop([...(this.#byPage.get(page) ?? [])].filter(({ lines }) => ((lines.get(page) ?? 0n) & touched) !== 0n));
    this.#written.add(page);
  }

  /** Code that runs over one of these virtual addresses goes. */
  dropOver(addresses: ReadonlySet<bigint>): void {
    const runsOver = ({ region }: Code): boolean =>
      [...addresses].some((va) => {
        const place = Number(BigInt.asIntN(64, va - region.base));
        return region.blocks.some(({ start, length }) => place >= start && place < start + length);
      });
    this.#drop([...this.#codes].filter(runsOver));
  }

  /** All code made from a page goes. */
  pageWritten(page: number): void {
    this.#drop([...(this.#byPage.get(page) ?? [])]);
  }

  /** All code goes, and with it the elements of the table, which may be used anew: no code is running. */
  clear(firstSlot: number): void {
    this.#drop([...this.#codes]);
    for (let slot = firstSlot; slot < this.#nextSlot; slot++) this.#table.set(slot, null);
    this.#links = new Map();
    this.#rewrites.clear();
    this.#written.clear();
    this.#nextSlot = firstSlot;
    this.#jumps.clear();
  }

  #link(va: bigint, page: number): Link {
    let byVa = this.#links.get(page);
    if (byVa === undefined) {
      byVa = new Map();
      this.#links.set(page, byVa);
    }
    const known = byVa.get(va);
    if (known !== undefined) return known;
    const link: Link = { slot: this.#nextSlot++, va, page, code: undefined, covers: 0, postponed: false };
    if (link.slot >= this.#table.length) this.#table.grow(Math.max(1024, this.#table.length));
    this.#table.set(link.slot, this.#unlinked);
    byVa.set(va, link);
    return link;
  }

  #mark(page: number, mask: bigint, code: Code): void {
    const { pageFlagsAt, codeLinesAt } = this.#layout;
    const users = this.#byPage.get(page) ?? new Set();
    this.#byPage.set(page, users.add(code));
    if (this.#written.delete(page)) this.#rewrites.set(page, (this.#rewrites.get(page) ?? 0) + 1);
    const flags = this.#memory.getUint8(pageFlagsAt + page);
    const old = (flags & PageFlag.code) === 0 ? 0n : this.#memory.getBigUint64(codeLinesAt + 8 * page, true);
    this.#memory.setBigUint64(codeLinesAt + 8 * page, old | mask, true);
    if ((flags & PageFlag.code) !== 0) return;
    this.#memory.setUint8(pageFlagsAt + page, flags | PageFlag.code);
    this.#tlb.slow(page + FIRST_PAGE, ['store']);
  }

  #drop(codes: readonly Code[]): void {
    if (codes.length === 0) return;
    const pages = new Set<number>();
    for (const code of codes) {
      this.#codes.delete(code);
      this.#insns -= code.insns;
      code.link.code = undefined;
      this.#map.delete(code.link.va, code.link.page);
      for (const place of code.covered) place.covers -= 1;
      this.#table.set(code.link.slot, this.#unlinked);
      for (const page of code.lines.keys()) {
        this.#byPage.get(page)?.delete(code);
        pages.add(page);
      }
    }
    for (const page of pages) this.#unmark(page);
    this.#jumps.forget(new Set(codes.map(({ link }) => link.slot)));
  }

  /** Only the lines of the code that is left count. */
  #unmark(page: number): void {
    const { pageFlagsAt, codeLinesAt } = this.#layout;
    const users = this.#byPage.get(page) ?? new Set();
    const mask = [...users].reduce((all, { lines }) => all | (lines.get(page) ?? 0n), 0n);
    this.#memory.setBigUint64(codeLinesAt + 8 * page, mask, true);
    if (users.size > 0) return;
    this.#byPage.delete(page);
    this.#memory.setUint8(pageFlagsAt + page, this.#memory.getUint8(pageFlagsAt + page) & ~PageFlag.code);
  }
}

function linesOf({ blocks, pages }: Region): ReadonlyMap<number, bigint> {
  const lines = new Map<number, { low: number; high: number }>();
  for (const { start, length } of blocks) {
    for (let at = start & ~(CODE_LINE_BYTES - 1); at < start + length; at += CODE_LINE_BYTES) {
      const page = (pages.get(pageIndex(at)) as number) - FIRST_PAGE;
      const mask = lines.get(page) ?? { low: 0, high: 0 };
      const line = (at & (PAGE_BYTES - 1)) >>> CODE_LINE_SHIFT;
      if (line < 32) mask.low |= 1 << line;
      else mask.high |= 1 << (line - 32);
      lines.set(page, mask);
    }
  }
  const bits = (half: number): bigint => BigInt(half >>> 0);
  return new Map([...lines].map(([page, { low, high }]) => [page, (bits(high) << 32n) | bits(low)]));
}
