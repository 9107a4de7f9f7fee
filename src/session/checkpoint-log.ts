/**
 * Writes checkpoints of a machine to a log. Pages go in once: what has not changed since the checkpoint before, and
 * what has come back to what it was, is named where it is.
 *
 * It keeps RAM's pages for the machine's `save`: nothing is copied but into frames.
 */

import type { Board } from '../emu/machine/board.ts';
import { hashAt, isZero, PageChanges, type PageKeeper, pageAt } from '../emu/machine/page-keeper.ts';
import type { Tick } from '../lib/brands.ts';
import {
  CHECKPOINT_PAGE_BYTES,
  encodePages,
  encodeState,
  type LoggedState,
  MAX_STATE_BYTES,
  PAGES_PER_FRAME,
  type PageRun,
} from '../logformat/checkpoint.ts';
import { stateToCbor } from './machine-state.ts';

/** Where a page is: frame times PAGES_PER_FRAME plus index; -1 for one that is all zero. */
type Ref = number;
const ZERO: Ref = -1;
/** Contents remembered so that they are not written again. */
const KNOWN_MAX = 1 << 18;

export class CheckpointLog {
  readonly #board: Board;
  readonly #put: (at: Tick, payload: Uint8Array) => void;
  readonly #changes: PageChanges;
  readonly #refs: Float64Array;
  /** By hash, which is of contents and page number. */
  readonly #known = new Map<bigint, Ref>();
  #frames = 0;

  /** `put` appends a checkpoint frame to the log, which has none yet. Nobody else may save `board` meanwhile. */
  constructor(board: Board, put: (at: Tick, payload: Uint8Array) => void) {
    this.#board = board;
    this.#put = put;
    this.#changes = new PageChanges(board.ram.view);
    this.#refs = new Float64Array(board.ram.pages).fill(ZERO);
    const keeper: PageKeeper = {
      save: () => new Map(),
      restore: () => {
        throw new Error('this machine writes its checkpoints to a log');
      },
    };
    board.ram.keeper = keeper;
  }

  /**
   * Writes a checkpoint of the present tick, at which no input has been applied. `left`, `marks`, `line`: as in
   * LoggedState. Gives the pages written.
   */
  write({ left, marks, line }: Pick<LoggedState, 'left' | 'marks' | 'line'>): number {
    const board = this.#board;
    const at = board.tick;
    const digest = BigInt(`0x${board.digest('all')}`);
    const written = this.#writePages(at);
    const { pages: _, ...small } = board.save();
    const state = encodeState({ left, digest, marks, line, machine: stateToCbor(small), ram: this.#runs() });
    if (state.length > MAX_STATE_BYTES) return written;
    this.#put(at, state);
    this.#frames++;
    return written;
  }

  /** Writes what is new, and takes down where each page is. RAM's digest is up to date. */
  #writePages(at: Tick): number {
    const { view, pages } = this.#board.ram;
    const fresh: number[] = [];
    let written = 0;
    for (let page = 0; page < pages; page++) {
      if (this.#changes.unchanged(page)) continue;
      const known = isZero(pageAt(view, page)) ? ZERO : this.#known.get(hashAt(view, page)!);
      if (known !== undefined) {
        this.#refs[page] = known;
        continue;
      }
      fresh.push(page);
      written++;
      if (fresh.length === PAGES_PER_FRAME) this.#writeFrame(at, fresh.splice(0));
    }
    if (fresh.length > 0) this.#writeFrame(at, fresh);
    this.#changes.note();
    return written;
  }

  #writeFrame(at: Tick, pages: readonly number[]): void {
    const { view } = this.#board.ram;
    const payload = new Uint8Array(pages.length * CHECKPOINT_PAGE_BYTES);
    if (this.#known.size > KNOWN_MAX) this.#known.clear();
    for (const [index, page] of pages.entries()) {
      payload.set(pageAt(view, page), index * CHECKPOINT_PAGE_BYTES);
      const ref = this.#frames * PAGES_PER_FRAME + index;
      this.#refs[page] = ref;
      this.#known.set(hashAt(view, page)!, ref);
    }
    this.#put(at, encodePages(payload));
    this.#frames++;
  }

  #runs(): PageRun[] {
    const refs = this.#refs;
    const runs: PageRun[] = [];
    for (let page = 0; page < refs.length; ) {
      const ref = refs[page]!;
      if (ref === ZERO) {
        page++;
        continue;
      }
      const frame = Math.floor(ref / PAGES_PER_FRAME);
      const index = ref % PAGES_PER_FRAME;
      let count = 1;
      while (index + count < PAGES_PER_FRAME && refs[page + count] === ref + count) count++;
      runs.push({ page, count, frame, index });
      page += count;
    }
    return runs;
  }
}
