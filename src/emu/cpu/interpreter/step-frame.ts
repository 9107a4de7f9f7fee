/**
 * The frame of an instruction body inside the interpreter's loop. pc and the count of ticks live in locals while steps
 * run and are written to the hart's fields only when someone could look at them.
 */

import { type I32, type I64, i32Const, i64Const, type Local, localGet, select } from '../../wasm/expr.ts';
import type { FunctionBuilder, Label } from '../../wasm/function.ts';
import { i32, i64 } from '../../wasm/numeric.ts';
import { type Facts, type Frame, noFacts, type Registers } from '../compile/binding.ts';
import { field, flag, hartOf, registersInMemory } from '../compile/hart-state.ts';
import type { Order } from '../compile/order.ts';
import { fieldOffset } from '../hart-layout.ts';
import type { MemoryLayout } from '../memory-layout.ts';

/**
 * The interpreter's locals, and the hart's block. During a step `left` counts it as done already: its own tick is
 * target - left - 1.
 */
export interface StepLocals {
  readonly hart: I32;
  /** Address of the instruction, and of the next step. */
  readonly pc: Local<'i64'>;
  readonly next: Local<'i64'>;
  /** Steps are made without looking up until this tick; how many are left. */
  readonly target: Local<'i64'>;
  readonly left: Local<'i64'>;
  readonly dataContext: Local<'i64'>;
  /** What was fetched (more than 16 bits of it when compressed), and the 32-bit instruction it stands for. */
  readonly raw: Local<'i32'>;
  readonly word: Local<'i32'>;
}

/** Where a step ends: the trap has been entered; a jump has been taken. */
export interface StepExits {
  readonly trapped: Label;
  readonly jumped: Label;
}

const NEXT = { name: 'next' };

export class StepFrame implements Frame {
  readonly facts: Facts = noFacts();
  readonly hart: I32;
  readonly registers: Registers;
  readonly #fn: FunctionBuilder;
  readonly #order: Order;
  readonly #at: StepLocals;
  readonly #exits: StepExits;
  /** The body jumps always: the step goes on to `jumped`. */
  hasJumped = false;

  constructor(order: Order, locals: StepLocals, exits: StepExits) {
    this.#fn = order.fn;
    this.#order = order;
    this.#at = locals;
    this.#exits = exits;
    this.hart = locals.hart;
    this.registers = registersInMemory(order, this.hart);
  }

  dataContext(): I64 {
    return localGet(this.#at.dataContext);
  }
  pc(): I64 {
    return localGet(this.#at.pc);
  }
  nextPc(): I64 {
    return this.#order.read(localGet(this.#at.next), NEXT);
  }
  insn(): I64 {
    const raw = localGet(this.#at.raw);
    const isLong = i32.eq(i32.and(raw, i32Const(3)), i32Const(3));
    return i64.extend_i32_u(select(isLong, raw, i32.and(raw, i32Const(0xffff))));
  }
  jump(target: I64): void {
    this.#fn.emit(target);
    this.#order.effect(NEXT);
    this.#fn.push({ op: 'local.set', local: this.#at.next.index });
    this.hasJumped = true;
  }
  /** The last word of a body. */
  branch(condition: I32, target: I64): void {
    this.#order.if(condition, () => {
      this.jump(target);
      this.#fn.br(this.#exits.jumped);
    });
    this.hasJumped = false;
  }

  sync(): void {
    const { target, left, pc } = this.#at;
    const done = i64.sub(i64.sub(localGet(target), localGet(left)), i64Const(1));
    this.#fn.store('i64.store', this.hart, done, fieldOffset('tick'));
    this.#fn.store('i64.store', this.hart, localGet(pc), fieldOffset('pc'));
  }
  returned({ attends, jumps }: Readonly<Facts>): void {
    if (jumps) throw new Error('a procedure called by an instruction moves pc: it should give the target to jump to');
    if (!attends) return;
    const wanted = i32.or(flag(this.hart, 'attention'), flag(this.hart, 'exitRequest'));
    this.#fn.if(wanted, () => this.contextChanged(), undefined, false);
  }
  abandon(): void {
    this.#fn.br(this.#exits.trapped);
  }
  /** The present step becomes the last one before the boundary is looked at. */
  contextChanged(): void {
    const { target, left } = this.#at;
    this.#fn.set(target, i64.sub(localGet(target), localGet(left)));
    this.#fn.set(left, i64Const(0));
  }
  ret(): never {
    throw new Error('an instruction has nothing to return');
  }
}

export const stepLocals = (fn: FunctionBuilder, layout: MemoryLayout): StepLocals => ({
  hart: hartOf(fn, layout),
  pc: fn.local('i64'),
  next: fn.local('i64'),
  target: fn.local('i64'),
  left: fn.local('i64'),
  dataContext: fn.local('i64'),
  raw: fn.local('i32'),
  word: fn.local('i32'),
});

/**
 * Steps made at most before the boundary is looked at again, whether or not there is something to see: some
 * milliseconds.
 */
const MAX_STEPS = 2 ** 20;

/** Loads what the locals hold from the hart's fields, at a boundary. `until`: what limits the steps. */
export function loadStep(fn: FunctionBuilder, at: StepLocals, until: 'timers' | 'stretch'): void {
  const { hart } = at;
  const sooner = (tick: I64): void => {
    const other = fn.keep(tick);
    const target = localGet(at.target);
    fn.set(at.target, select(i64.lt_u(other, target), other, target));
  };
  fn.set(at.next, field(hart, 'pc'));
  fn.set(at.dataContext, field(hart, 'dataContext'));
  if (until === 'stretch') {
    fn.set(at.target, field(hart, 'stretchEnd'));
  } else {
    fn.set(at.target, field(hart, 'untilTick'));
    sooner(field(hart, 'timerDue'));
    sooner(i64.add(field(hart, 'tick'), i64Const(MAX_STEPS)));
  }
  fn.set(at.left, i64.sub(localGet(at.target), field(hart, 'tick')));
}
