/**
 * The interpreter as an Engine. It keeps nothing about a hart: all state is in linear memory, so `run` may follow any
 * other engine's. The module is compiled once for each memory size and kept for the next machine of that size.
 */

import type { HostAddr } from '../../../lib/brands.ts';
import { instructions } from '../../isa/table.ts';
import { type EngineHooks, hostImports } from '../compile/host-imports.ts';
import type { Engine, EngineFactory, ExitReason } from '../engine.ts';
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

/** No code is compiled, and nothing watched. */
const noHooks: EngineHooks = { codeWritten: () => {}, watched: () => false };

export const createInterpreter: EngineFactory = (memory, layout, bus): Engine => {
  const instance = new WebAssembly.Instance(compiled(layout), hostImports(memory, layout, bus, noHooks));
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
    codeWritten: () => {},
  };
};
