/**
 * When a checkpoint is put into a recording: every so many ticks; or 'auto', as often as keeps a seek short, as long as
 * it takes little of the time and the recording does not grow by much.
 */

/** Ticks between checkpoints, or 'auto'. */
export type CheckpointSpacing = bigint | 'auto';

/**
 * Of running, between two checkpoints, nanoseconds. A seek may have to replay so much with code that is not compiled
 * yet, which takes several times as long. In a recording being made they hold up the guest, so there are fewer.
 */
const RECORDING_NS = 400_000_000n;
export const REPLAYING_NS = 100_000_000n;
/** What checkpoints may come to: bytes at first, and bytes more for each second of running. */
const BYTES_AT_FIRST = 128 * 1024 * 1024;
const BYTES_A_SECOND = 4 * 1024 * 1024;

export class CheckpointSchedule {
  readonly #spacing: CheckpointSpacing;
  /** A checkpoint that took long to write is followed by a stretch this many times as long. */
  readonly #patience: bigint;
  readonly #autoNs: bigint;
  readonly #startNs: bigint;
  #tick: bigint;
  #runNs: bigint;
  #bytes = 0;
  /** Of the last one; the first, which holds all of RAM, does not count. */
  #costNs = 0n;
  #first = true;

  /** From `tick` on, where `runNs` of running are done. `autoNs`: of running, between two that are spaced by 'auto'. */
  constructor(
    spacing: CheckpointSpacing,
    patience: bigint,
    tick: bigint,
    runNs: bigint,
    autoNs: bigint = RECORDING_NS,
  ) {
    this.#spacing = spacing;
    this.#patience = patience;
    this.#autoNs = autoNs;
    this.#startNs = runNs;
    this.#tick = tick;
    this.#runNs = runNs;
  }

  /** Where the last one was written, or where it began. */
  get tick(): bigint {
    return this.#tick;
  }

  /** `runNs`: host time that the guest has been running, waits left out. */
  due(tick: bigint, runNs: bigint): boolean {
    if (tick === this.#tick) return false;
    if (this.#spacing !== 'auto') return tick - this.#tick >= this.#spacing;
    const ranNs = runNs - this.#runNs;
    if (ranNs < this.#autoNs || ranNs < this.#costNs * this.#patience) return false;
    return this.#bytes <= BYTES_AT_FIRST + (Number(runNs - this.#startNs) / 1e9) * BYTES_A_SECOND;
  }

  /** Ticks to go until one can be due, at most `ticks`. */
  within(tick: bigint, ticks: bigint): bigint {
    if (this.#spacing === 'auto') return ticks;
    const left = this.#tick + this.#spacing - tick;
    return left < ticks ? left : ticks;
  }

  /** One of `bytes` has been written here, in `costNs`. */
  written(tick: bigint, runNs: bigint, costNs: bigint, bytes: number): void {
    this.#tick = tick;
    this.#runNs = runNs;
    this.#bytes += bytes;
    this.#costNs = this.#first ? 0n : costNs;
    this.#first = false;
  }
}
