/**
 * How the pages of RAM are kept besides copying all of them: somebody who makes many snapshots looks at what has
 * changed between them. `PageChanges` finds that from what the engine keeps for digests anyway.
 *
 * Two contents of one page are taken to be the same when the hashes that state digests are made of are the same.
 */

import { PAGE_BYTES, PageFlag } from '../cpu/memory-layout.ts';

/** What a machine's save and restore ask for RAM's pages. */
export interface PageKeeper {
  /** Pages that are not all zero, by number. */
  save(): ReadonlyMap<number, Uint8Array>;
  /** Makes RAM hold these pages and zeroes. The caller has the engine look at everything anew. */
  restore(pages: ReadonlyMap<number, Uint8Array>): void;
}

export interface PageView {
  readonly bytes: Uint8Array;
  /** PageFlag bits by page. */
  readonly flags: Uint8Array;
  /** Two words for each page, low one first. */
  readonly hashes: Uint32Array;
  /** As in RamHooks. */
  readonly codeWritten: (page: number) => void;
}

export const pageAt = ({ bytes }: PageView, page: number): Uint8Array =>
  bytes.subarray(page * PAGE_BYTES, (page + 1) * PAGE_BYTES);

/** Hash of a page's contents; undefined while it is dirty. */
export const hashAt = ({ flags, hashes }: PageView, page: number): bigint | undefined =>
  (flags[page]! & PageFlag.dirty) === 0
    ? (BigInt(hashes[2 * page + 1]!) << 32n) | BigInt(hashes[2 * page]!)
    : undefined;

/** `page` is aligned to 4 bytes. */
export function isZero(page: Uint8Array): boolean {
  const words = wordsOf(page);
  for (let i = 0; i < words.length; i++) if (words[i] !== 0) return false;
  return true;
}

/** Both are pages, and aligned to 4 bytes. */
export function samePage(a: Uint8Array, b: Uint8Array): boolean {
  const [left, right] = [wordsOf(a), wordsOf(b)];
  for (let i = 0; i < left.length; i++) if (left[i] !== right[i]) return false;
  return true;
}

const wordsOf = (page: Uint8Array): Int32Array => new Int32Array(page.buffer, page.byteOffset, page.length / 4);

/**
 * Invariant: a page that was clean at the last `note`, is clean now and has the hash of then is unchanged since. A page
 * that is or was dirty counts as changed: bring the digest of RAM up to date before to learn the most.
 */
export class PageChanges {
  readonly #ram: PageView;
  readonly #flags: Uint8Array;
  readonly #hashes: Uint32Array;

  /** Before the first `note` every page counts as changed. */
  constructor(ram: PageView) {
    this.#ram = ram;
    this.#flags = new Uint8Array(ram.flags.length).fill(PageFlag.dirty);
    this.#hashes = new Uint32Array(ram.hashes.length);
  }

  unchanged(page: number): boolean {
    const { flags, hashes } = this.#ram;
    return (
      ((flags[page]! | this.#flags[page]!) & PageFlag.dirty) === 0 &&
      hashes[2 * page] === this.#hashes[2 * page] &&
      hashes[2 * page + 1] === this.#hashes[2 * page + 1]
    );
  }

  /** From now on changes of this page count from here. */
  noteAt(page: number): void {
    const { flags, hashes } = this.#ram;
    this.#flags[page] = flags[page]!;
    this.#hashes[2 * page] = hashes[2 * page]!;
    this.#hashes[2 * page + 1] = hashes[2 * page + 1]!;
  }

  /** From now on changes count from here. */
  note(): void {
    this.#flags.set(this.#ram.flags);
    this.#hashes.set(this.#ram.hashes);
  }
}
