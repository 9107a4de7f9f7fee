/** Procedures and callbacks of the engine's module, imported into a region's module where they are called. */

import type { Proc } from '../../isa/vocabulary.ts';
import type { FuncRef } from '../../wasm/instr.ts';
import type { ModuleBuilder } from '../../wasm/module.ts';
import type { BusImports, LinkedProc, Linker } from '../compile/binding.ts';
import type { MemoryLayout } from '../memory-layout.ts';
import { core, type Tier } from './tier.ts';

export class TierLinker implements Linker {
  readonly layout: MemoryLayout;
  readonly core = core;
  readonly bus: BusImports;
  readonly #module: ModuleBuilder;
  readonly #tier: Tier;
  readonly #imported = new Map<Proc, LinkedProc>();
  readonly #named = new Map<string, FuncRef>();

  constructor(module: ModuleBuilder, layout: MemoryLayout, tier: Tier) {
    this.#module = module;
    this.layout = layout;
    this.#tier = tier;
    this.bus = rowImports(module);
  }

  named(name: string): FuncRef {
    const known = this.#named.get(name) ?? this.#find(name);
    this.#named.set(name, known);
    return known;
  }

  #find(name: string): FuncRef {
    if (name === 'codeWritten') return this.bus.codeWritten;
    const proc = this.#tier.byName.get(name);
    if (proc === undefined) throw new Error(`no procedure is called ${name}`);
    return this.link(proc).func;
  }

  link(proc: Proc): LinkedProc {
    const known = this.#imported.get(proc);
    if (known !== undefined) return known;
    const linked = this.#tier.procs.get(proc);
    if (linked === undefined) throw new Error(`no row of the interpreter calls ${proc.name}`);
    const { func, facts } = linked;
    const imported = { func: this.#module.importFunc('tier', func.name, func.type), facts };
    this.#imported.set(proc, imported);
    return imported;
  }
}

/** A row's own stores are to RAM; devices are reached through procedures. */
function rowImports(module: ModuleBuilder): BusImports {
  let codeWritten: FuncRef | undefined;
  const refuse = (): never => {
    throw new Error('an instruction reaches devices through procedures');
  };
  return {
    get codeWritten() {
      codeWritten ??= module.importFunc('code', 'written', { params: ['i32', 'i32'], results: [] });
      return codeWritten;
    },
    get has() {
      return refuse();
    },
    get load() {
      return refuse();
    },
    get store() {
      return refuse();
    },
    get nondet() {
      return refuse();
    },
    get watched() {
      return refuse();
    },
  };
}
