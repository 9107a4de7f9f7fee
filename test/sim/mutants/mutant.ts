/** A defect put around the real parts, for the monitors to find. Hooks are made anew for each world. */

import type { Hooks } from '../node/hooks.ts';

export interface Mutant {
  readonly name: string;
  readonly hooks: () => Hooks;
}
