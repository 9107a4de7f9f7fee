/**
 * Builds the body of one function: statements in order, structured control, locals given back at the end of their
 * scope. The body is kept as a list of instructions, from which encoding and text are made; or it is encoded at once,
 * which is quicker, and cannot be read any more.
 */

import { ByteSink } from './bytes.ts';
import { checkArgs, type Expr, type I32, type Local, localGet, Once } from './expr.ts';
import { encodeInstr, type FuncRef, type FuncType, type Instr } from './instr.ts';
import { type StoreOp, type ValType, valTypeCode } from './opcodes.ts';
import type { Filling, Stencil } from './stencil.ts';

/** A place to branch to: the end of a block or the head of a loop. Only valid inside it. */
export interface Label {
  readonly level: number;
}

const IF: Instr = { op: 'if' };
/** More than most functions have that are encoded as they are built. */
const AT_ONCE_BYTES = 8192;

interface Placed {
  readonly stencil: Stencil;
  readonly filling: Filling;
}

export class FunctionBuilder implements FuncRef {
  readonly name: string;
  readonly type: FuncType;
  readonly #items: (Instr | Placed)[] = [];
  readonly #encoded: ByteSink | undefined;
  /** Types of the locals after the parameters. */
  readonly localTypes: ValType[] = [];
  readonly #free: Record<ValType, number[]> = { i32: [], i64: [], f32: [], f64: [], v128: [] };
  #scope: { readonly index: number; readonly type: ValType }[] = [];
  #level = 0;
  readonly #index: () => number;

  /** `index` is asked when the module is encoded. `atOnce`: the body is encoded as it is built. */
  constructor(name: string, index: () => number, type: FuncType, atOnce = false) {
    this.name = name;
    this.#encoded = atOnce ? new ByteSink(AT_ONCE_BYTES) : undefined;
    this.#index = index;
    this.type = type;
  }

  get index(): number {
    return this.#index();
  }

  param<T extends ValType>(position: number, type: T): Local<T> {
    if (this.type.params[position] !== type) throw new TypeError(`${this.name}: parameter ${position} is not ${type}`);
    return { index: position, type };
  }

  /** The body so far, for reading. */
  get instrs(): readonly Instr[] {
    if (this.#encoded !== undefined) throw new Error(`${this.name} cannot be read: it was encoded at once`);
    return this.#items.flatMap((item) => ('stencil' in item ? item.stencil.instrs(item.filling) : [item]));
  }

  /** Forgets the body so far; locals stay. */
  clear(): void {
    this.#items.length = 0;
  }

  /** Puts a stencil here. It is filled when it is encoded or read. */
  place(stencil: Stencil, filling: Filling): void {
    if (this.#encoded !== undefined) stencil.encode(this.#encoded, filling);
    else this.#items.push({ stencil, filling });
  }

  /** How many blocks out a label is from here. */
  depthOf(label: Label): number {
    return this.#depth(label);
  }

  /** A local of the present scope. Its content is unspecified until it is set. */
  local<T extends ValType>(type: T): Local<T> {
    const index = this.#free[type].pop() ?? this.type.params.length + this.localTypes.push(type) - 1;
    const local = { index, type };
    this.#scope.push(local);
    return local;
  }

  /** A local that is not given back at the end of a scope. */
  reserve<T extends ValType>(type: T): Local<T> {
    return { index: this.type.params.length + this.localTypes.push(type) - 1, type };
  }

  /** Runs `build`; locals made by it are free for others afterwards. */
  scope(build: () => void): void {
    const outer = this.#scope;
    this.#scope = [];
    build();
    for (const { index, type } of this.#scope) this.#free[type].push(index);
    this.#scope = outer;
  }

  push(instr: Instr): void {
    if (this.#encoded !== undefined) encodeInstr(this.#encoded, instr);
    else this.#items.push(instr);
  }

  /** Leaves the value of `e` on the stack. */
  emit(e: Expr): void {
    if (e instanceof Once) {
      this.#emitOnce(e);
    } else {
      for (const arg of e.args) this.emit(arg);
      this.push(e.instr);
    }
  }

  /** Computes a `Once` here if it has not been computed yet. */
  settle(e: Once): void {
    if (e.local === undefined) e.local = this.#compute(e, 'local.set');
  }

  #emitOnce(e: Once): void {
    if (e.local === undefined) e.local = this.#compute(e, 'local.tee');
    else this.push({ op: 'local.get', local: e.local });
  }

  #compute(e: Once, op: 'local.set' | 'local.tee'): number {
    this.emit(e.source);
    const local = this.local(e.type).index;
    this.push({ op, local });
    return local;
  }

  set<T extends ValType>(local: Local<T>, value: Expr<T>): void {
    this.emit(value);
    this.push({ op: 'local.set', local: local.index });
  }

  /** Computes the value here and gives an expression that reads it; a new local of the present scope. */
  keep<T extends ValType>(value: Expr<T>): Expr<T> {
    const local = this.local(value.type);
    this.set(local, value);
    return localGet(local);
  }

  store(op: StoreOp, address: I32, value: Expr, offset = 0): void {
    this.emit(address);
    this.emit(value);
    this.push({ op, offset });
  }

  /** Calls a function and drops its result if it has one. */
  call(func: FuncRef, args: readonly Expr[]): void {
    for (const arg of checkArgs(func.type, args, func.name)) this.emit(arg);
    this.push({ op: 'call', func });
    for (const _ of func.type.results) this.push({ op: 'drop' });
  }

  block(build: (end: Label) => void): void {
    this.#nested({ op: 'block' }, build);
  }

  /** Branching to the label runs the loop again; falling off the end leaves it. */
  loop(build: (head: Label) => void): void {
    this.#nested({ op: 'loop' }, build);
  }

  /** `likely`: whether the condition is expected to hold. */
  if(condition: I32, then: (end: Label) => void, otherwise?: (end: Label) => void, likely?: boolean): void {
    this.emit(condition);
    this.ifStacked(then, otherwise, likely);
  }

  /** As `if`, with the condition already on the stack. */
  ifStacked(then: (end: Label) => void, otherwise?: (end: Label) => void, likely?: boolean): void {
    this.#nested(likely === undefined ? IF : { op: 'if', likely }, (end) => {
      this.scope(() => then(end));
      if (otherwise === undefined) return;
      this.push({ op: 'else' });
      otherwise(end);
    });
  }

  #nested(instr: Instr, build: (label: Label) => void): void {
    this.push(instr);
    this.#level += 1;
    const label = { level: this.#level };
    this.scope(() => build(label));
    this.#level -= 1;
    this.push({ op: 'end' });
  }

  #depth(label: Label): number {
    const depth = this.#level - label.level;
    if (depth < 0) throw new Error(`${this.name}: branch out of a block that is closed`);
    return depth;
  }

  br(label: Label): void {
    this.push({ op: 'br', depth: this.#depth(label) });
  }

  /** `likely`: whether the condition is expected to hold. */
  brIf(label: Label, condition: I32, likely?: boolean): void {
    this.emit(condition);
    this.brIfStacked(label, likely);
  }

  /** As `brIf`, with the condition already on the stack. */
  brIfStacked(label: Label, likely?: boolean): void {
    this.push({ op: 'br_if', depth: this.#depth(label), likely });
  }

  brTable(index: I32, labels: readonly Label[], otherwise: Label): void {
    this.emit(index);
    const depths = labels.map((label) => this.#depth(label));
    this.push({ op: 'br_table', depths, otherwise: this.#depth(otherwise) });
  }

  return(...values: readonly Expr[]): void {
    for (const value of values) this.emit(value);
    this.push({ op: 'return' });
  }

  /** Calls a function and takes what it returns off the stack, into these locals. */
  callInto(func: FuncRef, args: readonly Expr[], results: readonly Local[]): void {
    for (const arg of checkArgs(func.type, args, func.name)) this.emit(arg);
    this.push({ op: 'call', func });
    for (const { index } of results.toReversed()) this.push({ op: 'local.set', local: index });
  }

  /** Ends this function with a call of another one in its place. */
  returnCall(func: FuncRef, args: readonly Expr[]): void {
    for (const arg of checkArgs(func.type, args, func.name)) this.emit(arg);
    this.push({ op: 'return_call', func });
  }

  /** Sets `bytes` bytes from the address on to the low byte of `value`. */
  fill(address: I32, value: I32, bytes: I32): void {
    for (const operand of [address, value, bytes]) this.emit(operand);
    this.push({ op: 'memory.fill' });
  }

  unreachable(): void {
    this.push({ op: 'unreachable' });
  }

  /** The body in the binary format, without its size, into `sink`, where expectations are marked. */
  encode(sink: ByteSink): void {
    const runs: { type: ValType; count: number }[] = [];
    for (const type of this.localTypes) {
      const last = runs.at(-1);
      if (last?.type === type) last.count += 1;
      else runs.push({ type, count: 1 });
    }
    sink.unsigned(runs.length);
    for (const { type, count } of runs) {
      sink.unsigned(count);
      sink.byte(valTypeCode[type]);
    }
    if (this.#encoded !== undefined) {
      sink.appendSink(this.#encoded);
    } else {
      for (const item of this.#items) {
        if ('stencil' in item) item.stencil.encode(sink, item.filling);
        else encodeInstr(sink, item);
      }
    }
    encodeInstr(sink, { op: 'end' });
  }
}
