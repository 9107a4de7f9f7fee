/**
 * Where the frames of a recording are, kept while it is written.
 *
 * Invariant: memory is bounded, however long a guest lives. A recording of more than `limit` frames has an empty index,
 * which a reader takes for none.
 */

import { tick } from '../lib/brands.ts';
import type { IndexEntry } from './closing.ts';
import { FrameKind, type FrameKindName } from './frame.ts';

/** Frames that an index may name: some 18 MB while it is kept. */
const LIMIT = 1 << 20;
/** Entries that are packed together. Those of a short recording never are. */
const TOGETHER = 1024;
const NAMES = Object.keys(FrameKind) as FrameKindName[];

/** So many entries by column, 17 bytes each. */
interface Packed {
  readonly kinds: Uint8Array;
  readonly offsets: Float64Array;
  readonly ticks: BigUint64Array;
}

export class FrameIndex {
  readonly #limit: number;
  #packed: Packed[] = [];
  /** The last ones, fewer than are packed together. */
  #recent: IndexEntry[] = [];
  #count = 0;

  constructor(entries: readonly IndexEntry[] = [], limit = LIMIT) {
    this.#limit = limit;
    for (const entry of entries) this.add(entry);
  }

  /** Frames added. */
  get count(): number {
    return this.#count;
  }

  add(entry: IndexEntry): void {
    if (++this.#count > this.#limit) {
      this.#packed = [];
      this.#recent = [];
      return;
    }
    this.#recent.push(entry);
    if (this.#recent.length < TOGETHER) return;
    this.#packed.push(pack(this.#recent));
    this.#recent = [];
  }

  /** One for each frame, or none when there are too many. */
  get entries(): readonly IndexEntry[] {
    return [...this.#packed.flatMap(unpack), ...this.#recent];
  }
}

const pack = (entries: readonly IndexEntry[]): Packed => ({
  kinds: Uint8Array.from(entries, ({ kind }) => FrameKind[kind]),
  offsets: Float64Array.from(entries, ({ offset }) => offset),
  ticks: BigUint64Array.from(entries, ({ firstTick }) => firstTick),
});

const unpack = ({ kinds, offsets, ticks }: Packed): IndexEntry[] =>
  Array.from(kinds, (kind, i) => ({ kind: NAMES[kind]!, offset: offsets[i]!, firstTick: tick(ticks[i]!) }));
