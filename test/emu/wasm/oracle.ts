/**
 * What each numeric WebAssembly instruction computes, said again in JavaScript, from the name alone. i32 values are
 * signed numbers, i64 signed bigints, as they cross the boundary. `trap` where the instruction traps.
 */

import type { NumericOp, ValType } from '../../../src/emu/wasm/opcodes.ts';

export type WasmValue = number | bigint;
export const trap = 'trap';
type Outcome = WasmValue | typeof trap;

const bitsOf = (type: ValType): 32 | 64 => (type === 'i32' || type === 'f32' ? 32 : 64);
const fromBits = (bits: number, v: bigint): WasmValue =>
  bits === 32 ? Number(BigInt.asIntN(32, v)) : BigInt.asIntN(64, v);

export function oracle(op: NumericOp, args: readonly WasmValue[]): Outcome {
  const type = op.slice(0, 3) as ValType;
  const name = op.slice(4);
  const source = /_(i32|i64|f32|f64)(?:_|$)/.exec(name)?.[1] as ValType | undefined;
  if (source !== undefined) return convert(type, name, source, args[0] as WasmValue);
  return type === 'i32' || type === 'i64' ? integer(bitsOf(type), name, args) : float(type, name, args as number[]);
}

function integer(bits: 32 | 64, name: string, args: readonly WasmValue[]): Outcome {
  const [a, b] = args.map((v) => BigInt.asIntN(bits, BigInt(v))) as [bigint, bigint];
  const [ua, ub] = [BigInt.asUintN(bits, a), args.length > 1 ? BigInt.asUintN(bits, b) : 0n];
  const n = ub % BigInt(bits);
  const rotate = (by: bigint): bigint => (ua << by) | (ua >> (BigInt(bits) - by));
  const binary = ua.toString(2).padStart(bits, '0');
  const minimum = -(1n << BigInt(bits - 1));
  const words: Record<string, () => bigint | boolean | typeof trap> = {
    add: () => a + b,
    sub: () => a - b,
    mul: () => a * b,
    div_s: () => (b === 0n || (a === minimum && b === -1n) ? trap : a / b),
    div_u: () => (ub === 0n ? trap : ua / ub),
    rem_s: () => (b === 0n ? trap : a % b),
    rem_u: () => (ub === 0n ? trap : ua % ub),
    and: () => a & b,
    or: () => a | b,
    xor: () => a ^ b,
    shl: () => a << n,
    shr_s: () => a >> n,
    shr_u: () => ua >> n,
    rotl: () => rotate(n),
    rotr: () => rotate(BigInt(bits) - n),
    clz: () => BigInt(binary.indexOf('1') < 0 ? bits : binary.indexOf('1')),
    ctz: () => BigInt(binary.lastIndexOf('1') < 0 ? bits : bits - 1 - binary.lastIndexOf('1')),
    popcnt: () => BigInt(binary.replaceAll('0', '').length),
    extend8_s: () => BigInt.asIntN(8, a),
    extend16_s: () => BigInt.asIntN(16, a),
    extend32_s: () => BigInt.asIntN(32, a),
    eqz: () => a === 0n,
    eq: () => a === b,
    ne: () => a !== b,
    lt_s: () => a < b,
    lt_u: () => ua < ub,
    gt_s: () => a > b,
    gt_u: () => ua > ub,
    le_s: () => a <= b,
    le_u: () => ua <= ub,
    ge_s: () => a >= b,
    ge_u: () => ua >= ub,
  };
  const result = (words[name] as () => bigint | boolean | typeof trap)();
  if (typeof result === 'boolean') return Number(result);
  return result === trap ? trap : fromBits(bits, result);
}

function float(type: ValType, name: string, [a = 0, b = 0]: readonly number[]): Outcome {
  const round = (v: number): number => (type === 'f32' ? Math.fround(v) : v);
  const negative = (v: number): boolean => v < 0 || Object.is(v, -0);
  const even = (v: number): number => {
    const down = Math.floor(v);
    const tie = v - down === 0.5;
    const near = tie ? (down % 2 === 0 ? down : down + 1) : Math.abs(v) < 2 ** 52 ? Math.floor(v + 0.5) : v;
    return near === 0 && negative(v) ? -0 : near;
  };
  const words: Record<string, () => number | boolean> = {
    abs: () => Math.abs(a),
    neg: () => -a,
    ceil: () => Math.ceil(a),
    floor: () => Math.floor(a),
    trunc: () => Math.trunc(a),
    nearest: () => even(a),
    sqrt: () => round(Math.sqrt(a)),
    add: () => round(a + b),
    sub: () => round(a - b),
    mul: () => round(a * b),
    div: () => round(a / b),
    min: () => Math.min(a, b),
    max: () => Math.max(a, b),
    copysign: () => (negative(b) === negative(a) ? a : -a),
    eq: () => a === b,
    ne: () => a !== b,
    lt: () => a < b,
    gt: () => a > b,
    le: () => a <= b,
    ge: () => a >= b,
  };
  return Number((words[name] as () => number | boolean)());
}

function convert(type: ValType, name: string, source: ValType, v: WasmValue): Outcome {
  const view = new DataView(new ArrayBuffer(8));
  const bits = bitsOf(type);
  const signed = name.endsWith('_s');
  if (name.startsWith('reinterpret')) {
    write(view, source, v);
    return read(view, type);
  }
  if (name.startsWith('wrap') || name.startsWith('extend')) {
    const wide = BigInt(v);
    return fromBits(bits, signed || name.startsWith('wrap') ? wide : BigInt.asUintN(32, wide));
  }
  if (name.startsWith('trunc')) return truncate(bits, signed, name.includes('sat'), v as number);
  if (name.startsWith('convert'))
    return convertInteger(type, signed ? BigInt(v) : BigInt.asUintN(bitsOf(source), BigInt(v)));
  return type === 'f32' ? Math.fround(v as number) : (v as number);
}

function truncate(bits: 32 | 64, signed: boolean, saturates: boolean, v: number): Outcome {
  const [low, high] = signed ? [-(2n ** BigInt(bits - 1)), 2n ** BigInt(bits - 1) - 1n] : [0n, 2n ** BigInt(bits) - 1n];
  if (Number.isNaN(v)) return saturates ? fromBits(bits, 0n) : trap;
  const whole = Number.isFinite(v) ? BigInt(Math.trunc(v)) : v > 0 ? high + 1n : low - 1n;
  if (whole >= low && whole <= high) return fromBits(bits, whole);
  return saturates ? fromBits(bits, whole < low ? low : high) : trap;
}

/** To f32 in one rounding: half-way cases that `Number` would round first are decided on the integer. */
function convertInteger(type: ValType, v: bigint): number {
  if (type === 'f64') return Number(v);
  const magnitude = v < 0n ? -v : v;
  const drop = BigInt(Math.max(0, magnitude.toString(2).length - 24));
  const kept = magnitude >> drop;
  const rest = magnitude - (kept << drop);
  const half = drop > 0n ? 1n << (drop - 1n) : 1n;
  const up = drop > 0n && (rest > half || (rest === half && (kept & 1n) === 1n)) ? 1n : 0n;
  return Number((v < 0n ? -1n : 1n) * ((kept + up) << drop));
}

function write(view: DataView, type: ValType, v: WasmValue): void {
  if (type === 'i32') view.setInt32(0, v as number);
  else if (type === 'i64') view.setBigInt64(0, v as bigint);
  else if (type === 'f32') view.setFloat32(0, v as number);
  else view.setFloat64(0, v as number);
}
function read(view: DataView, type: ValType): WasmValue {
  if (type === 'i32') return view.getInt32(0);
  if (type === 'i64') return view.getBigInt64(0);
  return type === 'f32' ? view.getFloat32(0) : view.getFloat64(0);
}
