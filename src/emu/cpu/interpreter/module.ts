/** The wasm module of the interpreter: `run` and the procedures that hosts call, over an imported memory and bus. */

import type { Insn } from '../../isa/insn.ts';
import type { Proc } from '../../isa/vocabulary.ts';
import { ModuleBuilder } from '../../wasm/module.ts';
import type { BusImports, CoreProcs } from '../compile/binding.ts';
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

const WASM_PAGE = 65536;

export function interpreterModule(layout: MemoryLayout, parts: InterpreterParts): Uint8Array<ArrayBuffer> {
  const module = new ModuleBuilder();
  module.importMemory('env', 'memory', layout.totalBytes / WASM_PAGE);
  const bus = importBus(module);
  const expand = module.importFunc('isa', 'expand', { params: ['i32'], results: ['i32'] });
  const linker = new ProcLinker(module, layout, parts.core, bus);
  const { updateTimer, rederive, digestRam, coolStores } = parts.procs;
  for (const proc of [updateTimer, rederive, digestRam, coolStores]) module.export(linker.link(proc).func);
  module.export(buildRun(module, linker, { rows: parts.instructions, procs: parts.procs, expand }));
  return module.encode();
}

/** Physical addresses are i32, widths in bytes, values zero-extended. */
function importBus(module: ModuleBuilder): BusImports {
  return {
    has: module.importFunc('bus', 'has', { params: ['i32'], results: ['i32'] }),
    load: module.importFunc('bus', 'load', { params: ['i32', 'i32'], results: ['i64'] }),
    store: module.importFunc('bus', 'store', { params: ['i32', 'i32', 'i64'], results: [] }),
    nondet: module.importFunc('bus', 'nondet', { params: ['i32'], results: ['i64'] }),
  };
}
