/**
 * RAM at power on as a page table: what the pieces of a boot make of blank memory, without that memory. Whole pages are
 * those of the images themselves.
 */

import { PAGE_BYTES, RAM_BASE } from '../cpu/memory-layout.ts';
import type { Piece } from './boot-image.ts';
import { isZero } from './page-keeper.ts';
import { type Page, type PageTable, pageTable } from './page-table.ts';

/** Numbers of pages of RAM. */
export interface PageSpan {
  readonly first: number;
  readonly last: number;
}

/** Where a piece has bytes of its image; empty when it has none. */
export const spanOf = ({ pa, bytes }: Piece): PageSpan => {
  const start = Number(pa) - RAM_BASE;
  return { first: Math.floor(start / PAGE_BYTES), last: Math.ceil((start + bytes.length) / PAGE_BYTES) - 1 };
};

/** `pieces`: of a boot plan, all of them in RAM of `ramPages` pages. Their bytes must not change from now on. */
export function bootPages(pieces: readonly Piece[], ramPages: number): PageTable {
  const pages = new Map<number, Uint8Array>();
  for (const { pa, bytes, memoryBytes } of pieces) {
    const start = Number(pa) - RAM_BASE;
    const end = start + bytes.length;
    for (const { page, from, to } of pagesOf(start, end)) {
      const part = bytes.subarray(page * PAGE_BYTES + from - start, page * PAGE_BYTES + to - start);
      pages.set(page, isShareable(part) ? part : having(pages.get(page), from, part));
    }
    for (const { page, from, to } of pagesOf(end, start + Number(memoryBytes))) {
      const known = pages.get(page);
      if (known !== undefined) pages.set(page, having(known, from, new Uint8Array(to - from)));
    }
  }
  const table = [...pages].filter(([, bytes]) => !isZero(bytes));
  return pageTable(
    ramPages,
    table.map(([page, bytes]): [number, Page] => [page, { bytes, hash: undefined }]),
  );
}

/** The pages that bytes `start` to `end` of RAM are in, each with the part of it. */
function* pagesOf(start: number, end: number): Generator<{ page: number; from: number; to: number }> {
  for (let at = start; at < end; ) {
    const page = Math.floor(at / PAGE_BYTES);
    const to = Math.min(end - page * PAGE_BYTES, PAGE_BYTES);
    yield { page, from: at - page * PAGE_BYTES, to };
    at = page * PAGE_BYTES + to;
  }
}

/** A whole page whose words can be looked at. */
const isShareable = (part: Uint8Array): boolean => part.length === PAGE_BYTES && part.byteOffset % 4 === 0;

/** A copy of a page, blank when there is none, with `part` put in. */
function having(page: Uint8Array | undefined, at: number, part: Uint8Array): Uint8Array {
  const copy = page?.slice() ?? new Uint8Array(PAGE_BYTES);
  copy.set(part, at);
  return copy;
}
