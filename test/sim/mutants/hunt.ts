/** Looks for each defect in world after world, and tells how many it took and which invariant found it. */

import { runWorld } from '../world/run.ts';
import { CORE_MUTANTS } from './cores.ts';
import type { Mutant } from './mutant.ts';
import { OTHER_MUTANTS } from './surroundings.ts';

export const MUTANTS: readonly Mutant[] = [...CORE_MUTANTS, ...OTHER_MUTANTS];

export interface Found {
  readonly name: string;
  /** Worlds that it took; undefined when it was not found. */
  readonly seeds: number | undefined;
  readonly invariant: string;
  readonly what: string;
}

export function hunt({ name, hooks }: Mutant, most: number): Found {
  for (let seed = 1; seed <= most; seed++) {
    const [violation] = runWorld(seed, { hooks: hooks() }).violations;
    if (violation !== undefined) return { name, seeds: seed, invariant: violation.invariant, what: violation.what };
  }
  return { name, seeds: undefined, invariant: '-', what: 'not found' };
}
