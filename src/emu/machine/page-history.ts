/**
 * A keeper whose snapshots share what they have in common: a snapshot copies what has changed, a restore writes what is
 * different. It remembers the table that RAM was equal to last.
 *
 * Invariant: a page of RAM that is unchanged since then holds the bytes of that table. Nothing here can be seen by the
 * guest: dropping it makes the next snapshot a whole one.
 */

import { PageFlag } from '../cpu/memory-layout.ts';
import { hashAt, isZero, PageChanges, type PageKeeper, type PageView, pageAt, samePage } from './page-keeper.ts';
import { CHUNK_PAGES, type Chunk, copyingPool, type Page, type PagePool, PageTable, pageTable } from './page-table.ts';

export class PageHistory implements PageKeeper {
  readonly #ram: PageView;
  readonly #pool: PagePool;
  readonly #changes: PageChanges;
  #table: PageTable;
  /** Pages that are all zero, whatever is known of them otherwise. */
  #isBlank: ((page: number) => boolean) | undefined;

  /** `pool` gives the pages of the tables that are made. */
  constructor(ram: PageView, pool: PagePool = copyingPool) {
    this.#ram = ram;
    this.#pool = pool;
    this.#changes = new PageChanges(ram);
    this.#table = new PageTable(new Array(Math.ceil(ram.flags.length / CHUNK_PAGES)).fill(undefined));
  }

  /**
   * These pages of RAM are all zero, and are not written to before the next restore: that does not touch those of them
   * that stay so.
   */
  begin(isBlank: (page: number) => boolean): void {
    this.#isBlank = isBlank;
  }

  save(): PageTable {
    const chunks = this.#table.chunks.map((old, at) => this.#saveChunk(at, old));
    this.#equals(new PageTable(chunks));
    return this.#table;
  }

  restore(pages: ReadonlyMap<number, Uint8Array>): void {
    const table = this.#tableOf(pages);
    for (const [at, wanted] of table.chunks.entries()) this.#restoreChunk(at, this.#table.chunks[at], wanted);
    this.#equals(table);
  }

  /** RAM's digest is up to date and nothing has changed since a snapshot or restore: its pages learn their hashes. */
  learnHashes(): void {
    for (const [page, known] of this.#table.pages()) known.hash ??= hashAt(this.#ram, page);
    this.#changes.note();
  }

  #tableOf(pages: ReadonlyMap<number, Uint8Array>): PageTable {
    const table =
      pages instanceof PageTable
        ? pages
        : pageTable(
            this.#ram.flags.length,
            [...pages].map(([index, bytes]) => [index, { bytes: bytes.slice(), hash: undefined }] as const),
          );
    if (table.chunks.length !== this.#table.chunks.length) throw new RangeError('a snapshot of another size of RAM');
    return table;
  }

  #restoreChunk(at: number, old: Chunk | undefined, wanted: Chunk | undefined): void {
    const first = at * CHUNK_PAGES;
    const last = Math.min(first + CHUNK_PAGES, this.#ram.flags.length);
    for (let page = first; page < last; page++) {
      const to = wanted?.[page - first];
      if (to === undefined && this.#isBlank?.(page) === true) continue;
      if (old?.[page - first] !== to || !this.#changes.unchanged(page)) this.#write(page, to);
    }
  }

  /** Bytes that are there already are left alone, and with them the code made from them. */
  #write(page: number, wanted: Page | undefined): void {
    const { flags, hashes, codeWritten } = this.#ram;
    const bytes = pageAt(this.#ram, page);
    if (wanted === undefined ? isZero(bytes) : samePage(bytes, wanted.bytes)) {
      if (wanted === undefined) return;
      wanted.hash ??= hashAt(this.#ram, page);
    } else {
      if (wanted === undefined) bytes.fill(0);
      else bytes.set(wanted.bytes);
      if (flags[page]! & PageFlag.code) codeWritten(page);
      flags[page]! |= PageFlag.dirty;
    }
    if (wanted?.hash === undefined) return;
    hashes[2 * page] = Number(wanted.hash & 0xffff_ffffn);
    hashes[2 * page + 1] = Number(wanted.hash >> 32n);
    flags[page]! &= ~PageFlag.dirty;
  }

  #saveChunk(at: number, old: Chunk | undefined): Chunk | undefined {
    const first = at * CHUNK_PAGES;
    const last = Math.min(first + CHUNK_PAGES, this.#ram.flags.length);
    let made: (Page | undefined)[] | undefined;
    for (let page = first; page < last; page++) {
      if (this.#changes.unchanged(page)) continue;
      const before = old?.[page - first];
      const now = this.#pageOf(page, before);
      if (now === before) continue;
      made ??= old === undefined ? new Array<Page | undefined>(CHUNK_PAGES).fill(undefined) : [...old];
      made[page - first] = now;
    }
    return made ?? old;
  }

  /** The page as it is now: `before` where it holds the same, though its hash was not known. */
  #pageOf(page: number, before: Page | undefined): Page | undefined {
    const bytes = pageAt(this.#ram, page);
    if (isZero(bytes)) return undefined;
    const hash = hashAt(this.#ram, page);
    if (before === undefined || before.hash !== undefined || !samePage(before.bytes, bytes))
      return this.#pool.page(bytes, hash);
    before.hash = hash;
    return before;
  }

  #equals(table: PageTable): void {
    this.#table = table;
    this.#isBlank = undefined;
    this.#changes.note();
  }
}
