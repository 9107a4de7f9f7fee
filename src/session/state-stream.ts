/**
 * Sends a machine's state again and again, each time what has changed: pages, then the rest. Before the first state
 * pages may go ahead while the guest runs (`copySome`); what changes after goes once more.
 *
 *     copySome ... ──> write ──> write ──> write        each `write` in a pause of the guest, which runs in between
 *
 * Invariant: pages and state since power on, or since the copy began, give exactly the machine of the last `write`.
 */

import type { Board } from '../emu/machine/board.ts';
import { isZero, pageAt } from '../emu/machine/page-keeper.ts';
import { tick } from '../lib/brands.ts';
import { ChangedPages } from './changed-pages.ts';
import { encodePageContents, encodeTransferred, type PutFrame, type TransferredState } from './state-frames.ts';

/** A quarter of a megabyte: what goes between two threads is not larger than their ring. */
const PAGES_PER_FRAME = 64;
/** First tick of frames whose pages are of no one moment. */
const NO_TICK = tick(0);

export class StateStream {
  readonly #board: Board;
  readonly #put: PutFrame;
  readonly #changed: ChangedPages;
  /** Pages that the other side does not have as zeroes, by number. */
  readonly #sent: Uint8Array;

  constructor(board: Board, put: PutFrame) {
    this.#board = board;
    this.#put = put;
    this.#changed = new ChangedPages(board);
    this.#sent = new Uint8Array(board.ram.pages);
  }

  /** Pages that `write` would look at now. */
  get stale(): number {
    return this.#changed.left;
  }

  /** A frame of changed pages, at most. `done`: it has come to the end of RAM, and begins anew with the next call. */
  copySome(): { readonly written: number; readonly done: boolean } {
    const { pages, done } = this.#changed.some(PAGES_PER_FRAME, (page) => this.#isNews(page));
    this.#putPages(pages);
    return { written: pages.length, done };
  }

  /** What has changed and the state, of this moment, which is not tick 0. Gives the pages written. */
  write(rest: Omit<TransferredState, 'machine'>): number {
    const pages = this.#changed.all((page) => this.#isNews(page));
    for (let from = 0; from < pages.length; from += PAGES_PER_FRAME)
      this.#putPages(pages.slice(from, from + PAGES_PER_FRAME));
    this.#put(this.#board.tick, encodeTransferred({ ...rest, machine: this.#board.saveSmall() }));
    return pages.length;
  }

  #isNews(page: number): boolean {
    return this.#sent[page] === 1 || !isZero(pageAt(this.#board.ram.view, page));
  }

  #putPages(pages: readonly number[]): void {
    if (pages.length === 0) return;
    const { view } = this.#board.ram;
    const contents = pages.map((page) => {
      const bytes = pageAt(view, page);
      const isBlank = isZero(bytes);
      this.#sent[page] = isBlank ? 0 : 1;
      return { page, bytes: isBlank ? undefined : bytes };
    });
    this.#put(NO_TICK, encodePageContents(contents));
  }
}
