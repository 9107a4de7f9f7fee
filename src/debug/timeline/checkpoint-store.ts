/**
 * Checkpoints in order of their ticks, within a budget of memory. When it is exceeded the one goes whose absence makes
 * the smallest gap, so that what is left stays evenly spaced; the first, the last and pinned ones stay.
 *
 * The one at power on and those that the log holds are known by tick from the beginning and loaded when needed; what is
 * dropped of them is the copy in memory.
 */

import type { Tick } from '../../lib/brands.ts';
import type { Checkpoint, CheckpointInfo } from './checkpoint.ts';
import { PageStore } from './page-store.ts';

/** A checkpoint that can be had at any time. */
export interface LoadableCheckpoint {
  readonly tick: Tick;
  load(): Checkpoint;
}

interface Entry {
  readonly tick: Tick;
  readonly source: LoadableCheckpoint | undefined;
  readonly inLog: boolean;
  kept: Checkpoint | undefined;
  pinned: boolean;
  bytes: number;
  /** Number of the last use; the greater the later. */
  used: number;
}

/** Registers, TLBs and devices of a checkpoint, about. */
const STATE_BYTES = 64 * 1024;
/** Loaded checkpoints of which a copy is kept as long as others can be dropped. */
const LOADED_KEPT = 8;

export class CheckpointStore {
  readonly pages = new PageStore();
  readonly #budgetBytes: number;
  #entries: Entry[] = [];
  #kept = 0;
  #uses = 0;

  constructor(budgetBytes: number) {
    this.#budgetBytes = budgetBytes;
  }

  get bytes(): number {
    return this.pages.bytes + this.#kept * STATE_BYTES;
  }

  get infos(): readonly CheckpointInfo[] {
    return this.#entries.map(({ tick, inLog, pinned, bytes }) => ({ tick, pinned, bytes, inLog }));
  }

  get ticks(): readonly Tick[] {
    return this.#entries.map(({ tick }) => tick);
  }

  /** Tick of the last checkpoint at or before `tick`; undefined when there is none. */
  lastAt(tick: Tick): Tick | undefined {
    return this.#entries[this.#find(tick)]?.tick;
  }

  /** The same of those in memory. */
  lastKeptAt(tick: Tick): Tick | undefined {
    for (let at = this.#find(tick); at >= 0; at--)
      if (this.#entries[at]!.kept !== undefined) return this.#entries[at]!.tick;
    return undefined;
  }

  /** Tick of the first checkpoint after `tick`. */
  firstAfter(tick: Tick): Tick | undefined {
    return this.#entries[this.#find(tick) + 1]?.tick;
  }

  /** The last checkpoint at or before `tick`. */
  get(tick: Tick): Checkpoint {
    const entry = this.#entries[this.#find(tick)]!;
    entry.used = ++this.#uses;
    if (entry.kept === undefined) {
      this.#keep(entry, entry.source!.load());
      this.#thin(entry);
    }
    return entry.kept!;
  }

  add(checkpoint: Checkpoint): void {
    const at = this.#find(checkpoint.tick);
    const found = this.#entries[at];
    if (found?.tick === checkpoint.tick) {
      if (found.kept === undefined) this.#keep(found, checkpoint);
      return;
    }
    const entry = entryAt(checkpoint.tick, undefined, false);
    this.#entries.splice(at + 1, 0, entry);
    this.#keep(entry, checkpoint);
    this.#thin(entry);
  }

  /** The last checkpoint at or before `tick` cannot be used. */
  forget(tick: Tick): void {
    const [entry] = this.#entries.splice(this.#find(tick), 1);
    if (entry?.kept !== undefined) this.#letGo(entry);
  }

  /** Those made here after one tick, up to another, may not be what they should be: they go, pinned or not. */
  doubt(after: Tick, upTo: Tick): void {
    const isDoubted = ({ tick, kept }: Entry): boolean =>
      tick > after && tick <= upTo && kept !== undefined && kept.digest === undefined;
    for (const entry of this.#entries.filter(isDoubted)) {
      this.#letGo(entry);
      if (entry.source === undefined) this.#entries.splice(this.#entries.indexOf(entry), 1);
    }
  }

  /** It stays whatever the budget says. */
  pin(tick: Tick): void {
    this.#entries[this.#find(tick)]!.pinned = true;
  }

  /** The first one, in an empty store. It stays known. */
  setStart(start: LoadableCheckpoint): void {
    this.#entries = [{ ...entryAt(start.tick, start, false), pinned: true }];
  }

  /** The checkpoints of the log, in place of those known before; the first of the store is not among them. */
  setLogged(logged: readonly LoadableCheckpoint[]): void {
    const byTick = new Map(this.#entries.map((entry) => [entry.tick, entry]));
    for (const one of logged) {
      const fresh = entryAt(one.tick, one, true);
      byTick.set(one.tick, { ...fresh, ...byTick.get(one.tick), source: one, inLog: true });
    }
    this.#entries = [...byTick.values()].sort((a, b) => (a.tick < b.tick ? -1 : 1));
  }

  #keep(entry: Entry, checkpoint: Checkpoint): void {
    entry.kept = checkpoint;
    entry.bytes = this.pages.add(checkpoint.pages) + STATE_BYTES;
    this.#kept++;
  }

  #letGo(entry: Entry): void {
    this.pages.drop(entry.kept!.pages);
    entry.kept = undefined;
    entry.bytes = 0;
    this.#kept--;
  }

  /** Index of the last entry at or before a tick; -1 when there is none. */
  #find(tick: Tick): number {
    let low = 0;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#entries[middle]!.tick <= tick) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  /** Drops until the budget holds; not `used`, which is about to be. */
  #thin(used: Entry): void {
    while (this.bytes > this.#budgetBytes) {
      const victim = this.#leastMissed(used);
      if (victim === undefined) return;
      this.#letGo(victim);
      if (victim.source === undefined) this.#entries.splice(this.#entries.indexOf(victim), 1);
    }
  }

  /** First a copy of a loaded one that has not been used for long, for it can be loaded again; then by the gap. */
  #leastMissed(used: Entry): Entry | undefined {
    const entries = this.#entries;
    const loaded = entries.filter((entry) => entry.source !== undefined && entry.kept !== undefined && entry !== used);
    if (loaded.length > LOADED_KEPT) return loaded.reduce((a, b) => (a.used <= b.used ? a : b));
    let least: Entry | undefined;
    let leastGap: bigint | undefined;
    for (const [i, entry] of entries.entries()) {
      const next = entries[i + 1];
      if (entry === used || entry.source !== undefined || entry.pinned || i === 0 || next === undefined) continue;
      const gap = next.tick - entries[i - 1]!.tick;
      if (leastGap !== undefined && gap >= leastGap) continue;
      least = entry;
      leastGap = gap;
    }
    return least ?? loaded[0];
  }
}

const entryAt = (tick: Tick, source: LoadableCheckpoint | undefined, inLog: boolean): Entry => ({
  tick,
  source,
  inLog,
  kept: undefined,
  pinned: false,
  bytes: 0,
  used: 0,
});
