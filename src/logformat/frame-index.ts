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
const FIRST_ROOM = 256;
const NAMES = Object.keys(FrameKind) as FrameKindName[];

export class FrameIndex {
  readonly #limit: number;
  #kinds = new Uint8Array(FIRST_ROOM);
  #offsets = new Float64Array(FIRST_ROOM);
  #ticks = new BigUint64Array(FIRST_ROOM);
  #count = 0;

  constructor(entries: readonly IndexEntry[] = [], limit = LIMIT) {
    this.#limit = limit;
    for (const entry of entries) this.add(entry);
  }

  /** Frames added. */
  get count(): number {
    return this.#count;
  }

  add({ kind, offset, firstTick }: IndexEntry): void {
    const at = this.#count++;
    if (at === this.#limit) this.#resize(0);
    if (at >= this.#limit) return;
    if (at === this.#kinds.length) this.#resize(2 * at);
    this.#kinds[at] = FrameKind[kind];
    this.#offsets[at] = offset;
    this.#ticks[at] = firstTick;
  }

  /** One for each frame, or none when there are too many. */
  get entries(): readonly IndexEntry[] {
    if (this.#count > this.#limit) return [];
    return Array.from({ length: this.#count }, (_, i) => ({
      kind: NAMES[this.#kinds[i]!]!,
      offset: this.#offsets[i]!,
      firstTick: tick(this.#ticks[i]!),
    }));
  }

  #resize(length: number): void {
    const [kinds, offsets, ticks] = [this.#kinds, this.#offsets, this.#ticks];
    this.#kinds = new Uint8Array(length);
    this.#offsets = new Float64Array(length);
    this.#ticks = new BigUint64Array(length);
    if (length === 0) return;
    this.#kinds.set(kinds);
    this.#offsets.set(offsets);
    this.#ticks.set(ticks);
  }
}
