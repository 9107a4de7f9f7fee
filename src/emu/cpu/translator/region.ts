/**
 * A region: the blocks that are compiled into one function, found by following direct control flow from an entry. It
 * stops at pages that the fetch TLB does not hold, at targets that were never jumped to, and at its size.
 * Places are distances in bytes from the beginning of the entry's page; pages are counted from that page.
 * Nothing here knows WebAssembly.
 */

import { PAGE_BYTES, PAGE_SHIFT } from '../memory-layout.ts';
import { decodeGuest, type Flow, type GuestInsn } from './guest-insn.ts';

export interface Block {
  readonly start: number;
  readonly insns: readonly GuestInsn[];
  /** Bytes of its instructions. */
  readonly length: number;
  readonly end: BlockEnd;
  /** Pages that must be in the fetch TLB on the way into this block, in order; besides the entry's. */
  readonly checks: readonly number[];
}
/** Places that are not those of blocks lie outside the region. */
export type BlockEnd =
  | { readonly kind: 'jump'; readonly to: number }
  | { readonly kind: 'branch'; readonly taken: number; readonly next: number }
  | { readonly kind: 'call'; readonly target: number | undefined; readonly next: number }
  /** `targets`: where it was seen to lead, near enough to be inside. */
  | { readonly kind: 'dynamic'; readonly targets: readonly number[] }
  | { readonly kind: 'return' | 'stop' };

export interface Region {
  /** Virtual address of the page of the entry, and the entry's place. */
  readonly base: bigint;
  readonly entry: number;
  /** The entry's block first. */
  readonly blocks: readonly Block[];
  /** Physical page number of each page. */
  readonly pages: ReadonlyMap<number, number>;
}

/** What discovery may look at. */
export interface CodeView {
  /** Physical page number of a virtual page's address when the fetch TLB holds it. */
  page(va: bigint): number | undefined;
  half(page: number, offset: number): number;
  /** Whether jumps to this address have been seen. */
  wasReached(va: bigint): boolean;
  /** Where the indirect jump at this address was seen to lead. */
  targetsOf(va: bigint): readonly bigint[];
  /** Compiled code must not run over this address; left out where it may run over any. */
  readonly isBarred?: ((va: bigint) => boolean) | undefined;
}

const OFFSET = PAGE_BYTES - 1;
export const pageBase = (va: bigint): bigint => va & ~BigInt(OFFSET);
export const pageIndex = (place: number): number => place >> PAGE_SHIFT;
export const addressOf = ({ base }: Pick<Region, 'base'>, place: number): bigint =>
  BigInt.asUintN(64, base + BigInt(place));
/** Jumps further than this leave the region. */
const REACH = 2 ** 30;
/** Indirect jumps within this many bytes become a table. */
const TABLE_REACH = 2 ** 13;

/** Undefined when not even the first instruction can be compiled. */
export function discover(view: CodeView, entryVa: bigint, maxInsns: number): Region | undefined {
  const base = pageBase(entryVa);
  const entry = Number(entryVa - base);
  const found = new Found(view, base);
  const leaders = new Set([entry]);
  const waiting = [entry];
  for (let at = waiting.pop(); at !== undefined && found.size < maxInsns; at = waiting.pop()) {
    for (const next of found.follow(at, maxInsns)) {
      if (!leaders.has(next)) waiting.push(next);
      leaders.add(next);
    }
  }
  const blocks: Omit<Block, 'checks'>[] = [];
  for (const leader of leaders) {
    const block = found.block(leader, leaders);
    if (block !== undefined) blocks.push(block);
  }
  return blocks[0]?.start === entry ? { base, entry, blocks: withChecks(blocks), pages: found.pages } : undefined;
}

class Found {
  readonly pages = new Map<number, number>();
  readonly #base: bigint;
  readonly #view: CodeView;
  readonly #insns = new Map<number, GuestInsn>();
  readonly #targets = new Map<number, readonly number[]>();

  constructor(view: CodeView, base: bigint) {
    this.#view = view;
    this.#base = base;
  }

  get size(): number {
    return this.#insns.size;
  }

  /** Decodes from `from` to where control parts; gives the places there that go on inside, the next in line last. */
  follow(from: number, maxInsns: number): number[] {
    let at = from;
    while (this.#insns.size < maxInsns && !this.#insns.has(at)) {
      const insn = this.#decode(at);
      if (insn === undefined) return [];
      this.#insns.set(at, insn);
      const next = at + insn.length;
      if (insn.flow.kind !== 'next') return this.#onward(insn.flow, at, next);
      // An instruction that begins on another page, or reaches into it, begins a block: the page is asked for there.
      if (pageIndex(next + 2) !== pageIndex(at)) return [next];
      at = next;
    }
    return [];
  }

  #onward(flow: Flow, at: number, next: number): number[] {
    switch (flow.kind) {
      case 'branch': {
        const target = at + flow.distance;
        return this.#isNear(target) && this.#wasReached(target) ? [target, next] : [next];
      }
      case 'jump':
        if (flow.link) return [next];
        return this.#isNear(at + flow.distance) ? [at + flow.distance] : [];
      case 'dynamic':
        if (flow.link) return [next];
        return flow.isReturn ? [] : this.#seenTargets(at);
      default:
        return [];
    }
  }

  #seenTargets(at: number): number[] {
    const targets = this.#view
      .targetsOf(addressOf({ base: this.#base }, at))
      .map((va) => Number(BigInt.asIntN(64, va - this.#base)))
      .filter((place) => Math.abs(place - at) <= TABLE_REACH);
    this.#targets.set(at, targets);
    return targets;
  }

  #isNear(place: number): boolean {
    return Math.abs(place) < REACH;
  }
  #wasReached(place: number): boolean {
    return this.#insns.has(place) || this.#view.wasReached(addressOf({ base: this.#base }, place));
  }

  #decode(at: number): GuestInsn | undefined {
    const page = this.#page(pageIndex(at));
    if (page === undefined || this.#view.isBarred?.(addressOf({ base: this.#base }, at)) === true) return undefined;
    const offset = at & OFFSET;
    let isWhole = true;
    const insn = decodeGuest(this.#view.half(page, offset), () => {
      if (offset + 2 < PAGE_BYTES) return this.#view.half(page, offset + 2);
      const upper = this.#page(pageIndex(at + 2));
      isWhole = upper !== undefined;
      return upper === undefined ? 0 : this.#view.half(upper, 0);
    });
    return isWhole ? insn : undefined;
  }

  #page(index: number): number | undefined {
    const known = this.pages.get(index);
    if (known !== undefined) return known;
    const page = this.#view.page(addressOf({ base: this.#base }, index * PAGE_BYTES));
    if (page !== undefined) this.pages.set(index, page);
    return page;
  }

  /** The block that begins at a leader; undefined when nothing was decoded there. */
  block(leader: number, leaders: ReadonlySet<number>): Omit<Block, 'checks'> | undefined {
    const insns: GuestInsn[] = [];
    let at = leader;
    let last = leader;
    for (let insn = this.#insns.get(at); insn !== undefined; insn = this.#insns.get(at)) {
      if (insns.length > 0 && leaders.has(at)) break;
      insns.push(insn);
      last = at;
      at += insn.length;
      if (insn.flow.kind !== 'next') break;
    }
    const final = insns.at(-1);
    if (final === undefined) return undefined;
    return {
      start: leader,
      insns,
      length: at - leader,
      end: endOf(final.flow, last, at, this.#targets.get(last) ?? []),
    };
  }
}

function endOf(flow: Flow, at: number, next: number, targets: readonly number[]): BlockEnd {
  switch (flow.kind) {
    case 'next':
      return { kind: 'jump', to: next };
    case 'branch':
      return { kind: 'branch', taken: at + flow.distance, next };
    case 'jump': {
      const target = at + flow.distance;
      return flow.link ? { kind: 'call', target, next } : { kind: 'jump', to: target };
    }
    case 'dynamic':
      if (flow.link) return { kind: 'call', target: undefined, next };
      return flow.isReturn ? { kind: 'return' } : { kind: 'dynamic', targets };
    case 'stop':
      return { kind: 'stop' };
  }
}

/** Where control may go inside or outside the region without the engine being asked. */
export function targetsOf(end: BlockEnd): readonly number[] {
  if (end.kind === 'jump') return [end.to];
  if (end.kind === 'branch') return [end.taken, end.next];
  if (end.kind === 'dynamic') return end.targets;
  return end.kind === 'call' ? [end.next] : [];
}

function withChecks(blocks: readonly Omit<Block, 'checks'>[]): readonly Block[] {
  const fromElsewhere = new Set<number>();
  for (const { start, length, end } of blocks) {
    const page = pageIndex(start + length - 1);
    for (const to of targetsOf(end)) if (pageIndex(to) !== page) fromElsewhere.add(to);
  }
  return blocks.map((block) => {
    const { start, insns } = block;
    const checks = fromElsewhere.has(start) ? [pageIndex(start)] : [];
    const reach = pageIndex(start + (insns[0] as GuestInsn).length - 1);
    return { ...block, checks: reach === pageIndex(start) ? checks : [...checks, reach] };
  });
}
