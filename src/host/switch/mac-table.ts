/**
 * Where addresses were seen last. An entry is believed for a while after its last frame; the table holds a bounded
 * number of them, so that a peer that makes addresses up costs no memory, only floods. No clock in here: every call
 * says what time it is, in milliseconds that never go back.
 */

/** Entries lie in the order of their last frames, to this precision: so often an entry is moved to the end at most. */
const ORDER_MS = 1000;

export interface MacTableOptions {
  readonly ageMs: number;
  readonly entriesMax: number;
}

export interface MacEntry<P> {
  readonly mac: number;
  readonly place: P;
  readonly seenMs: number;
}

export class MacTable<P> {
  readonly #ageMs: number;
  readonly #entriesMax: number;
  readonly #entries = new Map<number, { mac: number; place: P; seenMs: number; orderedMs: number }>();

  constructor({ ageMs, entriesMax }: MacTableOptions) {
    this.#ageMs = ageMs;
    this.#entriesMax = entriesMax;
  }

  /** `mac` is at `place` now. True when it was believed to be at another one. */
  learn(mac: number, place: P, nowMs: number): boolean {
    const entry = this.#entries.get(mac);
    const moved = entry !== undefined && entry.place !== place && this.#holds(entry.seenMs, nowMs);
    if (entry !== undefined && nowMs - entry.orderedMs < ORDER_MS) {
      entry.place = place;
      entry.seenMs = nowMs;
      return moved;
    }
    if (entry === undefined) this.#makeRoom();
    else this.#entries.delete(mac);
    this.#entries.set(mac, { mac, place, seenMs: nowMs, orderedMs: nowMs });
    return moved;
  }

  /** Undefined: not seen, or too long ago. */
  find(mac: number, nowMs: number): P | undefined {
    const entry = this.#entries.get(mac);
    return entry !== undefined && this.#holds(entry.seenMs, nowMs) ? entry.place : undefined;
  }

  drop(mac: number): void {
    this.#entries.delete(mac);
  }

  /** Nothing is at `place` any more. */
  forget(place: P): void {
    for (const [mac, entry] of this.#entries) if (entry.place === place) this.#entries.delete(mac);
  }

  /** Those still believed, those seen longest ago first. */
  entries(nowMs: number): readonly MacEntry<P>[] {
    return [...this.#entries.values()]
      .filter(({ seenMs }) => this.#holds(seenMs, nowMs))
      .map(({ mac, place, seenMs }) => ({ mac, place, seenMs }));
  }

  #holds(seenMs: number, nowMs: number): boolean {
    return nowMs - seenMs <= this.#ageMs;
  }

  /** The one seen longest ago gives way. */
  #makeRoom(): void {
    const [first] = this.#entries.keys();
    if (first !== undefined && this.#entries.size >= this.#entriesMax) this.#entries.delete(first);
  }
}
