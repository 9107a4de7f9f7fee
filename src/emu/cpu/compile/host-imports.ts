/**
 * What a module of compiled meanings borrows from JavaScript: linear memory, device registers, logged reads, and the
 * two tables that are filled as they are needed.
 */

import { decode, expandCompressed, instructions } from '../../isa/table.ts';
import type { Width } from '../../isa/vocabulary.ts';
import type { FuncRef } from '../../wasm/instr.ts';
import type { ModuleBuilder } from '../../wasm/module.ts';
import type { Bus } from '../engine.ts';
import { type MemoryLayout, RVC_ROW_SHIFT } from '../memory-layout.ts';
import type { BusImports } from './binding.ts';

const WASM_PAGE = 65536;

/** What an engine does about its own business. */
export interface EngineHooks {
  /** Told of a store to bytes that code was compiled from: offset in RAM, length in bytes. */
  codeWritten(offset: number, length: number): void;
  /** Whether a debugger watches these bytes: physical address, length, Touch. */
  watched(pa: number, length: number, touch: number): boolean;
}

export function importMemory(module: ModuleBuilder, layout: MemoryLayout): void {
  module.importMemory('env', 'memory', layout.totalBytes / WASM_PAGE);
}

/** Physical addresses are i32, widths in bytes, values zero-extended. */
export function importBus(module: ModuleBuilder): BusImports {
  return {
    has: module.importFunc('bus', 'has', { params: ['i32'], results: ['i32'] }),
    load: module.importFunc('bus', 'load', { params: ['i32', 'i32'], results: ['i64'] }),
    store: module.importFunc('bus', 'store', { params: ['i32', 'i32', 'i64'], results: [] }),
    nondet: module.importFunc('bus', 'nondet', { params: ['i32'], results: ['i64'] }),
    watched: module.importFunc('debug', 'watched', { params: ['i32', 'i32', 'i32'], results: ['i32'] }),
    codeWritten: module.importFunc('code', 'written', { params: ['i32', 'i32'], results: [] }),
  };
}
/** (half i32) -> the entry of the RVC table for a compressed instruction, which is made; 0 where reserved. */
export const importExpand = (module: ModuleBuilder): FuncRef =>
  module.importFunc('isa', 'expand', { params: ['i32'], results: ['i64'] });

const numbers = new Map(instructions.map((row, number) => [row, BigInt(number)]));

/** Fills the RVC table of memory-layout.ts as halfwords are met, which are few of all that there could be. */
function expander(memory: WebAssembly.Memory, layout: MemoryLayout): (half: number) => bigint {
  const table = new BigUint64Array(memory.buffer, layout.rvcAt, 65536);
  return (half) => {
    const word = expandCompressed(half);
    const row = decode(word);
    const entry = row === undefined ? 0n : BigInt(word) | ((numbers.get(row) as bigint) << BigInt(RVC_ROW_SHIFT));
    table[half] = entry;
    return entry;
  };
}

/** The values of these imports: wasm's signed numbers are the bus's unsigned ones. */
export const hostImports = (
  memory: WebAssembly.Memory,
  layout: MemoryLayout,
  bus: Bus,
  hooks: EngineHooks,
): WebAssembly.Imports => ({
  env: { memory },
  isa: { expand: expander(memory, layout) },
  code: { written: (offset: number, length: number) => hooks.codeWritten(offset, length) },
  debug: { watched: (pa: number, length: number, touch: number) => (hooks.watched(pa >>> 0, length, touch) ? 1 : 0) },
  bus: {
    has: (pa: number) => (bus.has(pa >>> 0) ? 1 : 0),
    load: (pa: number, width: Width) => bus.load(pa >>> 0, width),
    store: (pa: number, width: Width, value: bigint) => bus.store(pa >>> 0, width, BigInt.asUintN(64, value)),
    nondet: (kind: number) => bus.nondet(kind),
  },
});
