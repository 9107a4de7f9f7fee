/**
 * Expressions: trees of instructions that leave one value. Building one emits nothing; `FunctionBuilder.emit` walks it
 * in stack order. A tree may be emitted more than once; then it is computed more than once, unless it is a `Once`.
 */

import type { FuncRef, FuncType, Instr } from './instr.ts';
import type { LoadOp, ValType } from './opcodes.ts';

export interface Node<T extends ValType = ValType> {
  readonly type: T;
  readonly instr: Instr;
  readonly args: readonly Expr[];
}

/**
 * A value computed at most once: where it is first emitted, or where `FunctionBuilder.settle` says. It stays in a local
 * for later uses, which must be dominated by the first one.
 */
export class Once<T extends ValType = ValType> {
  readonly type: T;
  readonly source: Expr<T>;
  /** Index of the local that holds the value, once computed. */
  local: number | undefined;

  constructor(source: Expr<T>) {
    this.type = source.type;
    this.source = source;
  }
}

export type Expr<T extends ValType = ValType> = Node<T> | Once<T>;
export type I32 = Expr<'i32'>;
export type I64 = Expr<'i64'>;
export type F32 = Expr<'f32'>;
export type F64 = Expr<'f64'>;

/** A local variable or parameter of a function. */
export interface Local<T extends ValType = ValType> {
  readonly index: number;
  readonly type: T;
}

const leaf = <T extends ValType>(type: T, instr: Instr): Node<T> => ({ type, instr, args: [] });
export const i32Const = (value: number): Node<'i32'> => leaf('i32', { op: 'i32.const', value: value | 0 });
export const i64Const = (value: bigint | number): Node<'i64'> =>
  leaf('i64', { op: 'i64.const', value: BigInt.asIntN(64, BigInt(value)) });
export const f32Const = (value: number): Node<'f32'> => leaf('f32', { op: 'f32.const', value });
export const f64Const = (value: number): Node<'f64'> => leaf('f64', { op: 'f64.const', value });
export const localGet = <T extends ValType>(local: Local<T>): Node<T> =>
  leaf(local.type, { op: 'local.get', local: local.index });

/** The value of a constant, as a signed number of its type; undefined for any other expression. */
export function constant(e: I32): number | undefined;
export function constant(e: I64): bigint | undefined;
export function constant(e: Expr): number | bigint | undefined {
  if (e instanceof Once) return undefined;
  return e.instr.op === 'i32.const' || e.instr.op === 'i64.const' ? e.instr.value : undefined;
}

/** Memory at address + offset; the sum does not wrap at 2^32 but is out of bounds there. */
export function load<O extends LoadOp>(op: O, address: I32, offset = 0): Node<LoadType<O>> {
  return { type: op.slice(0, 3) as LoadType<O>, instr: { op, offset }, args: [address] };
}
type LoadType<O extends LoadOp> = O extends `${infer T extends ValType}.${string}` ? T : never;

/** A call of a function whose only result is a `type`. */
export function call<T extends ValType>(type: T, func: FuncRef, args: readonly Expr[]): Node<T> {
  if (func.type.results.join() !== type) throw new TypeError(`${func.name} does not give one ${type}`);
  return { type, instr: { op: 'call', func }, args: checkArgs(func.type, args, func.name) };
}

/** `a` when the condition is not zero, else `b`; all three are evaluated. */
export function select<T extends ValType>(condition: I32, a: Expr<T>, b: Expr<T>): Expr<T> {
  const known = constant(condition);
  if (known !== undefined) return known !== 0 ? a : b;
  return { type: a.type, instr: { op: 'select' }, args: [a, b, condition] };
}

export function checkArgs(type: FuncType, args: readonly Expr[], name: string): readonly Expr[] {
  const given = args.map((arg) => arg.type).join();
  if (given !== type.params.join()) throw new TypeError(`${name} takes (${type.params.join()}), not (${given})`);
  return args;
}
