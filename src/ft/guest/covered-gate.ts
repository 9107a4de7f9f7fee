/**
 * The gate of a primary. What the guest gives to the world (console bytes, packets, whatever changes a disk) is kept
 * until the log has the mark that covers it; then the log is flushed, and the output is passed on behind the frame. So
 * for whoever takes frames and outputs in the order in which they come, the Output Rule is a matter of order: an output
 * may leave when every frame before it is acknowledged.
 *
 * Reads of a disk and requests for random bytes change nothing outside: they go straight on. So does everything that a
 * disk is asked of which each side has an image of its own: the other side's is changed by its own guest.
 *
 * Packets that the guest gives out in one step are covered by one frame: a step of a driver sends many, and a frame for
 * each costs more than the packet.
 *
 * Order of calls: `flush`, then `pass` once for each output covered, then `passed`. Requests that are given out again
 * on going live (reissue) have their marks already and do not go through here.
 */

import type { Gate, Output } from '../../session/gate.ts';
import { type NumberedOutput, Units } from './units.ts';

export interface CoveredGateParts {
  /** Everything in the log so far is written, and on its way, when this returns (LogWriter.flush). */
  readonly flush: () => void;
  /** Takes an output that everything flushed so far covers. */
  readonly pass: (covered: NumberedOutput) => void;
  /** Everything that a flush covers has been passed. */
  readonly passed?: () => void;
  /** Takes a request that needs no cover; it counts among the device's units. */
  readonly direct: (output: Output) => void;
  /** Devices inside the pair: what they are asked changes nothing outside it, and goes straight on. */
  readonly inside?: ReadonlySet<string>;
  /** Where the numbering goes on; from 0 without. */
  readonly units?: Units;
}

export class CoveredGate implements Gate {
  readonly #parts: CoveredGateParts;
  /** Goes on counting here; for the gate that follows this one. */
  readonly units: Units;
  /** In the order they were made, by device. */
  readonly #kept = new Map<string, NumberedOutput[]>();

  constructor(parts: CoveredGateParts) {
    this.#parts = parts;
    this.units = parts.units ?? new Units();
  }

  offer(output: Output): void {
    const numbered = this.units.number(output);
    if (changesNothing(output) || this.#parts.inside?.has(output.device) === true) {
      this.#parts.direct(output);
      return;
    }
    const kept = this.#kept.get(output.device);
    if (kept === undefined) this.#kept.set(output.device, [numbered]);
    else kept.push(numbered);
  }

  marked(device: string): void {
    const kept = this.#kept.get(device);
    if (kept === undefined || hasMore(kept)) return;
    this.#pass(device, kept);
  }

  /** What was to be followed by more, and was not. */
  sliceEnded(): void {
    for (const [device, kept] of this.#kept) this.#pass(device, kept);
  }

  #pass(device: string, kept: readonly NumberedOutput[]): void {
    this.#kept.delete(device);
    this.#parts.flush();
    for (const covered of kept) this.#parts.pass(covered);
    this.#parts.passed?.();
  }
}

/** Packets kept together at most. */
const TOGETHER_MAX = 64;

function hasMore(kept: readonly NumberedOutput[]): boolean {
  const last = kept.at(-1)?.output;
  return kept.length < TOGETHER_MAX && last?.kind === 'packet' && last.more === true;
}

const changesNothing = (output: Output): boolean =>
  output.kind === 'entropy' || (output.kind === 'disk' && output.operation.op === 'read');
