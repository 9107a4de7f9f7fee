/**
 * The checkpoints that a recording holds. Which there are is known from the index alone; one is read when it is needed.
 */

import { type Page, type PageTable, pageTable } from '../../emu/machine/page-table.ts';
import {
  CHECKPOINT_PAGE_BYTES,
  decodePages,
  decodeState,
  type LoggedState,
  PAGES_PER_FRAME,
  type PageRun,
} from '../../logformat/checkpoint.ts';
import type { IndexEntry } from '../../logformat/closing.ts';
import { FormatError } from '../../logformat/errors.ts';
import { stateFromCbor } from '../../session/machine-state.ts';
import type { Checkpoint } from './checkpoint.ts';
import type { LoggedCheckpoint } from './checkpoint-store.ts';
import type { History } from './history.ts';

/** A page that has been read: its number in RAM, and where it is in the log, as frame * PAGES_PER_FRAME + index. */
interface Placed {
  readonly page: number;
  readonly ref: number;
  readonly content: Page;
}

export class LoggedCheckpoints {
  readonly #history: History;
  readonly #ramPages: number;
  /** Whether a page is held by a checkpoint in memory. */
  readonly #isHeld: (page: Page) => boolean;
  /** Pages that have been read, by `ref`: checkpoints share most of them. */
  #shared = new Map<number, Placed>();
  /** Pages of the last one read. */
  #lastPages = 0;
  /** Pages read since some were forgotten. */
  #fresh = 0;

  constructor(history: History, ramPages: number, isHeld: (page: Page) => boolean = () => false) {
    this.#history = history;
    this.#ramPages = ramPages;
    this.#isHeld = isHeld;
  }

  /** In order of their ticks, as the recording is now. */
  list(): readonly LoggedCheckpoint[] {
    const { frames, end } = this.#history;
    // The last of some checkpoint frames in a row with the same first tick holds the state.
    const states = frames.filter(({ kind, firstTick }, i) => {
      const next = frames[i + 1];
      return kind === 'checkpoint' && (next?.kind !== 'checkpoint' || next.firstTick !== firstTick);
    });
    return states
      .filter(({ firstTick }) => firstTick <= end)
      .map((entry) => ({ tick: entry.firstTick, load: () => this.#load(entry) }));
  }

  /** FormatError when it is damaged, or is no whole checkpoint. */
  #load({ offset, firstTick }: IndexEntry): Checkpoint {
    const { reader } = this.#history;
    const state = decodeState(reader.payloadOf(reader.frameAt(offset)));
    return {
      tick: firstTick,
      machine: stateFromCbor(state.machine),
      pages: this.#table(state),
      position: {
        place: this.#history.placeAt(offset, state.left),
        replayer: { marks: state.marks, agreed: firstTick },
      },
      line: state.line,
      digest: state.digest.toString(16).padStart(16, '0'),
    };
  }

  #table({ ram }: LoggedState): PageTable {
    const offsets = this.#history.frames.filter(({ kind }) => kind === 'checkpoint').map(({ offset }) => offset);
    this.#letGo();
    const read: Placed[] = [];
    // Frame by frame, so that each is unpacked once.
    for (const [frame, runs] of Map.groupBy(ram, (run) => run.frame))
      read.push(...this.#readFrame(offsets[frame], runs));
    for (const placed of read) this.#shared.set(placed.ref, placed);
    this.#lastPages = read.length;
    return pageTable(
      this.#ramPages,
      read.map(({ page, content }) => [page, content]),
    );
  }

  /** Forgets pages that only this map holds, when there may be as many as one checkpoint has. */
  #letGo(): void {
    if (this.#fresh < this.#lastPages) return;
    for (const [ref, { content }] of this.#shared) if (!this.#isHeld(content)) this.#shared.delete(ref);
    this.#fresh = 0;
  }

  #readFrame(offset: number | undefined, runs: readonly PageRun[]): Placed[] {
    const wanted = runs.flatMap(({ page, count, frame, index }) =>
      Array.from({ length: count }, (_, i) => ({ page: page + i, ref: frame * PAGES_PER_FRAME + index + i })),
    );
    const known = wanted.map(({ page, ref }) => {
      const shared = this.#shared.get(ref);
      return shared?.page === page ? shared : undefined;
    });
    const missing = wanted.filter((_, i) => known[i] === undefined);
    const copies =
      missing.length === 0
        ? []
        : this.#copy(
            offset,
            missing.map(({ ref }) => ref % PAGES_PER_FRAME),
          );
    this.#fresh += missing.length;
    let next = 0;
    return wanted.map((place, i) => known[i] ?? { ...place, content: { bytes: copies[next++]!, hash: undefined } });
  }

  /** Pages of a frame, copied so that the frame is let go of. */
  #copy(offset: number | undefined, indexes: readonly number[]): Uint8Array[] {
    if (offset === undefined) throw new FormatError('a checkpoint names a frame of pages that is not there');
    const { reader } = this.#history;
    const pages = decodePages(reader.payloadOf(reader.frameAt(offset)));
    const copies = new Uint8Array(indexes.length * CHECKPOINT_PAGE_BYTES);
    return indexes.map((index, i) => {
      const from = index * CHECKPOINT_PAGE_BYTES;
      if (from + CHECKPOINT_PAGE_BYTES > pages.length)
        throw new FormatError('a checkpoint names a page that is not there');
      const copy = copies.subarray(i * CHECKPOINT_PAGE_BYTES, (i + 1) * CHECKPOINT_PAGE_BYTES);
      copy.set(pages.subarray(from, from + CHECKPOINT_PAGE_BYTES));
      return copy;
    });
  }
}
