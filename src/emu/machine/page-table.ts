/**
 * RAM as it was at one moment, in pages that moments share: what a snapshot keeps of RAM. A table is a list of chunks
 * of 64 pages; a chunk in which nothing has changed since the table before is the same object, and so is a page. The
 * bytes of tables never change. To whoever wants no sharing it is a map of the pages that are not all zero.
 */

import { PAGE_BYTES } from '../cpu/memory-layout.ts';

/** Pages of a chunk. */
export const CHUNK_PAGES = 64;

export interface Page {
  /** Aligned to 4 bytes. */
  readonly bytes: Uint8Array;
  /** As in the page-hash table, for the page number that it is used at; undefined while it is not known. */
  hash: bigint | undefined;
}

/** Pages by number within the chunk; undefined where all is zero. */
export type Chunk = readonly (Page | undefined)[];

/** Where pages come from when a table is made: gives a page of these contents, one it knows already or a new copy. */
export interface PagePool {
  page(bytes: Uint8Array, hash: bigint | undefined): Page;
}

export const copyingPool: PagePool = { page: (bytes, hash) => ({ bytes: bytes.slice(), hash }) };

export class PageTable implements ReadonlyMap<number, Uint8Array> {
  readonly chunks: readonly (Chunk | undefined)[];
  #size: number | undefined;

  constructor(chunks: readonly (Chunk | undefined)[]) {
    this.chunks = chunks;
  }

  page(index: number): Page | undefined {
    return this.chunks[Math.floor(index / CHUNK_PAGES)]?.[index % CHUNK_PAGES];
  }

  *pages(): Generator<[number, Page]> {
    for (const [at, chunk] of this.chunks.entries()) {
      if (chunk === undefined) continue;
      for (const [i, page] of chunk.entries()) if (page !== undefined) yield [at * CHUNK_PAGES + i, page];
    }
  }

  get size(): number {
    if (this.#size === undefined) {
      this.#size = 0;
      for (const chunk of this.chunks) for (const page of chunk ?? []) if (page !== undefined) this.#size++;
    }
    return this.#size;
  }
  get(index: number): Uint8Array | undefined {
    return this.page(index)?.bytes;
  }
  has(index: number): boolean {
    return this.page(index) !== undefined;
  }
  *entries(): MapIterator<[number, Uint8Array]> {
    for (const [index, { bytes }] of this.pages()) yield [index, bytes];
  }
  *keys(): MapIterator<number> {
    for (const [index] of this.pages()) yield index;
  }
  *values(): MapIterator<Uint8Array> {
    for (const [, { bytes }] of this.pages()) yield bytes;
  }
  [Symbol.iterator](): MapIterator<[number, Uint8Array]> {
    return this.entries();
  }
  forEach(visit: (bytes: Uint8Array, index: number, map: ReadonlyMap<number, Uint8Array>) => void): void {
    for (const [index, bytes] of this.entries()) visit(bytes, index, this);
  }
}

/** A table from pages by number, for RAM of `ramPages` pages; RangeError for a page that cannot be. */
export function pageTable(ramPages: number, pages: Iterable<readonly [number, Page]>): PageTable {
  const chunks: ((Page | undefined)[] | undefined)[] = new Array(Math.ceil(ramPages / CHUNK_PAGES)).fill(undefined);
  for (const [index, page] of pages) {
    if (!Number.isInteger(index) || index < 0 || index >= ramPages || page.bytes.length !== PAGE_BYTES)
      throw new RangeError(`snapshot: page ${index}`);
    const at = Math.floor(index / CHUNK_PAGES);
    chunks[at] ??= new Array<Page | undefined>(CHUNK_PAGES).fill(undefined);
    chunks[at][index % CHUNK_PAGES] = page;
  }
  return new PageTable(chunks);
}
