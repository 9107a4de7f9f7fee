/**
 * The frame of instruction bodies inside a region. pc and the instruction are constants; of the ticks a local knows how
 * many are left of the stretch; registers live in locals. One frame serves all instructions of a region in turn.
 */

import type { Width } from '../../isa/vocabulary.ts';
import { call, constant, type I32, type I64, i64Const, type Local, localGet } from '../../wasm/expr.ts';
import type { FunctionBuilder, Label } from '../../wasm/function.ts';
import type { FuncRef } from '../../wasm/instr.ts';
import { f64, i32, i64 } from '../../wasm/numeric.ts';
import { type Facts, type Frame, noFacts, type Registers, type SlowAccess } from '../compile/binding.ts';
import { field, flag } from '../compile/hart-state.ts';
import type { Order } from '../compile/order.ts';
import { fieldOffset } from '../hart-layout.ts';
import { Trapped } from '../priv/alerts.ts';

export interface RegionLocals {
  readonly hart: I32;
  /** Steps of the stretch that are not made yet; those of the present block count as made. */
  readonly left: Local<'i64'>;
  /** Where the region is left to. */
  readonly pc: Local<'i64'>;
  readonly dataContext: Local<'i64'>;
}

/** Where a body ends: `interrupted` with the `trapped` field set, `stopped` with `left` and `pc` of the next step. */
export interface RegionExits {
  readonly interrupted: Label;
  readonly stopped: Label;
}

export interface RegionFuncs {
  readonly regionLoad: FuncRef;
  readonly regionStore: FuncRef;
}

/** What of an instruction depends on where it stands, as expressions. */
export interface Place {
  readonly pc: I64;
  readonly next: I64;
  /** As in memory: 16 bits when compressed. */
  readonly raw: I64;
  /** Instructions of its block from this one on; those after it. */
  readonly ahead: I64;
  readonly after: I64;
}
/** Where a body said that control goes on. */
export interface Onward {
  readonly condition: I32 | undefined;
  readonly target: I64;
}

export class RegionFrame implements Frame {
  readonly facts: Facts = noFacts();
  readonly hart: I32;
  readonly registers: Registers;
  readonly slow: SlowAccess;
  readonly #fn: FunctionBuilder;
  readonly #order: Order;
  readonly #at: RegionLocals;
  readonly #exits: RegionExits;
  #place: Place | undefined;
  #looks = false;
  #onward: Onward | undefined;

  constructor(order: Order, at: RegionLocals, exits: RegionExits, registers: Registers, funcs: RegionFuncs) {
    this.#order = order;
    this.#fn = order.fn;
    this.#at = at;
    this.#exits = exits;
    this.hart = at.hart;
    this.registers = registers;
    this.slow = {
      load: (va, width) => {
        const args = [at.hart, va, i64Const(width), this.#leftNow(), this.pc()];
        const value = this.#order.keep(call('i64', funcs.regionLoad, args));
        this.#fn.brIf(exits.interrupted, flag(this.hart, 'trapped'), false);
        return value;
      },
      store: (va: I64, width: Width, v: I64) => {
        this.#fn.call(funcs.regionStore, [at.hart, va, i64Const(width), v, this.#leftNow(), this.pc()]);
        this.#fn.brIf(exits.interrupted, flag(this.hart, 'trapped'), false);
      },
    };
  }

  /** The next body is that of the instruction there. */
  begin(place: Place): void {
    this.#place = place;
    this.#looks = false;
    this.#onward = undefined;
  }

  /** After the body: leaves if it turned out that the engine has to look. Gives where the body jumps or branches. */
  finish(): Onward | undefined {
    if (!this.#looks) return this.#onward;
    const wanted = i32.or(flag(this.hart, 'attention'), flag(this.hart, 'exitRequest'));
    this.#fn.if(wanted, () => this.stop(), undefined, false);
    return this.#onward;
  }

  /** Leaves after the present instruction, for the engine to look at the boundary. */
  stop(): void {
    const { left, pc } = this.#at;
    const target = this.#onward?.target ?? this.nextPc();
    this.#fn.set(left, i64.add(localGet(left), this.#present().after));
    this.#fn.set(pc, target);
    this.#fn.br(this.#exits.stopped);
  }

  /** Leaves before the present instruction, which the interpreter is to make. */
  giveUp(): void {
    this.sync();
    this.#fn.store('i64.store', this.hart, i64Const(Trapped.notBegun), fieldOffset('trapped'));
    this.#fn.br(this.#exits.interrupted);
  }

  #present(): Place {
    if (this.#place === undefined) throw new Error('no instruction has begun');
    return this.#place;
  }
  #leftNow(): I64 {
    return i64.add(localGet(this.#at.left), this.#present().ahead);
  }

  dataContext(): I64 {
    return localGet(this.#at.dataContext);
  }
  pc(): I64 {
    return this.#present().pc;
  }
  nextPc(): I64 {
    return this.#present().next;
  }
  insn(): I64 {
    return this.#present().raw;
  }
  jump(target: I64): void {
    this.#onward = { condition: undefined, target: constant(target) === undefined ? this.#order.keep(target) : target };
  }
  branch(condition: I32, target: I64): void {
    this.#onward = { condition: this.#order.keep(condition), target };
  }
  sync(): void {
    const tick = i64.sub(field(this.hart, 'stretchEnd'), this.#leftNow());
    this.#fn.store('i64.store', this.hart, tick, fieldOffset('tick'));
    this.#fn.store('i64.store', this.hart, this.pc(), fieldOffset('pc'));
  }
  returned({ attends, jumps }: Readonly<Facts>): void {
    if (jumps) throw new Error('a procedure called by an instruction moves pc: it should give the target to jump to');
    if (attends) this.#looks = true;
  }
  abandon(): void {
    this.#fn.br(this.#exits.interrupted);
  }
  contextChanged(): void {
    this.#fn.store('i64.store', this.hart, i64Const(1), fieldOffset('attention'));
    this.#looks = true;
  }
  ret(): never {
    throw new Error('an instruction has nothing to return');
  }
}

/**
 * Register files kept in locals, which `x` and `f` give: floating-point registers as the doubles of their bits, so that
 * the host's arithmetic has them where it wants them. Bodies read no floating-point register after they have set one.
 */
export function registersInLocals(
  order: Order,
  x: (index: number) => Local<'i64'>,
  f: (index: number) => Local<'f64'>,
): Registers {
  const { fn } = order;
  const numberOf = (r: Parameters<Registers['x']>[0]): number => {
    if (!('index' in r)) throw new Error('operands of compiled code are known');
    return r.index;
  };
  return {
    x: (r) => {
      if (numberOf(r) === 0) return i64Const(0);
      const local = x(numberOf(r));
      return order.read(localGet(local), local);
    },
    setX: (r, v) => {
      if (numberOf(r) === 0) return;
      const local = x(numberOf(r));
      fn.emit(v);
      order.effect(local);
      fn.push({ op: 'local.set', local: local.index });
    },
    f: (r) => i64.reinterpret_f64(localGet(f(numberOf(r)))),
    setF: (r, v) => fn.set(f(numberOf(r)), f64.reinterpret_i64(v)),
  };
}
