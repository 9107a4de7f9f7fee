/**
 * The pages of a machine's RAM that have changed since they were last taken: what a checkpoint, or a copy of a running
 * guest, has to carry. It looks at what engines keep for digests; the guest sees nothing of it.
 *
 * Invariant: a page that is not given has the contents that it had when it was taken, or was looked at and not wanted.
 */

import { PageFlag } from '../emu/cpu/memory-layout.ts';
import type { Board } from '../emu/machine/board.ts';
import { PageChanges } from '../emu/machine/page-keeper.ts';

/** Changed pages hashed at once in `some`. */
const LOOKED_AT = 512;

export class ChangedPages {
  readonly #board: Board;
  readonly #changes: PageChanges;
  /** Page that `some` goes on with, and the first whose hash it has not brought up to date. */
  #cursor = 0;
  #hashedTo = 0;

  /** All of RAM is changed at first. */
  constructor(board: Board) {
    this.#board = board;
    this.#changes = new PageChanges(board.ram.view);
  }

  /** Pages that may have changed: what `all` would look at now. */
  get left(): number {
    let left = 0;
    for (let page = 0; page < this.#board.ram.pages; page++) if (!this.#changes.unchanged(page)) left++;
    return left;
  }

  /**
   * Takes `most` changed pages that are wanted, at most, from where the last call stopped. `done`: it has come to the
   * end of RAM, and begins anew with the next call.
   */
  some(
    most: number,
    isWanted: (page: number) => boolean,
  ): { readonly pages: readonly number[]; readonly done: boolean } {
    const { flags } = this.#board.ram.view;
    if (this.#cursor >= this.#hashedTo) this.#hashAhead();
    const pages: number[] = [];
    let next = this.#cursor;
    for (; next < this.#hashedTo && pages.length < most; next++) {
      // Written to since it was hashed: it is of the next time around.
      if (this.#changes.unchanged(next) || (flags[next]! & PageFlag.dirty) !== 0) continue;
      if (isWanted(next)) pages.push(next);
      this.#changes.noteAt(next);
    }
    const done = next >= flags.length;
    this.#cursor = done ? 0 : next;
    if (done) this.#hashedTo = 0;
    return { pages, done };
  }

  /** Takes every changed page that is wanted. */
  all(isWanted: (page: number) => boolean): number[] {
    this.#board.engine.digestRam();
    const pages: number[] = [];
    for (let page = 0; page < this.#board.ram.pages; page++) {
      if (!this.#changes.unchanged(page) && isWanted(page)) pages.push(page);
    }
    this.#changes.note();
    return pages;
  }

  /**
   * Brings hashes up to date from the cursor on, for as many changed pages as is done at once: for all it would take
   * long, and each time all flags of RAM are gone through.
   */
  #hashAhead(): void {
    const { flags } = this.#board.ram.view;
    const stale: number[] = [];
    let next = this.#cursor;
    for (; next < flags.length && stale.length < LOOKED_AT; next++)
      if (!this.#changes.unchanged(next)) stale.push(next);
    this.#hashedTo = next;
    const before = flags.slice();
    for (let page = 0; page < flags.length; page++) flags[page]! &= ~PageFlag.dirty;
    for (const page of stale) flags[page]! |= before[page]! & PageFlag.dirty;
    this.#board.engine.digestRam();
    for (let page = 0; page < flags.length; page++) flags[page]! |= before[page]! & PageFlag.dirty;
    for (const page of stale) flags[page]! &= ~PageFlag.dirty;
  }
}
