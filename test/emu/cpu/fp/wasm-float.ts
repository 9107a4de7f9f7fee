/**
 * Floating-point procedures as the engines have them, host first, called one by one; and the inline part alone, as
 * generated code uses it.
 */

import { hostFirst, inlineHostFloat } from '../../../../src/emu/cpu/compile/host-float.ts';
import { importBus, importMemory } from '../../../../src/emu/cpu/compile/host-imports.ts';
import { ProcLinker } from '../../../../src/emu/cpu/compile/linker.ts';
import { Order } from '../../../../src/emu/cpu/compile/order.ts';
import type { RoundingMode } from '../../../../src/emu/cpu/fp/exact.ts';
import { softFloat } from '../../../../src/emu/cpu/fp/soft-float.ts';
import { fieldOffset } from '../../../../src/emu/cpu/hart-layout.ts';
import { createMemory, memoryLayout } from '../../../../src/emu/cpu/memory-layout.ts';
import * as procs from '../../../../src/emu/cpu/priv/procs.ts';
import { type FpFormat, type FpOp, type Proc, proc } from '../../../../src/emu/isa/vocabulary.ts';
import { localGet } from '../../../../src/emu/wasm/expr.ts';
import { ModuleBuilder } from '../../../../src/emu/wasm/module.ts';

const layout = memoryLayout(4096);
export const formats: readonly FpFormat[] = ['S', 'D'];
export const arity: Readonly<Record<FpOp, 1 | 2 | 3>> = {
  add: 2,
  sub: 2,
  mul: 2,
  div: 2,
  sqrt: 1,
  fma: 3,
  min: 2,
  max: 2,
  eq: 2,
  lt: 2,
  le: 2,
  classify: 1,
  toI32: 1,
  toU32: 1,
  toI64: 1,
  toU64: 1,
  fromI32: 1,
  fromU32: 1,
  fromI64: 1,
  fromU64: 1,
  toOther: 1,
};
export const operations = Object.keys(arity) as FpOp[];
const all = formats.flatMap((format) => operations.map((op) => [op, format] as const));

type Func = (hart: number, ...args: bigint[]) => bigint;

function instantiate(module: ModuleBuilder, memory: WebAssembly.Memory): WebAssembly.Exports {
  const nothing = (): never => {
    throw new Error('floating point asks nobody');
  };
  const bus = { has: nothing, load: nothing, store: nothing, nondet: nothing };
  const imports = { env: { memory }, bus, code: { written: nothing }, debug: { watched: nothing } };
  return new WebAssembly.Instance(new WebAssembly.Module(module.encode()), imports).exports;
}
function start(): { readonly module: ModuleBuilder; readonly linker: ProcLinker } {
  const module = new ModuleBuilder();
  importMemory(module, layout);
  return { module, linker: new ProcLinker(module, layout, { ...procs, softFloat }, importBus(module)) };
}

export interface FloatProcs {
  /** Raw bits of the result, and `fflags` afterwards. */
  run(op: FpOp, format: FpFormat, rm: RoundingMode, fflags: number, args: readonly bigint[]): bigint;
  readonly fflags: () => number;
}

/** What a procedure made by `fallbackMarks` gives instead of soft float's result. */
export const FELL_BACK = 0xfa11_bacc_0000_0000n;

/** `fallbackMarks`: in place of soft float stands a procedure that only says that it was asked. */
export function floatProcs(hostFuses: boolean, fallbackMarks = false): FloatProcs {
  const { module, linker } = start();
  const memory = createMemory(layout);
  const links = all.map(([op, format]) => {
    const real = softFloat(op, format);
    const soft: Proc = fallbackMarks ? proc(`marks ${real.name}`, real.params, (s) => s.lit(FELL_BACK)) : real;
    const { func } = linker.link(hostFirst(op, format, soft, hostFuses));
    module.export(func);
    return [`${op}.${format}`, func.name] as const;
  });
  const exports = instantiate(module, memory);
  const funcs = new Map(links.map(([key, name]) => [key, exports[name] as Func]));
  const hart = layout.hartAt(0);
  const view = new DataView(memory.buffer, hart);
  const field = fieldOffset('fflags');
  return {
    run: (op, format, rm, fflags, args) => {
      view.setUint32(field, fflags, true);
      return BigInt.asUintN(64, (funcs.get(`${op}.${format}`) as Func)(hart, BigInt(rm), ...args));
    },
    fflags: () => view.getUint32(field, true),
  };
}

export interface InlineParts {
  /** Whether `ok` held, and the bits; undefined where there is no inline part. */
  run(op: FpOp, format: FpFormat, rm: RoundingMode, args: readonly bigint[]): InlineAnswer | undefined;
}
export interface InlineAnswer {
  readonly ok: boolean;
  readonly bits: bigint;
  readonly mayBeInexact: boolean;
}

export function inlineParts(hostFuses: boolean): InlineParts {
  const module = new ModuleBuilder();
  const made = new Map<string, boolean>();
  for (const [op, format] of all) {
    for (const rm of [0, 1, 2, 3, 4]) {
      const params = Array.from({ length: arity[op] }, () => 'i64' as const);
      const fn = module.func(`${op}.${format}.${rm}`, { params, results: ['i64', 'i32'] });
      const args = params.map((_, i) => localGet(fn.param(i, 'i64')));
      const inline = inlineHostFloat(new Order(fn), op, format, rm, args, hostFuses);
      if (inline === undefined) {
        fn.unreachable();
        continue;
      }
      made.set(fn.name, inline.mayBeInexact);
      fn.emit(inline.bits);
      fn.emit(inline.ok);
      module.export(fn);
    }
  }
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module.encode()));
  return {
    run: (op, format, rm, args) => {
      const name = `${op}.${format}.${rm}`;
      const mayBeInexact = made.get(name);
      if (mayBeInexact === undefined) return undefined;
      const [bits, ok] = (exports[name] as (...args: readonly bigint[]) => [bigint, number])(...args);
      return { bits: BigInt.asUintN(64, bits), ok: ok !== 0, mayBeInexact };
    },
  };
}
