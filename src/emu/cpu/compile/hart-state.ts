/** The hart's block of linear memory: named fields, its tables, and registers kept in memory. */

import type { Semantics } from '../../isa/vocabulary.ts';
import { constant, type I32, type I64, i32Const, i64Const, load, localGet } from '../../wasm/expr.ts';
import type { FunctionBuilder } from '../../wasm/function.ts';
import { i32 } from '../../wasm/numeric.ts';
import { F_OFFSET, fieldOffset, type HartField, X_OFFSET } from '../hart-layout.ts';
import type { MemoryLayout } from '../memory-layout.ts';
import type { Frame, Reg, Registers, WasmBinding } from './binding.ts';
import type { Order } from './order.ts';

/** The block of the hart that a function is called for, its first parameter; known when the machine has only one. */
export const hartOf = (fn: FunctionBuilder, { harts, hartAt }: MemoryLayout): I32 =>
  harts === 1 ? i32Const(hartAt(0)) : localGet(fn.param(0, 'i32'));

type Words = 'get' | 'set' | 'hartLoad' | 'hartStore' | 'hartFill' | 'x' | 'setX' | 'f' | 'setF';

/** A field as an expression without an order of its own. */
export const field = (hart: I32, name: HartField): I64 => load('i64.load', hart, fieldOffset(name));
/** The low half of a field that holds a small number or a flag. */
export const flag = (hart: I32, name: HartField): I32 => load('i32.load', hart, fieldOffset(name));

export function hartState(order: Order, frame: Frame): Pick<Semantics<WasmBinding>, Words> {
  const { fn } = order;
  const { hart, registers } = frame;
  const at = (offset: I64): readonly [I32, number] => {
    const known = constant(offset);
    return known === undefined ? [i32.add(hart, i32.wrap_i64(offset)), 0] : [hart, Number(known)];
  };
  const looksAtStep = (name: HartField): boolean => name === 'pc' || name === 'tick';
  return {
    x: (r) => registers.x(r),
    setX: (r, v) => registers.setX(r, v),
    f: (r) => registers.f(r),
    setF: (r, v) => registers.setF(r, v),
    get: (name) => {
      if (looksAtStep(name)) {
        frame.facts.syncs = true;
        frame.sync();
      }
      return order.read(field(hart, name));
    },
    set: (name, v) => {
      if (looksAtStep(name)) frame.facts.syncs = true;
      if (name === 'pc') frame.facts.jumps = true;
      if (name === 'trapped') frame.facts.raises = true;
      if (name === 'attention' || name === 'exitRequest') frame.facts.attends = true;
      fn.emit(hart);
      fn.emit(v);
      order.effect();
      fn.push({ op: 'i64.store', offset: fieldOffset(name) });
    },
    hartLoad: (offset, width) => order.read(load(width === 4 ? 'i64.load32_u' : 'i64.load', ...at(offset))),
    hartStore: (offset, width, v) => {
      const [address, constantOffset] = at(offset);
      fn.emit(address);
      fn.emit(v);
      order.effect();
      fn.push({ op: width === 4 ? 'i64.store32' : 'i64.store', offset: constantOffset });
    },
    hartFill: (offset, bytes) => {
      order.effect();
      fn.fill(i32.add(hart, i32.wrap_i64(offset)), i32Const(-1), i32.wrap_i64(bytes));
    },
  };
}

/** Registers at their places in the hart's block. A run-time x0 is written like any other and zeroed again at once. */
export function registersInMemory(order: Order, hart: I32): Registers {
  const { fn } = order;
  const place = (r: Reg, file: number): readonly [I32, number] =>
    'index' in r ? [hart, file + 8 * r.index] : [i32.add(hart, r.offset), file];
  const write = (r: Reg, file: number, v: I64): void => {
    const [address, offset] = place(r, file);
    fn.emit(address);
    fn.emit(v);
    order.effect();
    fn.push({ op: 'i64.store', offset });
  };
  return {
    x: (r) => ('index' in r && r.index === 0 ? i64Const(0) : order.read(load('i64.load', ...place(r, X_OFFSET)))),
    setX: (r, v) => {
      if ('index' in r && r.index === 0) return;
      write(r, X_OFFSET, v);
      if ('offset' in r) fn.store('i64.store', hart, i64Const(0), X_OFFSET);
    },
    f: (r) => order.read(load('i64.load', ...place(r, F_OFFSET))),
    setF: (r, v) => write(r, F_OFFSET, v),
  };
}
