/**
 * The engine that compiles: interprets, counts where jumps go, and turns what is hot into WebAssembly. All state is in
 * linear memory, so it may take over from any engine and hand over to any; what it keeps besides cannot be observed.
 */

import type { HostAddr } from '../../../lib/brands.ts';
import { ModuleBuilder } from '../../wasm/module.ts';
import { hostImports, importMemory } from '../compile/host-imports.ts';
import type { Alerts, Engine, EngineFactory, ExitReason } from '../engine.ts';
import { fieldOffset } from '../hart-layout.ts';
import { type MemoryLayout, PAGE_BYTES, RAM_BASE } from '../memory-layout.ts';
import { Boundary } from '../priv/boundary.ts';
import { AlertControl } from './alert-control.ts';
import { CodeCache } from './code-cache.ts';
import { FastTlb } from './fast-tlb.ts';
import { JumpCache } from './jump-cache.ts';
import { addressOf, type CodeView, discover, pageBase, pageIndex, type Region } from './region.ts';
import { emitRegion } from './region-code.ts';
import { DISPATCH_SLOT, FIRST_SLOT, REGION_TYPE } from './region-type.ts';
import { type Tier, type TierExports, tierOf } from './tier.ts';
import { TierLinker } from './tier-linker.ts';

export interface TranslatorOptions {
  /** Jumps to a place before it is compiled. */
  readonly hot: number;
  /** How many times as many where other code has the place in its middle. */
  readonly patience: number;
  /** Guest instructions in one region, about. */
  readonly regionInsns: number;
  /** Guest instructions in all compiled code; when there are more, all of it is dropped. */
  readonly cacheInsns: number;
  /** Places that compiled code stood for or led to since then, likewise. */
  readonly cachePlaces: number;
  /** How often code may be made from a page after it was written to; then the page is left to the interpreter. */
  readonly rewrites: number;
}
const DEFAULTS: TranslatorOptions = {
  hot: 4096,
  patience: 4,
  regionInsns: 300,
  cacheInsns: 200_000,
  cachePlaces: 200_000,
  rewrites: 64,
};

const reasons: ReadonlyMap<number, ExitReason> = new Map([
  [Boundary.limit, 'limit'],
  [Boundary.idle, 'idle'],
  [Boundary.exit, 'exit'],
  [Boundary.alert, 'alert'],
]);

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
  readonly #tlb: FastTlb;
  readonly #halves: DataView;
  readonly #options: TranslatorOptions;
  readonly #tier: Tier;
  readonly #table = new WebAssembly.Table({ element: 'anyfunc', initial: 1024 });
  readonly #wasm: TierExports;
  /** The same with an interpreter that looks for breakpoints; made when there are some. */
  #breaking: TierExports | undefined;
  readonly #imports: WebAssembly.Imports;
  readonly #control: AlertControl;
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
    this.#tlb = new FastTlb(memory, layout);
    this.#halves = new DataView(memory.buffer, layout.ramAt, layout.ramBytes);
    this.#hart = layout.hartAt(0);
    this.#control = new AlertControl(memory, layout);
    this.#tier = tierOf(layout, options.hot, false);
    const host = hostImports(memory, layout, bus, {
      codeWritten: (offset, length) => this.#cache.written(offset, length),
      watched: (pa, length, touch) => this.#control.touches(pa, length, touch),
    });
    this.#imports = {
      ...host,
      env: { ...host.env, code: this.#table },
      code: { ...host.code, compile: (pc: bigint) => this.#compile(BigInt.asUintN(64, pc)) },
      debug: {
        ...host.debug,
        isBreakpoint: (pc: bigint) => (this.#control.isBreakpoint(BigInt.asUintN(64, pc)) ? 1 : 0),
      },
    };
    const instance = new WebAssembly.Instance(this.#tier.module, this.#imports);
    this.#wasm = instance.exports as unknown as TierExports;
    this.#table.set(DISPATCH_SLOT, this.#wasm.dispatch);
    this.#regionImports = {
      env: { memory, code: this.#table },
      code: { ...host.code },
      tier: instance.exports as never,
    };
    this.#jumps = new JumpCache(memory, layout);
    this.#jumps.clear();
    this.#cache = new CodeCache(
      memory,
      layout,
      this.#table,
      this.#jumps,
      this.#wasm.unlinked,
      FIRST_SLOT,
      options.rewrites,
    );
  }

  get compiledRegions(): number {
    return this.#cache.regions;
  }

  run(hart: HostAddr): ExitReason {
    if (this.#overfull) this.flush();
    this.#hart = hart;
    const wasm = this.#control.breaks ? this.#withBreaks() : this.#wasm;
    const code = wasm.run(hart);
    const reason = reasons.get(code);
    if (reason === undefined) throw new Error(`the engine stopped with code ${code}`);
    return reason;
  }
  readonly alerts: Alerts = {
    ask: (requests) => {
      this.#control.ask(requests);
      this.#cache.dropOver(requests.breakpoints);
    },
    arm: (on) => this.#control.arm(on),
  };

  #withBreaks(): TierExports {
    if (this.#breaking !== undefined) return this.#breaking;
    const { module } = tierOf(this.#layout, this.#options.hot, true);
    this.#breaking = new WebAssembly.Instance(module, this.#imports).exports as unknown as TierExports;
    return this.#breaking;
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
    const { cacheInsns, cachePlaces } = this.#options;
    this.#overfull = this.#cache.insns > cacheInsns || this.#cache.slots > cachePlaces;
    return slot;
  }

  #translate(region: Region): () => void {
    const module = new ModuleBuilder(true);
    importMemory(module, this.#layout);
    module.importTable('env', 'code', FIRST_SLOT);
    const linker = new TierLinker(module, this.#layout, this.#tier);
    const fn = emitRegion(module, region, {
      linker,
      stencils: this.#tier.stencils,
      callee: (name) => linker.named(name),
      funcs: {
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
    return {
      page: (va) => this.#tlb.page(hart, 'fetch', va, context),
      half: (page, offset) => this.#halves.getUint16(page * PAGE_BYTES - RAM_BASE + offset, true),
      wasReached: (va) => this.#jumps.has(va, context),
      targetsOf: (va) => this.#jumps.targetsOf(va, context),
      isBarred: this.#control.hasBreakpoints ? (va) => this.#control.isBreakpoint(va) : undefined,
    };
  }
}
