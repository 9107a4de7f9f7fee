/**
 * Procedures as wasm functions: (hart i32, one i64 for each parameter) -> i64. Each is compiled once, when it is first
 * reached, and what it calls before it, so its facts are known to every caller. Procedures do not recurse.
 */

import type { Proc } from '../../isa/vocabulary.ts';
import { type I64, i64Const, localGet } from '../../wasm/expr.ts';
import type { FunctionBuilder } from '../../wasm/function.ts';
import type { ModuleBuilder } from '../../wasm/module.ts';
import { fieldOffset } from '../hart-layout.ts';
import type { MemoryLayout } from '../memory-layout.ts';
import { type BusImports, type CoreProcs, type Frame, type LinkedProc, type Linker, noFacts } from './binding.ts';
import { field, hartOf, registersInMemory } from './hart-state.ts';
import { Order } from './order.ts';
import { wasmSemantics } from './semantics.ts';

export class ProcLinker implements Linker {
  readonly layout: MemoryLayout;
  readonly core: CoreProcs;
  readonly bus: BusImports;
  readonly #module: ModuleBuilder;
  readonly #linked = new Map<Proc, LinkedProc | 'under way'>();

  constructor(module: ModuleBuilder, layout: MemoryLayout, core: CoreProcs, bus: BusImports) {
    this.#module = module;
    this.layout = layout;
    this.core = core;
    this.bus = bus;
  }

  /** Every procedure compiled so far. */
  get linked(): ReadonlyMap<Proc, LinkedProc> {
    const done = [...this.#linked].filter((entry): entry is [Proc, LinkedProc] => entry[1] !== 'under way');
    return new Map(done);
  }

  link(proc: Proc): LinkedProc {
    const known = this.#linked.get(proc);
    if (known === 'under way') throw new Error(`procedure ${proc.name} calls itself`);
    if (known !== undefined) return known;
    this.#linked.set(proc, 'under way');
    const linked = this.#compile(proc);
    this.#linked.set(proc, linked);
    return linked;
  }

  #compile(proc: Proc): LinkedProc {
    const fn = this.#module.func(proc.name, {
      params: ['i32', ...proc.params.map(() => 'i64' as const)],
      results: ['i64'],
    });
    const order = new Order(fn);
    const frame = procFrame(fn, order, this.layout);
    const args = proc.params.map((_, i): I64 => localGet(fn.param(i + 1, 'i64')));
    const result = proc.body(wasmSemantics(order, frame, this), ...args);
    fn.emit(result ?? i64Const(0));
    return { func: fn, facts: frame.facts };
  }
}

/** A procedure finds `pc` and `tick` in memory, up to date by its caller's care, and returns 0 after a trap. */
function procFrame(fn: FunctionBuilder, order: Order, layout: MemoryLayout): Frame {
  const hart = hartOf(fn, layout);
  const refuse = (): never => {
    throw new Error(`${fn.name}: only an instruction has a pc of its own`);
  };
  return {
    facts: noFacts(),
    hart,
    registers: registersInMemory(order, hart),
    dataContext: () => field(hart, 'dataContext'),
    pc: refuse,
    nextPc: refuse,
    insn: refuse,
    jump: refuse,
    branch: refuse,
    sync: () => {},
    returned: () => {},
    abandon: () => fn.return(i64Const(0)),
    contextChanged: () => fn.store('i64.store', hart, i64Const(1), fieldOffset('attention')),
    ret: (v) => fn.return(v),
  };
}
