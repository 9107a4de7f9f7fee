/** The least of a world's faults that still violate an invariant, as the line that repeats it. */

import { describe, type Fault } from '../faults/fault.ts';
import type { Hooks } from '../node/hooks.ts';
import { runWorld } from '../world/run.ts';

export interface Least {
  readonly seed: number;
  /** Which of the seed's faults. */
  readonly chosen: readonly number[];
  readonly faults: readonly Fault[];
}

/** Requires that the world with this seed violates an invariant. Takes away one fault after another. */
export function shrink(seed: number, hooks: () => Hooks = () => ({})): Least {
  let { faults } = runWorld(seed, { hooks: hooks() });
  let chosen = faults.map((_, index) => index);
  for (let i = 0; i < chosen.length; ) {
    const fewer = chosen.filter((_, index) => index !== i);
    const outcome = runWorld(seed, { hooks: hooks(), chosen: fewer });
    if (outcome.violations.length === 0) i++;
    else {
      chosen = fewer;
      faults = outcome.faults;
    }
  }
  return { seed, chosen, faults };
}

export function reproduction({ seed, chosen, faults }: Least): string {
  const which = faults.map(describe).join('; ') || 'no faults';
  return `node test/sim/main.ts --seed ${seed} --faults "${chosen.join(',')}" (${which})`;
}
