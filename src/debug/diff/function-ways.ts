/**
 * The ways of two runs compared by the names of the functions they go through, one after the other, whenever that is:
 * for machines whose code lies at other addresses and takes other numbers of steps, as two builds of a kernel do.
 */

import type { SymbolTable } from '../guest/symbols.ts';
import type { Breathe } from './advance.ts';
import { type Both, both, SIDES } from './both.ts';
import { type FunctionEntry, functionAt } from './function-trail.ts';
import type { Run } from './run.ts';
import { StreamPairs } from './stream-pairs.ts';

export interface FunctionsParted {
  /** Functions gone through alike before. */
  readonly alike: number;
  /** undefined: this side has ended. */
  readonly a: FunctionEntry | undefined;
  readonly b: FunctionEntry | undefined;
}

/** Steps looked at on each side. */
const MAX_STEPS = 1 << 19;
const PIECE_STEPS = 4096;
const STREAM = 'functions';

/** The runs stand where they are to be compared from, and do so afterwards. undefined: alike as far as was looked. */
export async function functionsParting(
  runs: Both<Run>,
  symbols: Both<SymbolTable>,
  breathe: Breathe,
): Promise<FunctionsParted | undefined> {
  const marks = both((side) => runs[side].mark());
  const pairs = new StreamPairs<FunctionEntry>((a, b) => a.name === b.name);
  const walkers = both((side) => new Walker(runs[side], symbols[side], (entry) => pairs.take(side, STREAM, entry)));
  const found = (): FunctionsParted | undefined => {
    const [difference] = pairs.differences();
    if (difference === undefined) return undefined;
    const { index, a, b } = difference;
    const sure = (a !== undefined || runs.a.ended !== undefined) && (b !== undefined || runs.b.ended !== undefined);
    return sure ? { alike: index, a, b } : undefined;
  };
  for (let steps = 0; steps < MAX_STEPS && found() === undefined; steps += PIECE_STEPS) {
    for (const side of SIDES) walkers[side].walk(PIECE_STEPS);
    await breathe({ doing: 'comparing function by function', at: BigInt(steps), to: BigInt(MAX_STEPS) });
  }
  const parted = found();
  for (const side of SIDES) runs[side].back(marks[side]);
  return parted;
}

class Walker {
  readonly #run: Run;
  readonly #symbols: SymbolTable;
  readonly #enter: (entry: FunctionEntry) => void;
  #name: string | undefined;

  constructor(run: Run, symbols: SymbolTable, enter: (entry: FunctionEntry) => void) {
    this.#run = run;
    this.#symbols = symbols;
    this.#enter = enter;
  }

  /** What has no name is passed over. */
  walk(steps: number): void {
    const run = this.#run;
    for (let i = 0; i < steps && run.ended === undefined; i++) {
      const name = functionAt(run.board, this.#symbols);
      if (name !== undefined && name !== this.#name) {
        this.#name = name;
        this.#enter({ tick: run.now, name });
      }
      run.to(run.now + 1n);
    }
  }
}
