/**
 * The engine that compiles: interprets, counts where jumps go, and turns what is hot into WebAssembly. All state is in
 * linear memory, so it may take over from any engine and hand over to any; what it keeps besides cannot be observed.
 */

import type { HostAddr } from '../../../lib/brands.ts';
import { instructions } from '../../isa/table.ts';
import type { Proc } from '../../isa/vocabulary.ts';
import type { FuncRef } from '../../wasm/instr.ts';
import { ModuleBuilder } from '../../wasm/module.ts';
import type { BusImports, CoreProcs, LinkedProc, Linker } from '../compile/binding.ts';
import { hostImports, importMemory } from '../compile/host-imports.ts';
import type { Engine, EngineFactory, ExitReason } from '../engine.ts';
import { softFloat } from '../fp/soft-float.ts';
import { fastTlbOffset, fieldOffset, TLB_ENTRIES } from '../hart-layout.ts';
import { type MemoryLayout, PAGE_BYTES, RAM_BASE } from '../memory-layout.ts';
import { Boundary } from '../priv/boundary.ts';
import * as procs from '../priv/procs.ts';
import { CodeCache } from './code-cache.ts';
import { JumpCache } from './jump-cache.ts';
import { addressOf, type CodeView, discover, pageBase, pageIndex, type Region } from './region.ts';
import { emitRegion } from './region-code.ts';
import { regionLoad, regionStore } from './region-procs.ts';
import { REGION_TYPE } from './region-type.ts';
import { NamingLinker, Stencils } from './stencils.ts';
import { FIRST_SLOT, type TierModule, tierModule } from './tier-module.ts';

export interface TranslatorOptions {
  /** Jumps to a place before it is compiled. */
  readonly hot: number;
  /** How many times as many where other code has the place in its middle. */
  readonly patience: number;
  /** Guest instructions in one region, about. */
  readonly regionInsns: number;
  /** Guest instructions in all compiled code; when there are more, all of it is dropped. */
  readonly cacheInsns: number;
}
const DEFAULTS: TranslatorOptions = { hot: 64, patience: 32, regionInsns: 300, cacheInsns: 200_000 };

const reasons: ReadonlyMap<number, ExitReason> = new Map([
  [Boundary.limit, 'limit'],
  [Boundary.idle, 'idle'],
  [Boundary.exit, 'exit'],
]);

const core: CoreProcs = { ...procs, softFloat };

interface CompiledTier extends TierModule {
  readonly module: WebAssembly.Module;
  readonly stencils: Stencils;
  readonly byName: ReadonlyMap<string, Proc>;
}
const tiers = new Map<string, CompiledTier>();
function tierOf(layout: MemoryLayout, hot: number): CompiledTier {
  const key = `${layout.ramBytes}/${layout.harts}/${hot}`;
  const known = tiers.get(key);
  if (known !== undefined) return known;
  const made = tierModule(layout, { instructions, core, procs, hot });
  const tier = {
    ...made,
    module: new WebAssembly.Module(made.bytes),
    stencils: new Stencils(new NamingLinker({ layout, core }, made.procs)),
    byName: new Map([...made.procs].map(([proc, { func }]) => [func.name, proc])),
  };
  tiers.set(key, tier);
  return tier;
}

interface TierExports {
  readonly run: (hart: number) => number;
  readonly dispatch: () => void;
  readonly unlinked: () => void;
  readonly updateTimer: (hart: number) => bigint;
  readonly rederive: (hart: number) => bigint;
  readonly digestRam: (hart: number) => bigint;
  readonly coolStores: (hart: number) => bigint;
}

/** An engine with what tests want to do to it. */
export interface Translator extends Engine {
  /** Drops all compiled code. */
  flush(): void;
  readonly compiledRegions: number;
}

export function createTranslatorWith(
  memory: WebAssembly.Memory,
  layout: MemoryLayout,
  bus: Parameters<EngineFactory>[2],
  options: Partial<TranslatorOptions>,
): Translator {
  return new TieredEngine(memory, layout, bus, { ...DEFAULTS, ...options });
}
export const createTranslator: EngineFactory = (memory, layout, bus) => createTranslatorWith(memory, layout, bus, {});

class TieredEngine implements Translator {
  readonly name = 'translator';
  readonly #layout: MemoryLayout;
  readonly #memory: DataView;
  readonly #halves: DataView;
  readonly #options: TranslatorOptions;
  readonly #tier: CompiledTier;
  readonly #table = new WebAssembly.Table({ element: 'anyfunc', initial: 1024 });
  readonly #wasm: TierExports;
  readonly #jumps: JumpCache;
  readonly #cache: CodeCache;
  readonly #regionImports: WebAssembly.Imports;
  /** The hart that runs: whose jump is asked about. */
  #hart: HostAddr;
  #overfull = false;

  constructor(
    memory: WebAssembly.Memory,
    layout: MemoryLayout,
    bus: Parameters<EngineFactory>[2],
    options: TranslatorOptions,
  ) {
    this.#layout = layout;
    this.#options = options;
    this.#memory = new DataView(memory.buffer);
    this.#halves = new DataView(memory.buffer, layout.ramAt, layout.ramBytes);
    this.#hart = layout.hartAt(0);
    this.#tier = tierOf(layout, options.hot);
    const host = hostImports(memory, layout, bus, (offset, length) => this.#cache.written(offset, length));
    const instance = new WebAssembly.Instance(this.#tier.module, {
      ...host,
      env: { ...host.env, code: this.#table },
      code: { ...host.code, compile: (pc: bigint) => this.#compile(BigInt.asUintN(64, pc)) },
    });
    this.#wasm = instance.exports as unknown as TierExports;
    this.#regionImports = {
      env: { memory, code: this.#table },
      code: { ...host.code },
      tier: instance.exports as never,
    };
    this.#jumps = new JumpCache(memory, layout);
    this.#jumps.clear();
    this.#cache = new CodeCache(memory, layout, this.#table, this.#jumps, this.#wasm.unlinked, FIRST_SLOT);
  }

  get compiledRegions(): number {
    return this.#cache.regions;
  }

  run(hart: HostAddr): ExitReason {
    if (this.#overfull) this.flush();
    this.#hart = hart;
    const code = this.#wasm.run(hart);
    const reason = reasons.get(code);
    if (reason === undefined) throw new Error(`the engine stopped with code ${code}`);
    return reason;
  }
  updateTimer(hart: HostAddr): void {
    this.#wasm.updateTimer(hart);
  }
  rederive(hart: HostAddr): void {
    this.#wasm.rederive(hart);
  }
  digestRam(): bigint {
    const digest = this.#wasm.digestRam(this.#layout.hartAt(0));
    for (let i = 1; i < this.#layout.harts; i++) this.#wasm.coolStores(this.#layout.hartAt(i));
    return BigInt.asUintN(64, digest);
  }
  codeWritten(page: number): void {
    this.#cache.pageWritten(page);
  }
  flush(): void {
    this.#cache.clear(FIRST_SLOT);
    this.#overfull = false;
  }

  /** The element of the code table for code at `pc`, which is made if it can be; 0 if not. */
  #compile(pc: bigint): number {
    if (this.#overfull) return 0;
    const view = this.#view();
    const page = view.page(pageBase(pc));
    if (page === undefined || !this.#cache.accepts(page - RAM_BASE / PAGE_BYTES)) return 0;
    const known = this.#cache.find(pc, page);
    if (known !== 0) return known;
    if (this.#cache.postpones(pc, page)) {
      const context = this.#memory.getBigUint64(this.#hart + fieldOffset('fetchContext'), true);
      this.#jumps.postpone(pc, context, this.#options.hot * this.#options.patience);
      return 0;
    }
    const region = discover(view, pc, this.#options.regionInsns);
    if (region === undefined) return 0;
    const slot = this.#cache.install(region, this.#translate(region));
    this.#overfull = this.#cache.insns > this.#options.cacheInsns;
    return slot;
  }

  #translate(region: Region): () => void {
    const module = new ModuleBuilder();
    importMemory(module, this.#layout);
    module.importTable('env', 'code', FIRST_SLOT);
    const linker = new TierLinker(module, this.#layout, this.#tier);
    const fn = emitRegion(module, region, {
      linker,
      stencils: this.#tier.stencils,
      callee: (name) => linker.named(name),
      funcs: {
        regionLoad: linker.link(regionLoad).func,
        regionStore: linker.link(regionStore).func,
        dispatch: module.importFunc('tier', 'dispatch', REGION_TYPE),
      },
      slotOf: (target) => {
        const va = addressOf(region, target);
        const page = region.pages.get(pageIndex(target)) ?? this.#view().page(pageBase(va));
        return page === undefined ? undefined : this.#cache.slotOf(va, page);
      },
    });
    module.export(fn);
    const instance = new WebAssembly.Instance(new WebAssembly.Module(module.encode()), this.#regionImports);
    return instance.exports[fn.name] as () => void;
  }

  /** Guest code as the running hart's fetch TLB shows it now. */
  #view(): CodeView {
    const hart = this.#hart;
    const context = this.#memory.getBigUint64(hart + fieldOffset('fetchContext'), true);
    const fast = hart + fastTlbOffset('fetch');
    return {
      page: (va) => {
        const entry = fast + Number((va >> 12n) & BigInt(TLB_ENTRIES - 1)) * 16;
        return this.#memory.getBigUint64(entry, true) === (va | context)
          ? this.#memory.getUint32(entry + 12, true)
          : undefined;
      },
      half: (page, offset) => this.#halves.getUint16(page * PAGE_BYTES - RAM_BASE + offset, true),
      wasReached: (va) => this.#jumps.has(va, context),
      targetsOf: (va) => this.#jumps.targetsOf(va, context),
      isBarred: () => false,
    };
  }
}

/** Procedures of the tier module, imported where they are called. */
class TierLinker implements Linker {
  readonly layout: MemoryLayout;
  readonly core = core;
  readonly #module: ModuleBuilder;
  readonly #tier: CompiledTier;
  readonly #imported = new Map<Proc, LinkedProc>();

  constructor(module: ModuleBuilder, layout: MemoryLayout, tier: CompiledTier) {
    this.#module = module;
    this.layout = layout;
    this.#tier = tier;
  }

  named(name: string): FuncRef {
    if (name === 'codeWritten') return this.bus.codeWritten;
    const proc = this.#tier.byName.get(name);
    if (proc === undefined) throw new Error(`no procedure is called ${name}`);
    return this.link(proc).func;
  }

  /** A row's own stores are to RAM; devices are reached through procedures. */
  readonly bus: BusImports = lazyBus(() => this.#module);

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

function lazyBus(module: () => ModuleBuilder): BusImports {
  let codeWritten: FuncRef | undefined;
  const refuse = (): never => {
    throw new Error('an instruction reaches devices through procedures');
  };
  return {
    get codeWritten() {
      codeWritten ??= module().importFunc('code', 'written', { params: ['i32', 'i32'], results: [] });
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
  };
}
