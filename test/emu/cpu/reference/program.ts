/**
 * A hart after reset with a small program at the start of RAM, for tests of engines. Instructions are given encoded.
 */
import type { Bus, Engine, EngineFactory, ExitReason } from '../../../../src/emu/cpu/engine.ts';
import { createMemory, type MemoryLayout, memoryLayout, RAM_BASE } from '../../../../src/emu/cpu/memory-layout.ts';
import * as procs from '../../../../src/emu/cpu/priv/procs.ts';
import { Reference } from '../../../../src/emu/cpu/reference/binding.ts';
import { createReference } from '../../../../src/emu/cpu/reference/engine.ts';
import { encode, isWide, type OperandValues } from '../../../../src/emu/isa/table.ts';
import { HartBlock } from '../../../../src/emu/machine/hart-block.ts';

const unexpected = (what: string) => (): never => {
  throw new Error(`${what} in a test without one`);
};
/** No device answers; a non-deterministic read is an error. */
export const noBus: Bus = {
  has: () => false,
  load: unexpected('device'),
  store: unexpected('device'),
  nondet: unexpected('nondet'),
};

/** `[name, operands]`, or raw bits (16 when the low two are not 11). */
export type Line = readonly [string, OperandValues?] | number;

export interface Program {
  readonly engine: Engine;
  readonly layout: MemoryLayout;
  readonly memory: WebAssembly.Memory;
  /** The state by name: get, set, x, setX, f, setF, ramLoad, ramStore… */
  readonly s: Reference;
  /** Makes that many more steps, or fewer. */
  readonly run: (ticks: number) => ExitReason;
}

const RAM_BYTES = 0x2_0000;
export const BASE = BigInt(RAM_BASE);

export function program(lines: readonly Line[], bus: Bus = noBus, factory: EngineFactory = createReference): Program {
  const layout = memoryLayout(RAM_BYTES);
  const memory = createMemory(layout);
  const s = new Reference(memory, layout, bus, procs);
  new HartBlock(memory, s.hart).reset(0);
  s.set('pc', BASE);
  let at = BASE;
  for (const line of lines) {
    const bits = typeof line === 'number' ? line : encode(...line);
    s.ramStore(at, isWide(bits) ? 4 : 2, BigInt(bits));
    at += isWide(bits) ? 4n : 2n;
  }
  const engine = factory(memory, layout, bus);
  engine.rederive(s.hart);
  const run = (ticks: number): ExitReason => {
    s.set('untilTick', s.get('tick') + BigInt(ticks));
    return engine.run(s.hart);
  };
  return { engine, layout, memory, s, run };
}
