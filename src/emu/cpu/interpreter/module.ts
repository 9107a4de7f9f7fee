/** The wasm module of the interpreter: `run` and the procedures that hosts call, over an imported memory and bus. */

import type { Insn } from '../../isa/insn.ts';
import type { Proc } from '../../isa/vocabulary.ts';
import { ModuleBuilder } from '../../wasm/module.ts';
import type { CoreProcs } from '../compile/binding.ts';
import { importBus, importExpand, importMemory } from '../compile/host-imports.ts';
import { ProcLinker } from '../compile/linker.ts';
import type { MemoryLayout } from '../memory-layout.ts';
import { buildRun, type RunProcs } from './run.ts';

/** Everything that the module's bytes are a function of, besides the layout. */
export interface InterpreterParts {
  readonly instructions: readonly Insn[];
  readonly core: CoreProcs;
  readonly procs: RunProcs & {
    readonly updateTimer: Proc;
    readonly rederive: Proc;
    readonly digestRam: Proc;
    readonly coolStores: Proc;
  };
}

export function interpreterModule(layout: MemoryLayout, parts: InterpreterParts): Uint8Array<ArrayBuffer> {
  const module = new ModuleBuilder();
  importMemory(module, layout);
  const bus = importBus(module);
  const expand = importExpand(module);
  const linker = new ProcLinker(module, layout, parts.core, bus);
  const { updateTimer, rederive, digestRam, coolStores } = parts.procs;
  for (const proc of [updateTimer, rederive, digestRam, coolStores]) module.export(linker.link(proc).func);
  module.export(buildRun(module, linker, { rows: parts.instructions, procs: parts.procs, expand }));
  return module.encode();
}
