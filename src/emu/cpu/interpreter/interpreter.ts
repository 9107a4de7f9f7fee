/**
 * The interpreter as an Engine. It keeps nothing about a hart: all state is in linear memory, so `run` may follow any
 * other engine's. The module is compiled once for each memory size and kept for the next machine of that size.
 */

import type { HostAddr } from '../../../lib/brands.ts';
import { expandCompressed, instructions } from '../../isa/table.ts';
import type { Width } from '../../isa/vocabulary.ts';
import type { Bus, Engine, EngineFactory, ExitReason } from '../engine.ts';
import { softFloat } from '../fp/soft-float.ts';
import type { MemoryLayout } from '../memory-layout.ts';
import { Boundary } from '../priv/boundary.ts';
import * as procs from '../priv/procs.ts';
import { interpreterModule } from './module.ts';

const reasons: ReadonlyMap<number, ExitReason> = new Map([
  [Boundary.limit, 'limit'],
  [Boundary.idle, 'idle'],
  [Boundary.exit, 'exit'],
]);

/** What the module exports; a procedure's result is unsigned by nature and signed by wasm. */
interface InterpreterExports {
  readonly run: (hart: number) => number;
  readonly updateTimer: (hart: number) => bigint;
  readonly rederive: (hart: number) => bigint;
  readonly digestRam: (hart: number) => bigint;
  readonly coolStores: (hart: number) => bigint;
}

const modules = new Map<string, WebAssembly.Module>();
function compiled(layout: MemoryLayout): WebAssembly.Module {
  const key = `${layout.ramBytes}/${layout.harts}`;
  const core = { ...procs, softFloat };
  const module = modules.get(key) ?? new WebAssembly.Module(interpreterModule(layout, { instructions, core, procs }));
  modules.set(key, module);
  return module;
}

/** Fills the RVC table of memory-layout.ts as halfwords are met, which are few of all that there could be. */
function expander(memory: WebAssembly.Memory, layout: MemoryLayout): (half: number) => number {
  const table = new Uint32Array(memory.buffer, layout.rvcAt, 65536);
  return (half) => {
    const word = expandCompressed(half);
    table[half] = word;
    return word;
  };
}

/** wasm's signed numbers to the bus's unsigned ones. */
const imports = (memory: WebAssembly.Memory, layout: MemoryLayout, bus: Bus): WebAssembly.Imports => ({
  env: { memory },
  isa: { expand: expander(memory, layout) },
  bus: {
    has: (pa: number) => (bus.has(pa >>> 0) ? 1 : 0),
    load: (pa: number, width: Width) => bus.load(pa >>> 0, width),
    store: (pa: number, width: Width, value: bigint) => bus.store(pa >>> 0, width, BigInt.asUintN(64, value)),
    nondet: (kind: number) => bus.nondet(kind),
  },
});

export const createInterpreter: EngineFactory = (memory, layout, bus): Engine => {
  const instance = new WebAssembly.Instance(compiled(layout), imports(memory, layout, bus));
  const wasm = instance.exports as unknown as InterpreterExports;
  const first = layout.hartAt(0);
  return {
    name: 'interpreter',
    run: (hart: HostAddr): ExitReason => {
      const code = wasm.run(hart);
      const reason = reasons.get(code);
      if (reason === undefined) throw new Error(`the interpreter stopped with code ${code}`);
      return reason;
    },
    updateTimer: (hart) => void wasm.updateTimer(hart),
    rederive: (hart) => void wasm.rederive(hart),
    digestRam: () => {
      const digest = wasm.digestRam(first);
      for (let i = 1; i < layout.harts; i++) wasm.coolStores(layout.hartAt(i));
      return BigInt.asUintN(64, digest);
    },
  };
};
