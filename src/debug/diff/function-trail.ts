/**
 * The functions that a run goes through, one after the other: exact over a stretch made step by step, and by samples
 * over long ones.
 */

import type { Board } from '../../emu/machine/board.ts';
import type { Tick } from '../../lib/brands.ts';
import type { SymbolTable } from '../guest/symbols.ts';
import type { Run } from './run.ts';

export interface FunctionEntry {
  /** Where the run is in it first, coming from another one. */
  readonly tick: Tick;
  readonly name: string;
}

const MAX_STEPS = 50_000;

/**
 * From where the run stands, the function it is in first; `entries` at most. The run goes on with it: mark it before.
 * What has no name is passed over.
 */
export function functionTrail(run: Run, symbols: SymbolTable, entries: number): FunctionEntry[] {
  const trail: FunctionEntry[] = [];
  for (let steps = 0; steps < MAX_STEPS && trail.length < entries && run.ended === undefined; steps++) {
    const name = functionAt(run.board, symbols);
    if (name !== undefined && name !== trail.at(-1)?.name) trail.push({ tick: run.now, name });
    run.to(run.now + 1n);
  }
  return trail;
}

export const functionAt = (board: Board, symbols: SymbolTable): string | undefined => symbols.at(board.pc)?.symbol.name;

export interface SeenFunction extends FunctionEntry {
  /** Samples in it. */
  readonly samples: number;
}

/** Functions met by samples of pc. */
export class FunctionSamples {
  readonly #symbols: SymbolTable;
  readonly #seen = new Map<string, { tick: Tick; samples: number }>();

  constructor(symbols: SymbolTable) {
    this.#symbols = symbols;
  }

  add(board: Board): void {
    const name = functionAt(board, this.#symbols);
    if (name === undefined) return;
    const seen = this.#seen.get(name);
    if (seen === undefined) this.#seen.set(name, { tick: board.tick, samples: 1 });
    else seen.samples++;
  }

  /** In order of their first tick. */
  notIn(other: FunctionSamples): SeenFunction[] {
    return [...this.#seen].filter(([name]) => !other.#seen.has(name)).map(([name, seen]) => ({ name, ...seen }));
  }
}
