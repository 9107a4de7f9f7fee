/**
 * Keeps program order while expressions float: a read of state yields an expression that is computed at its first use,
 * or before the first effect that could change what it reads, whichever comes first; then its value stays in a local.
 * So a body may write `const a = s.x(rs1)`, `s.setX(rd, …)` and use `a` afterwards, and expressions may be used twice.
 */

import { constant, type Expr, type I32, type I64, localGet, Once } from '../../wasm/expr.ts';
import type { FunctionBuilder, Label } from '../../wasm/function.ts';
import { i32 } from '../../wasm/numeric.ts';

/** What a read depends on: hart fields, registers and memory together, or one cell. */
type Source = 'state' | object;

export class Order {
  readonly fn: FunctionBuilder;
  #pending: { readonly read: Once; readonly of: Source }[] = [];

  constructor(fn: FunctionBuilder) {
    this.fn = fn;
  }

  /** A read of state as an expression that keeps its place in the order of effects. */
  read(source: I64, of: Source = 'state'): I64 {
    const read = new Once(source);
    this.#pending.push({ read, of });
    return read;
  }

  /** Comes before any effect on `of`: unused reads of it are computed now. */
  effect(of: Source = 'state'): void {
    this.#pending = this.#pending.filter((entry) => {
      if (entry.of !== of) return entry.read.local === undefined;
      this.fn.settle(entry.read);
      return false;
    });
  }

  /** Computes a value here. Constants and values that already sit in a local stay as they are. */
  keep<T extends 'i32' | 'i64'>(value: Expr<T>): Expr<T> {
    if (value instanceof Once) {
      this.fn.settle(value);
      return value;
    }
    const inPlace = value.instr.op === 'local.get' || constant(value as I32) !== undefined;
    return inPlace ? value : this.fn.keep(value);
  }

  /** A body is done: what it read and did not use is read no more. */
  finish(): void {
    this.#pending = [];
  }

  /** `likely`: whether the condition is expected to hold. */
  if(condition: I32, then: () => void, otherwise?: () => void, likely?: boolean): void {
    const known = constant(condition);
    if (known !== undefined) {
      if (known !== 0) then();
      else otherwise?.();
      return;
    }
    this.fn.emit(condition);
    this.settleAll();
    this.fn.ifStacked(() => this.#arm(then), otherwise && (() => this.#arm(otherwise)), likely);
  }

  while(condition: () => I32, body: () => void): void {
    this.settleAll();
    this.fn.block((end) =>
      this.fn.loop((head) =>
        this.#arm(() => {
          this.fn.emit(i32.eqz(condition()));
          this.settleAll();
          this.fn.brIfStacked(end);
          body();
          this.fn.br(head);
        }),
      ),
    );
  }

  /** A block whose body may branch to its end. */
  block(build: (end: Label) => void): void {
    this.settleAll();
    this.fn.block((end) => this.#arm(() => build(end)));
  }

  /** Everything read so far is computed: control is about to part. */
  settleAll(): void {
    for (const { read } of this.#pending) this.fn.settle(read);
    this.#pending = [];
  }

  /** Reads made inside do not outlive it. */
  #arm(build: () => void): void {
    this.#pending = [];
    build();
    this.#pending = [];
  }
}

/** A mutable local with the reads of it in order. */
export class OrderedCell {
  readonly #order: Order;
  readonly #local;

  constructor(order: Order, init: I64) {
    this.#order = order;
    this.#local = order.fn.local('i64');
    order.fn.set(this.#local, init);
  }

  get(): I64 {
    return this.#order.read(localGet(this.#local), this);
  }

  set(v: I64): void {
    this.#order.fn.emit(v);
    this.#order.effect(this);
    this.#order.fn.push({ op: 'local.set', local: this.#local.index });
  }
}
