/**
 * The interpreter: `run(hart) -> Boundary`, one function. Its outer loop is a boundary between steps, where everything
 * is in memory; its inner loop makes steps until the count of them is used up or someone asked for attention.
 */

import type { Insn } from '../../isa/insn.ts';
import type { Proc } from '../../isa/vocabulary.ts';
import { call, i32Const, i64Const, type Local, localGet } from '../../wasm/expr.ts';
import type { FunctionBuilder, Label } from '../../wasm/function.ts';
import type { ModuleBuilder } from '../../wasm/module.ts';
import { i32, i64 } from '../../wasm/numeric.ts';
import type { Linker } from '../compile/binding.ts';
import { field } from '../compile/hart-state.ts';
import { dynamicOperands } from '../compile/operands.ts';
import { Order } from '../compile/order.ts';
import { wasmSemantics } from '../compile/semantics.ts';
import { fieldOffset } from '../hart-layout.ts';
import { decodeTree } from './decode-tree.ts';
import { dispatch } from './dispatch.ts';
import { fetch, forgetPage } from './fetch.ts';
import { loadStep, StepFrame, type StepLocals } from './step-frame.ts';

/** opcode[6:2] and funct3; and of funct7 the bits that tell add, sub and mul apart. */
const FIRST_BITS = [2, 3, 4, 5, 6, 12, 13, 14, 25, 30];
const ILLEGAL_INSTRUCTION = 2;

export interface RunProcs {
  readonly boundary: Proc;
  readonly fetchTranslate: Proc;
}

export function buildRun(
  module: ModuleBuilder,
  linker: Linker,
  rows: readonly Insn[],
  procs: RunProcs,
): FunctionBuilder {
  const boundary = linker.link(procs.boundary).func;
  linker.link(procs.fetchTranslate);
  const tree = decodeTree(rows, FIRST_BITS);
  const fn = module.func('run', { params: ['i32'], results: ['i32'] });
  const at: StepLocals = {
    hart: fn.param(0, 'i32'),
    pc: fn.local('i64'),
    next: fn.local('i64'),
    target: fn.local('i64'),
    left: fn.local('i64'),
    dataContext: fn.local('i64'),
    raw: fn.local('i32'),
    word: fn.local('i32'),
  };
  const page = { start: fn.local('i64'), addend: fn.local('i32') };
  const hart = localGet(at.hart);

  /** A body in the step's frame, then on to the next step. */
  const step = (head: Label, trapped: Label, body: (order: Order, frame: StepFrame) => void): void => {
    const order = new Order(fn);
    body(order, new StepFrame(order, at, trapped));
    fn.br(head);
  };

  const steps = (leave: Label, trapped: Label): void =>
    fn.loop((head) => {
      fn.brIf(leave, i64.eqz(localGet(at.left)));
      decrement(fn, at.left);
      fn.set(at.pc, localGet(at.next));
      const frame = new StepFrame(new Order(fn), at, trapped);
      fetch({ fn, frame, linker, fetchTranslate: procs.fetchTranslate }, at, page);
      const illegal = (): void =>
        step(head, trapped, (order, frame) =>
          wasmSemantics(order, frame, linker).raise(i64Const(ILLEGAL_INSTRUCTION), frame.insn()),
        );
      fn.if(i32.eqz(localGet(at.word)), illegal);
      const body = (row: Insn): void =>
        step(head, trapped, (order, frame) =>
          row.body(wasmSemantics(order, frame, linker), dynamicOperands(row.format, localGet(at.word))),
        );
      dispatch(fn, tree, rows, localGet(at.word), body, illegal);
    });

  fn.loop((again) => {
    const why = fn.keep(i32.wrap_i64(call('i64', boundary, [hart])));
    fn.if(why, () => fn.return(why));
    loadStep(fn, at);
    forgetPage(fn, page, localGet(at.next));
    fn.block((leave) => {
      fn.block((trapped) => steps(leave, trapped));
      fn.store('i64.store', hart, i64Const(0), fieldOffset('trapped'));
      fn.set(at.next, field(hart, 'pc'));
    });
    fn.store('i64.store', hart, localGet(at.next), fieldOffset('pc'));
    fn.store('i64.store', hart, i64.sub(localGet(at.target), localGet(at.left)), fieldOffset('tick'));
    fn.br(again);
  });
  fn.emit(i32Const(0));
  return fn;
}

function decrement(fn: FunctionBuilder, local: Local<'i64'>): void {
  fn.set(local, i64.sub(localGet(local), i64Const(1)));
}
