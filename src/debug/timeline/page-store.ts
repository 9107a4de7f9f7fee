/**
 * The pages that checkpoints hold, each counted once however many checkpoints share it: by being the same object, or by
 * having the same contents at the same page number.
 */

import { PAGE_BYTES } from '../../emu/cpu/memory-layout.ts';
import { samePage } from '../../emu/machine/page-keeper.ts';
import type { Chunk, Page, PagePool, PageTable } from '../../emu/machine/page-table.ts';
import { CHUNK_PAGES } from '../../emu/machine/page-table.ts';

/** What a page and a chunk take besides the bytes of the page, about. */
const PAGE_OVERHEAD = 200;
const CHUNK_BYTES = 8 * CHUNK_PAGES + 64;

export class PageStore implements PagePool {
  readonly #pages = new Map<Page, number>();
  readonly #chunks = new Map<Chunk, number>();
  readonly #byHash = new Map<bigint, Page>();
  #bytes = 0;

  /** Memory held by the tables that are in the store. */
  get bytes(): number {
    return this.#bytes;
  }

  page(bytes: Uint8Array, hash: bigint | undefined): Page {
    const known = hash === undefined ? undefined : this.#byHash.get(hash);
    return known !== undefined && samePage(known.bytes, bytes) ? known : { bytes: bytes.slice(), hash };
  }

  /** Whether a table that is in the store has this page. */
  holds(page: Page): boolean {
    return this.#pages.has(page);
  }

  /** Gives the bytes that this takes more. */
  add(table: PageTable): number {
    const before = this.#bytes;
    for (const chunk of table.chunks) {
      if (chunk === undefined) continue;
      const count = this.#chunks.get(chunk) ?? 0;
      this.#chunks.set(chunk, count + 1);
      if (count > 0) continue;
      this.#bytes += CHUNK_BYTES;
      for (const page of chunk) if (page !== undefined) this.#addPage(page);
    }
    return this.#bytes - before;
  }

  /** Takes out a table that was added. */
  drop(table: PageTable): void {
    for (const chunk of table.chunks) {
      if (chunk === undefined) continue;
      const count = this.#chunks.get(chunk)! - 1;
      if (count > 0) {
        this.#chunks.set(chunk, count);
        continue;
      }
      this.#chunks.delete(chunk);
      this.#bytes -= CHUNK_BYTES;
      for (const page of chunk) if (page !== undefined) this.#dropPage(page);
    }
  }

  #addPage(page: Page): void {
    const count = this.#pages.get(page) ?? 0;
    this.#pages.set(page, count + 1);
    if (count > 0) return;
    this.#bytes += PAGE_BYTES + PAGE_OVERHEAD;
    if (page.hash !== undefined) this.#byHash.set(page.hash, page);
  }

  #dropPage(page: Page): void {
    const count = this.#pages.get(page)! - 1;
    if (count > 0) {
      this.#pages.set(page, count);
      return;
    }
    this.#pages.delete(page);
    this.#bytes -= PAGE_BYTES + PAGE_OVERHEAD;
    if (page.hash !== undefined && this.#byHash.get(page.hash) === page) this.#byHash.delete(page.hash);
  }
}
