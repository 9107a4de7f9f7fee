/**
 * The bytes of RAM in which two boards differ. Pages are told apart by the hashes that state digests are made of, so
 * that only pages that differ are looked into.
 */

import { PAGE_BYTES, RAM_BASE } from '../../emu/cpu/memory-layout.ts';
import type { Board } from '../../emu/machine/board.ts';

export interface MemoryRange {
  /** Guest physical address of the first byte. */
  readonly pa: bigint;
  /** Of the same length: the range, which begins and ends with bytes that differ. */
  readonly a: Uint8Array;
  readonly b: Uint8Array;
}

export interface MemoryDifference {
  readonly pages: number;
  /** Bytes that are not equal. */
  readonly bytes: number;
  /** The first ones, by address. */
  readonly ranges: readonly MemoryRange[];
  /** `ranges` are not all there are. */
  readonly more: boolean;
}

/** Equal bytes between two that differ that do not end a range: a word shows as one. */
const GAP_BYTES = 8;
const MAX_RANGES = 64;
const MAX_RANGE_BYTES = 256;

/** RAM that one board alone has is left out: its size is a difference of the machines. */
export function compareMemory(a: Board, b: Board): MemoryDifference {
  const [x, y] = [hashesOf(a), hashesOf(b)];
  const found: { ranges: MemoryRange[]; pages: number; bytes: number; more: boolean } = {
    ranges: [],
    pages: 0,
    bytes: 0,
    more: false,
  };
  for (let page = 0; page < Math.min(x.length, y.length); page++) {
    if (x[page] === y[page]) continue;
    found.pages++;
    const pa = BigInt(RAM_BASE) + BigInt(page) * BigInt(PAGE_BYTES);
    for (const range of differingRanges(a.ram.page(page), b.ram.page(page))) {
      found.bytes += range.differing;
      const { from, to } = range;
      if (found.ranges.length >= MAX_RANGES || to - from > MAX_RANGE_BYTES) found.more = true;
      if (found.ranges.length >= MAX_RANGES) continue;
      const end = Math.min(to, from + MAX_RANGE_BYTES);
      found.ranges.push({
        pa: pa + BigInt(from),
        a: a.ram.page(page).slice(from, end),
        b: b.ram.page(page).slice(from, end),
      });
    }
  }
  return found;
}

/** Up to date. */
function hashesOf(board: Board): BigUint64Array {
  board.engine.digestRam();
  return new BigUint64Array(board.memory.buffer, board.layout.pageHashAt, board.layout.ramPages);
}

interface Range {
  readonly from: number;
  readonly to: number;
  readonly differing: number;
}

function differingRanges(a: Uint8Array, b: Uint8Array): Range[] {
  const ranges: Range[] = [];
  let open: { from: number; to: number; differing: number } | undefined;
  for (let at = 0; at < PAGE_BYTES; at++) {
    if (a[at] === b[at]) continue;
    if (open !== undefined && at - open.to < GAP_BYTES) {
      open.to = at + 1;
      open.differing++;
      continue;
    }
    open = { from: at, to: at + 1, differing: 1 };
    ranges.push(open);
  }
  return ranges;
}
