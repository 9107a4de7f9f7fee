/** How fast something goes at the moment, from spans of work that are timed by the host. */

/** Share of a new measurement. */
const SMOOTHING = 0.3;
/** Shorter spans say little and are put together, nanoseconds. */
const SHORTEST_NS = 200_000;

export class Speed {
  #ticksPerSecond: number;
  #ticks = 0;
  #ns = 0;

  /** `guess`: until something is measured. */
  constructor(guess: number) {
    this.#ticksPerSecond = guess;
  }

  /** Ticks that take about so long; at least one. */
  ticksIn(ns: number): bigint {
    return BigInt(Math.max(1, Math.round((this.#ticksPerSecond * ns) / 1e9)));
  }

  add(ticks: bigint, ns: number): void {
    this.#ticks += Number(ticks);
    this.#ns += ns;
    if (this.#ns < SHORTEST_NS || this.#ticks === 0) return;
    const measured = (this.#ticks * 1e9) / this.#ns;
    this.#ticksPerSecond += (measured - this.#ticksPerSecond) * SMOOTHING;
    this.#ticks = 0;
    this.#ns = 0;
  }
}
