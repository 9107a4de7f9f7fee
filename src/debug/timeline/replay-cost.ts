/**
 * How long replaying takes, by part of the recording: some code goes much faster than other. Measured as it is
 * replayed; where it was not yet, the average stands in.
 */

/** Parts at most. */
const PARTS = 4096;

interface Part {
  ticks: number;
  ns: number;
}

export class ReplayCost {
  /** Ticks of a part; doubled when a recording is longer than that. */
  #width = 1 << 16;
  #parts: Part[] = [];
  #all: Part;

  /** `guess`, ticks a second, counts as a tenth of a second of work. */
  constructor(guess: number) {
    this.#all = { ticks: guess / 10, ns: 1e8 };
  }

  /** On the average. */
  get ticksPerSecond(): number {
    return (this.#all.ticks * 1e9) / this.#all.ns;
  }

  /** Replaying these ticks took `ns` nanoseconds. */
  add(from: bigint, to: bigint, ns: number): void {
    if (to <= from) return;
    const share = ns / Number(to - from);
    this.#each(Number(from), Number(to), (index, ticks) => {
      this.#parts[index] ??= { ticks: 0, ns: 0 };
      this.#parts[index].ticks += ticks;
      this.#parts[index].ns += ticks * share;
    });
    this.#all.ticks += Number(to - from);
    this.#all.ns += ns;
  }

  /** Nanoseconds that replaying these ticks takes. */
  between(from: bigint, to: bigint): number {
    let ns = 0;
    this.#each(Number(from), Number(to), (index, ticks) => {
      const { ticks: known, ns: took } = this.#parts[index] ?? this.#all;
      ns += (ticks * took) / known;
    });
    return ns;
  }

  #each(from: number, to: number, visit: (index: number, ticks: number) => void): void {
    while (to > this.#width * PARTS) this.#widen();
    for (let at = from; at < to; ) {
      const index = Math.floor(at / this.#width);
      const next = Math.min(to, (index + 1) * this.#width);
      visit(index, next - at);
      at = next;
    }
  }

  #widen(): void {
    const halves = this.#parts;
    this.#width *= 2;
    this.#parts = [];
    for (let i = 0; i < halves.length; i += 2) {
      const both = [halves[i], halves[i + 1]].filter((part) => part !== undefined);
      if (both.length === 0) continue;
      const sum = (of: (part: Part) => number): number => both.reduce((all, part) => all + of(part), 0);
      this.#parts[i / 2] = { ticks: sum(({ ticks }) => ticks), ns: sum(({ ns }) => ns) };
    }
  }
}
