/**
 * The first disagreement between a log and the machine that replays it. Never silent, never an assertion: it says
 * where, what the log holds, what the machine did, and what that means.
 */

import type { Tick } from '../lib/brands.ts';

export type DivergenceKind = 'output' | 'digest' | 'nondet' | 'input' | 'idle' | 'halt';

export interface Divergence {
  readonly kind: DivergenceKind;
  /** The tick at which it showed; the cause lies between `provedTick` and here. */
  readonly tick: Tick;
  /** Last tick at which everything compared had agreed. */
  readonly agreedTick: Tick;
  /** Last tick at which all state had agreed, memory too, which not every digest covers. */
  readonly provedTick: Tick;
  readonly pc: bigint;
  /** One line each, for people. */
  readonly expected: string;
  readonly found: string;
  readonly explanation: string;
}

/** Thrown by a source or gate while the machine runs; the session turns it into a result. */
export class DivergenceError extends Error {
  override readonly name = 'DivergenceError';
  readonly divergence: Divergence;

  constructor(divergence: Divergence) {
    super(`diverged at tick ${divergence.tick}: expected ${divergence.expected}, found ${divergence.found}`);
    this.divergence = divergence;
  }
}
