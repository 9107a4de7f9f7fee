/**
 * Writes checkpoints of a machine to a log. Pages go in once: what has not changed since the checkpoint before, and
 * what has come back to what it was, is named where it is.
 *
 * It keeps RAM's pages for the machine's `save`: nothing is copied but into frames.
 *
 * The first checkpoint of a log that has no other beginning holds all of RAM, too much for one pause. `copySome` writes
 * most of it before, while the machine runs, as often as it takes; what has changed since goes with the state.
 */

import type { Board } from '../emu/machine/board.ts';
import { hashAt, isZero, type PageKeeper, pageAt } from '../emu/machine/page-keeper.ts';
import { type Tick, tick } from '../lib/brands.ts';
import {
  CHECKPOINT_PAGE_BYTES,
  encodePages,
  encodeState,
  type LoggedState,
  MAX_STATE_BYTES,
  PAGES_PER_FRAME,
  type PageRun,
  type Past,
} from '../logformat/checkpoint.ts';
import { ChangedPages } from './changed-pages.ts';
import type { CopiedState } from './guest-copy.ts';
import { stateToCbor } from './machine-state.ts';

/** Where a page is: frame times PAGES_PER_FRAME plus index; -1 for one that is all zero. */
type Ref = number;
const ZERO: Ref = -1;
/** Pages that `copySome` writes at once: packing them is most of what it takes. */
const COPIED = 32;
/** First tick of frames whose pages are of no one moment. */
const NO_TICK = tick(0);
/** Contents remembered so that they are not written again. */
const KNOWN_MAX = 1 << 18;

export class CheckpointLog {
  readonly #board: Board;
  readonly #put: (at: Tick, payload: Uint8Array) => void;
  readonly #changed: ChangedPages;
  readonly #refs: Float64Array;
  /** By hash, which is of contents and page number. */
  readonly #known = new Map<bigint, Ref>();
  #frames = 0;

  /** `put` appends a checkpoint frame to the log, which has none yet. Nobody else may save `board` meanwhile. */
  constructor(board: Board, put: (at: Tick, payload: Uint8Array) => void) {
    this.#board = board;
    this.#put = put;
    this.#changed = new ChangedPages(board);
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
   * LoggedState; with `past` it is the one that the log begins with. Gives the pages written.
   */
  write({ left, marks, line, past }: Pick<LoggedState, 'left' | 'marks' | 'line' | 'past'>): number {
    const board = this.#board;
    const at = board.tick;
    const digest = BigInt(`0x${board.digest('all')}`);
    const written = this.#writePages(past === undefined ? at : NO_TICK);
    const { pages: _, ...small } = board.save();
    const rest = { machine: stateToCbor(small), ram: this.#runs(), ...(past === undefined ? {} : { past }) };
    const state = encodeState({ left, digest, marks, line, ...rest });
    if (state.length > MAX_STATE_BYTES) return written;
    this.#put(at, state);
    this.#frames++;
    return written;
  }

  /** Pages that may have changed since they were written: what `write` would look at now. */
  get stale(): number {
    return this.#changed.left;
  }

  /**
   * Writes a frame of pages that have changed since they were written, at most, from where the last call stopped.
   * `done`: it has come to the end of RAM, and begins anew with the next call.
   */
  copySome(): { readonly written: number; readonly done: boolean } {
    const { pages, done } = this.#changed.some(COPIED, (page) => !this.#isKnown(page));
    if (pages.length > 0) this.#writeFrame(NO_TICK, pages);
    return { written: pages.length, done };
  }

  /** Whether a page's contents are in the log already; takes down where. */
  #isKnown(page: number): boolean {
    const { view } = this.#board.ram;
    const known = isZero(pageAt(view, page)) ? ZERO : this.#known.get(hashAt(view, page)!);
    if (known !== undefined) this.#refs[page] = known;
    return known !== undefined;
  }

  /** Writes what is new, and takes down where each page is. */
  #writePages(at: Tick): number {
    const fresh: number[] = [];
    let written = 0;
    // A page that is written is known to those behind it.
    this.#changed.all((page) => {
      if (this.#isKnown(page)) return false;
      fresh.push(page);
      written++;
      if (fresh.length === PAGES_PER_FRAME) this.#writeFrame(at, fresh.splice(0));
      return true;
    });
    if (fresh.length > 0) this.#writeFrame(at, fresh);
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

/** The checkpoint that a log begins with, as a copy of a running guest makes it. */
export function beginning(log: CheckpointLog, past: () => Past, line: () => Uint8Array): CopiedState {
  return {
    get stale() {
      return log.stale;
    },
    copySome: () => log.copySome(),
    write: () => log.write({ left: 0, marks: { open: [], closed: [] }, line: line(), past: past() }),
  };
}
