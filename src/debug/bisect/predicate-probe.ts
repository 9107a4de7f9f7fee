/**
 * A probe that stops where a predicate holds, looked at after every step. For a timeline that is asked for EVERY_STEP.
 */

import type { Board } from '../../emu/machine/board.ts';
import type { RunResult } from '../../emu/machine/machine.ts';
import { type Tick, tick } from '../../lib/brands.ts';
import type { Probe, ProbeFactory } from '../timeline/probe.ts';
import type { Hit, StopRequests } from '../timeline/stops.ts';

/** Any stop that only a probe sees would do. */
export const EVERY_STEP: StopRequests = { registers: [{ field: 'pc' }] };

/** `holds` is asked of the board as it is after a step. */
export const predicateProbe =
  (holds: (board: Board) => boolean): ProbeFactory =>
  (board, _, after) =>
    new PredicateProbe(board, holds, after);

class PredicateProbe implements Probe {
  readonly #board: Board;
  readonly #holds: (board: Board) => boolean;
  readonly #after: Tick;
  #hits: Hit[] = [];
  #stopped = false;

  constructor(board: Board, holds: (board: Board) => boolean, after: Tick) {
    this.#board = board;
    this.#holds = holds;
    this.#after = after;
  }

  get stopped(): boolean {
    return this.#stopped;
  }

  run(until: Tick): RunResult {
    const board = this.#board;
    this.#stopped = false;
    for (;;) {
      const at = board.tick;
      const result = at < until ? board.run(tick(at + 1n)) : board.run(until);
      const now = board.tick;
      if (now === at) return result;
      if (now > this.#after && this.#holds(board)) {
        this.#hits.push({ reason: { kind: 'register', field: 'pc' }, forwards: now, backwards: at });
        this.#stopped = true;
        return result;
      }
      if (result !== 'limit') return result;
    }
  }

  take(): readonly Hit[] {
    const hits = this.#hits;
    this.#hits = [];
    return hits;
  }

  close(): void {}
}
