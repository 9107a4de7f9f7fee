/**
 * The interpreter: `run(hart) -> Boundary` looks at the boundary between two steps, where everything is in memory, and
 * calls `steps(hart)`, which makes steps until the count of them is used up or someone asked for attention. `steps` is
 * a function of its own, left now and then, because wasm code is exchanged for optimized code only when it is entered.
 */

import type { Insn } from '../../isa/insn.ts';
import { recordBody } from '../../isa/recorder.ts';
import type { Proc, Semantics } from '../../isa/vocabulary.ts';
import { call, type I32, type I64, i32Const, i64Const, type Local, load, localGet, select } from '../../wasm/expr.ts';
import type { FunctionBuilder, Label } from '../../wasm/function.ts';
import type { FuncRef } from '../../wasm/instr.ts';
import type { ModuleBuilder } from '../../wasm/module.ts';
import { i32, i64 } from '../../wasm/numeric.ts';
import type { Linker, WasmBinding } from '../compile/binding.ts';
import { field, hartOf } from '../compile/hart-state.ts';
import { dynamicOperands } from '../compile/operands.ts';
import { Order } from '../compile/order.ts';
import { wasmSemantics } from '../compile/semantics.ts';
import { fieldOffset } from '../hart-layout.ts';
import { RVC_ENTRY_SHIFT, RVC_ROW_SHIFT } from '../memory-layout.ts';
import { Trapped } from '../priv/alerts.ts';
import { decodeTree } from './decode-tree.ts';
import { type Arms, dispatch, toClaiming, toNumbered } from './dispatch.ts';
import { fetch, forgetPage, isLong } from './fetch.ts';
import { loadStep, type StepExits, StepFrame, stepLocals } from './step-frame.ts';

/** opcode[6:2] and funct3; and of funct7 the bits that tell add, sub and mul apart. */
const FIRST_BITS = [2, 3, 4, 5, 6, 12, 13, 14, 25, 30];
const ILLEGAL_INSTRUCTION = 2;

export interface RunProcs {
  readonly boundary: Proc;
  readonly fetchTranslate: Proc;
}

export interface RunParts {
  /** In the order of the instruction table: the RVC table knows them by their numbers in it. */
  readonly rows: readonly Insn[];
  readonly procs: RunProcs;
  /** (half i32) -> the entry of the RVC table for a compressed instruction, which is made; 0 where reserved. */
  readonly expand: FuncRef;
  readonly jumps?: JumpHooks;
  /** Comes before each step; `alert` emits the way out before the step at `pc`. */
  readonly beforeStep?: ((fn: FunctionBuilder, pc: I64, alert: () => void) => void) | undefined;
}

/** What is done when a jump has been taken. */
export interface JumpHooks {
  /** `target` is where the next step is, `leave` goes there with what is in `slot`. */
  taken(fn: FunctionBuilder, hart: I32, target: I64, slot: Local<'i32'>, leave: Label): void;
  /** Comes first when the instruction at `from` took the target from a register. */
  indirect(fn: FunctionBuilder, hart: I32, target: I64, from: I64): void;
}

export function buildRun(module: ModuleBuilder, linker: Linker, parts: RunParts): FunctionBuilder {
  const boundary = linker.link(parts.procs.boundary).func;
  const steps = buildSteps(module, linker, parts);
  const fn = module.func('run', { params: ['i32'], results: ['i32'] });
  const hart = hartOf(fn, linker.layout);
  const why = fn.local('i32');
  fn.loop((again) => {
    fn.set(why, i32.wrap_i64(call('i64', boundary, [hart])));
    fn.if(i32.eqz(localGet(why)), () => {
      fn.call(steps, [hart]);
      fn.br(again);
    });
  });
  fn.emit(localGet(why));
  return fn;
}

interface StepLabels extends StepExits {
  /** A jump has been taken to where a register says. */
  readonly indirect: Label;
}

function jumpsByRegister({ body }: Insn): boolean {
  const { words, xReads } = recordBody(body);
  return words.has('jump') && xReads.size > 0;
}

/**
 * `steps(hart) -> slot`: steps from a boundary at which the hart does not wait, until there is something to look at;
 * or, with hooks, until a jump is to be left to somebody else: then `slot` is not 0, and nobody has to look. With hooks
 * the field `stretchEnd` says how far, otherwise untilTick and timerDue.
 */
export function buildSteps(module: ModuleBuilder, linker: Linker, parts: RunParts): FunctionBuilder {
  const { rows, procs, expand, jumps } = parts;
  linker.link(procs.fetchTranslate);
  const tree = decodeTree(rows, FIRST_BITS);
  const fn = module.func('steps', { params: ['i32'], results: ['i32'] });
  const at = stepLocals(fn, linker.layout);
  const page = { start: fn.local('i64'), addend: fn.local('i32') };
  const [found, slot] = [fn.local('i32'), fn.local('i32')];
  const entry = fn.local('i64');
  const { hart } = at;
  const word = localGet(at.word);

  const oneStep = (head: Label, { jumped, indirect, trapped }: StepLabels): void => {
    fn.set(at.left, i64.sub(localGet(at.left), i64Const(1)));
    fn.set(at.pc, localGet(at.next));
    const frame = new StepFrame(new Order(fn), at, { trapped, jumped });
    fetch({ fn, frame, linker, fetchTranslate: procs.fetchTranslate }, at, page);
    /** A body in the step's frame, then on to the next step. */
    const body = (meaning: (s: Semantics<WasmBinding>) => void, isIndirect = false): void => {
      const order = new Order(fn);
      const own = new StepFrame(order, at, { trapped, jumped });
      meaning(wasmSemantics(order, own, linker));
      const onward = isIndirect ? indirect : jumped;
      fn.br(own.hasJumped ? onward : head);
    };
    const illegal = (): void => body((s) => s.raise(s.lit(ILLEGAL_INSTRUCTION), s.insn()));
    const meaningOf = (row: Insn): void =>
      body((s) => row.body(s, dynamicOperands(row.format, word)), jumpsByRegister(row));
    dispatch(fn, rows, search, meaningOf, illegal);
  };

  /** Sets `word` and `next`, and goes to the row. What a compressed instruction stands for is found only once. */
  const search = (arms: Arms<Insn>): void => {
    const raw = localGet(at.raw);
    const long = (): void => {
      fn.set(at.word, raw);
      fn.set(at.next, i64.add(localGet(at.pc), i64Const(4)));
      toClaiming(fn, tree, word, arms);
    };
    fn.if(isLong(raw), long);
    const half = fn.keep(i32.and(raw, i32Const(0xffff)));
    fn.set(entry, load('i64.load', i32.shl(half, i32Const(RVC_ENTRY_SHIFT)), linker.layout.rvcAt));
    fn.if(
      i64.eqz(localGet(entry)),
      () => {
        fn.set(entry, call('i64', expand, [half]));
        fn.brIf(arms.none, i64.eqz(localGet(entry)));
      },
      undefined,
      false,
    );
    fn.set(at.word, i32.wrap_i64(localGet(entry)));
    fn.set(at.next, i64.add(localGet(at.pc), i64Const(2)));
    toNumbered(fn, i32.wrap_i64(i64.shr_u(localGet(entry), i64Const(RVC_ROW_SHIFT))), arms);
  };

  loadStep(fn, at, jumps === undefined ? 'timers' : 'stretch');
  forgetPage(fn, page, localGet(at.next));
  fn.block((leave) => {
    fn.block((toCode) => {
      fn.block((trapped) =>
        fn.loop((head) => {
          fn.brIf(leave, i64.eqz(localGet(at.left)), false);
          parts.beforeStep?.(fn, localGet(at.next), () => {
            fn.store('i64.store', hart, i64Const(1), fieldOffset('alerted'));
            fn.br(leave);
          });
          if (jumps === undefined) {
            oneStep(head, { jumped: head, indirect: head, trapped });
          } else {
            fn.block((jumped) => {
              fn.block((indirect) => oneStep(head, { jumped, indirect, trapped }));
              jumps.indirect(fn, hart, localGet(at.next), localGet(at.pc));
            });
            jumps.taken(fn, hart, localGet(at.next), found, toCode);
            fn.br(head);
          }
        }),
      );
      fn.if(i64.eq(field(hart, 'trapped'), i64Const(Trapped.notBegun)), () => {
        fn.set(at.left, i64.add(localGet(at.left), i64Const(1)));
        fn.store('i64.store', hart, i64Const(1), fieldOffset('alerted'));
      });
      fn.store('i64.store', hart, i64Const(0), fieldOffset('trapped'));
      fn.set(at.next, field(hart, 'pc'));
      fn.br(leave);
    });
    // A jump may have been the last step of the stretch.
    fn.set(slot, select(i64.eqz(localGet(at.left)), i32Const(0), localGet(found)));
  });
  fn.store('i64.store', hart, localGet(at.next), fieldOffset('pc'));
  fn.store('i64.store', hart, i64.sub(localGet(at.target), localGet(at.left)), fieldOffset('tick'));
  fn.emit(localGet(slot));
  return fn;
}
