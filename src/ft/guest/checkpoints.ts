/**
 * Keeps a backup by state and not by a log, as Remus does (Cully and others, 2008): so many times a second the guest
 * is stopped, what has changed is handed over, and it runs on. What it gives to the world waits for the next checkpoint
 * and leaves behind it, so that a takeover, which rolls back to the last, takes back nothing that anybody has seen.
 *
 *     guest    runs ───── output, kept ───── pause ── runs ───────────── pause ──
 *     ring                                   pages, state, output        pages, state
 *
 * A checkpoint is due when its time has come and the one before is acknowledged.
 */

import type { Input, InputSource, Moment } from '../../session/source.ts';
import type { SaidBytes } from '../../session/state-frames.ts';
import type { Method } from './method.ts';
import type { NumberedOutput } from './units.ts';

export interface CheckpointParts {
  readonly live: InputSource;
  /** To the main thread, behind the frames handed over so far. */
  readonly pass: (output: NumberedOutput) => void;
  /** Hands over what has changed, and the state. Gives the pages of it. */
  readonly transfer: (said: readonly SaidBytes[]) => number;
  /** The first state has been handed over. */
  readonly begun: () => boolean;
  /** Hands over the first state now, however long it takes: the guest ends. */
  readonly complete: () => void;
  /** Everything handed over is acknowledged. */
  readonly caughtUp: () => boolean;
  /** A monotonic clock, nanoseconds. */
  readonly nowNs: () => bigint;
  readonly intervalNs: bigint;
}

/** How often it is looked whether the checkpoint before is acknowledged, while the guest waits. */
const LOOK_NS = 1_000_000n;

export class Checkpoints implements Method {
  readonly source: InputSource;
  readonly #parts: CheckpointParts;
  #kept: NumberedOutput[] = [];
  #writtenNs = 0n;
  #writtenTick: bigint | undefined;
  #tick = 0n;

  constructor(parts: CheckpointParts) {
    this.#parts = parts;
    const { live } = parts;
    this.source = {
      next: (now) => this.#next(now),
      nondet: (kind, at) => live.nondet(kind, at),
      applyFailed: (input: Input, error: unknown) => live.applyFailed?.(input, error),
    };
  }

  /** By then there is a checkpoint to make, even if the guest waits; undefined: nothing has happened since the last. */
  get dueNs(): bigint | undefined {
    if (!this.#parts.begun() || !this.#hasNews) return undefined;
    const due = this.#writtenNs + this.#parts.intervalNs;
    return this.#parts.caughtUp() ? due : this.#parts.nowNs() + LOOK_NS;
  }

  flush(): void {}

  pass(output: NumberedOutput): void {
    this.#kept.push(output);
  }

  passed(): void {}

  write(): number {
    const pages = this.#parts.transfer(saidOf(this.#kept));
    this.#writtenNs = this.#parts.nowNs();
    this.#writtenTick = this.#tick;
    this.#release();
    return pages;
  }

  ended(): void {
    this.#release();
  }

  #next(now: Moment): ReturnType<InputSource['next']> {
    this.#tick = now.tick;
    const { dueNs } = this;
    if (dueNs !== undefined && this.#parts.nowNs() >= dueNs) this.write();
    const grant = this.#parts.live.next(now);
    if (grant !== 'end') return grant;
    // What the guest has left behind is covered by its last state.
    if (this.#parts.begun()) this.write();
    else this.#parts.complete();
    return grant;
  }

  get #hasNews(): boolean {
    return this.#kept.length > 0 || this.#tick !== this.#writtenTick;
  }

  #release(): void {
    const kept = this.#kept;
    this.#kept = [];
    for (const output of kept) this.#parts.pass(output);
  }
}

/** What each console has said, under the number of its last byte. */
function saidOf(outputs: readonly NumberedOutput[]): SaidBytes[] {
  const parts = new Map<string, { unit: bigint; bytes: number[] }>();
  for (const { device, unit, output } of outputs) {
    if (output.kind !== 'console') continue;
    const said = parts.get(device) ?? { unit, bytes: [] };
    said.unit = unit;
    for (const byte of output.bytes) said.bytes.push(byte);
    parts.set(device, said);
  }
  return [...parts].map(([device, { unit, bytes }]) => ({ device, unit, bytes: Uint8Array.from(bytes) }));
}
