/**
 * The same procedures bound to wasm, on memory of their own: whatever a test calls on the reference is called here too,
 * from the same state, and must leave the same bytes and talk to the bus in the same words.
 */
import { expect } from 'vitest';
import { importBus } from '../../../../src/emu/cpu/compile/host-imports.ts';
import { ProcLinker } from '../../../../src/emu/cpu/compile/linker.ts';
import { softFloat } from '../../../../src/emu/cpu/fp/soft-float.ts';
import { fieldOffset, HART_BYTES } from '../../../../src/emu/cpu/hart-layout.ts';
import { createMemory, type MemoryLayout } from '../../../../src/emu/cpu/memory-layout.ts';
import { updateContexts } from '../../../../src/emu/cpu/priv/contexts.ts';
import { hashPage } from '../../../../src/emu/cpu/priv/digest.ts';
import { decodePmp, pmpGrants } from '../../../../src/emu/cpu/priv/pmp.ts';
import * as procs from '../../../../src/emu/cpu/priv/procs.ts';
import { dueTick, timeNow, updateTimerDue } from '../../../../src/emu/cpu/priv/timer.ts';
import type { Proc } from '../../../../src/emu/isa/vocabulary.ts';
import { ModuleBuilder } from '../../../../src/emu/wasm/module.ts';

const internal = [updateContexts, hashPage, decodePmp, pmpGrants, dueTick, timeNow, updateTimerDue];
const exported: readonly Proc[] = [...Object.values(procs), ...internal];

/** One question to the bus, and its answer. */
export interface BusTalk {
  readonly asked: string;
  readonly answer: bigint;
}

type Exports = Readonly<Record<string, (hart: number, ...args: bigint[]) => bigint>>;

let compiled: WebAssembly.Module | undefined;
function compile(layout: MemoryLayout): WebAssembly.Module {
  const module = new ModuleBuilder();
  module.importMemory('env', 'memory', layout.totalBytes / 65536);
  const linker = new ProcLinker(module, layout, { ...procs, softFloat }, importBus(module));
  for (const p of exported) module.export(linker.link(p).func);
  return new WebAssembly.Module(module.encode());
}

export class WasmTwin {
  readonly #layout: MemoryLayout;
  readonly #memory: WebAssembly.Memory;
  readonly #procs: Exports;
  #script: readonly BusTalk[] = [];
  #at = 0;

  constructor(layout: MemoryLayout, has: (pa: number) => boolean) {
    this.#layout = layout;
    this.#memory = createMemory(layout);
    compiled ??= compile(layout);
    const answer = (asked: string): bigint => {
      const next = this.#script[this.#at++];
      expect(asked).toBe(next?.asked);
      return next?.answer ?? 0n;
    };
    const bus = {
      has: (pa: number) => (has(pa >>> 0) ? 1 : 0),
      load: (pa: number, width: number) => answer(`load ${(pa >>> 0).toString(16)} ${width}`),
      store: (pa: number, width: number, v: bigint) =>
        void answer(`store ${(pa >>> 0).toString(16)} ${width} ${BigInt.asUintN(64, v)}`),
      nondet: (kind: number) => answer(`nondet ${kind}`),
    };
    const instance = new WebAssembly.Instance(compiled, {
      env: { memory: this.#memory },
      bus,
      code: { written: () => {} },
      debug: { watched: () => 0 },
    });
    this.#procs = instance.exports as unknown as Exports;
  }

  /** What the host sees of hart 0, the page tables and RAM. */
  #parts(memory: WebAssembly.Memory): readonly Uint8Array[] {
    const { hartAt, pageFlagsAt, ramAt, ramBytes } = this.#layout;
    return [
      new Uint8Array(memory.buffer, hartAt(0), HART_BYTES),
      new Uint8Array(memory.buffer, pageFlagsAt, ramAt + ramBytes - pageFlagsAt),
    ];
  }

  take(memory: WebAssembly.Memory): void {
    const from = this.#parts(memory);
    for (const [i, part] of this.#parts(this.#memory).entries()) part.set(from[i]!);
  }

  /** Calls `p` from the state last taken; `memory` is what the reference left, `outcome` its value or 'trap'. */
  follow(
    p: Proc,
    args: readonly bigint[],
    talk: readonly BusTalk[],
    outcome: bigint | 'trap',
    memory: WebAssembly.Memory,
  ): void {
    this.#script = talk;
    this.#at = 0;
    const hart = this.#layout.hartAt(0);
    const value = BigInt.asUintN(64, this.#procs[p.name]!(hart, ...args));
    const view = new DataView(this.#memory.buffer, hart);
    const hasTrapped = view.getBigUint64(fieldOffset('trapped'), true) === 1n;
    const found = hasTrapped ? 'trap' : value;
    if (found !== outcome || this.#at !== talk.length)
      expect({ p: p.name, args, outcome: found, talks: this.#at }).toEqual({
        p: p.name,
        args,
        outcome,
        talks: talk.length,
      });
    const theirs = new DataView(memory.buffer, hart);
    for (const field of ['attention', 'trapped'] as const)
      view.setBigUint64(fieldOffset(field), theirs.getBigUint64(fieldOffset(field), true), true);
    const expected = this.#parts(memory);
    for (const [i, part] of this.#parts(this.#memory).entries())
      if (Buffer.compare(part, expected[i]!) !== 0)
        expect(`${p.name}: ${difference(part, expected[i]!)}`).toBe('the same bytes');
  }
}

function difference(found: Uint8Array, expected: Uint8Array): string {
  const at = found.findIndex((byte, i) => byte !== expected[i]);
  return `byte 0x${at.toString(16)} is ${found[at]}, not ${expected[at]}`;
}
