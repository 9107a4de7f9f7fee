/**
 * The engine's module compiled, and what goes with it: made once for each shape of memory, and kept for the next
 * machine of that shape.
 */

import { instructions } from '../../isa/table.ts';
import type { Proc } from '../../isa/vocabulary.ts';
import type { CoreProcs } from '../compile/binding.ts';
import { softFloat } from '../fp/soft-float.ts';
import type { MemoryLayout } from '../memory-layout.ts';
import * as procs from '../priv/procs.ts';
import { NamingLinker, Stencils } from './stencils.ts';
import { type TierModule, tierModule } from './tier-module.ts';

export const core: CoreProcs = { ...procs, softFloat };

export interface Tier extends TierModule {
  readonly module: WebAssembly.Module;
  readonly stencils: Stencils;
  readonly byName: ReadonlyMap<string, Proc>;
}

export interface TierExports {
  readonly run: (hart: number) => number;
  readonly dispatch: () => void;
  readonly unlinked: () => void;
  readonly updateTimer: (hart: number) => bigint;
  readonly rederive: (hart: number) => bigint;
  readonly digestRam: (hart: number) => bigint;
  readonly coolStores: (hart: number) => bigint;
}

const tiers = new Map<string, Tier>();

/** `hot`: jumps to a place before it is compiled. `breaks`: the interpreter asks before each step whether to stop. */
export function tierOf(layout: MemoryLayout, hot: number, breaks: boolean): Tier {
  const key = `${layout.ramBytes}/${layout.harts}/${hot}/${breaks}`;
  const known = tiers.get(key);
  if (known !== undefined) return known;
  const made = tierModule(layout, { instructions, core, procs, hot, breaks });
  const tier = {
    ...made,
    module: new WebAssembly.Module(made.bytes),
    stencils: new Stencils(new NamingLinker({ layout, core }, made.procs)),
    byName: new Map([...made.procs].map(([proc, { func }]) => [func.name, proc])),
  };
  tiers.set(key, tier);
  return tier;
}
