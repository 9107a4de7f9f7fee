/**
 * Light folding of numeric expressions: constants, neutral elements, and the round trips between conditions (i32) and
 * words (i64), floats and their bits. It only ever gives an expression of the same value; what it does not know stays
 * as it is. Nothing that can trap folds.
 */

import { constant, type Expr, i32Const, i64Const, type Node, Once } from './expr.ts';
import { foldExtension, foldNarrow } from './fold-narrow.ts';
import type { NumericOp } from './opcodes.ts';

const shift = (n: bigint): bigint => n & 63n;
const unsigned = (n: bigint): bigint => BigInt.asUintN(64, n);

const wordOps: Partial<Record<NumericOp, (a: bigint, b: bigint) => bigint>> = {
  'i64.add': (a, b) => a + b,
  'i64.sub': (a, b) => a - b,
  'i64.mul': (a, b) => a * b,
  'i64.and': (a, b) => a & b,
  'i64.or': (a, b) => a | b,
  'i64.xor': (a, b) => a ^ b,
  'i64.shl': (a, b) => a << shift(b),
  'i64.shr_s': (a, b) => a >> shift(b),
  'i64.shr_u': (a, b) => unsigned(a) >> shift(b),
};
const wordTests: Partial<Record<NumericOp, (a: bigint, b: bigint) => boolean>> = {
  'i64.eq': (a, b) => a === b,
  'i64.ne': (a, b) => a !== b,
  'i64.lt_s': (a, b) => a < b,
  'i64.lt_u': (a, b) => unsigned(a) < unsigned(b),
  'i64.ge_s': (a, b) => a >= b,
  'i64.ge_u': (a, b) => unsigned(a) >= unsigned(b),
};
const intOps: Partial<Record<NumericOp, (a: number, b: number) => number>> = {
  'i32.add': (a, b) => a + b,
  'i32.sub': (a, b) => a - b,
  'i32.and': (a, b) => a & b,
  'i32.or': (a, b) => a | b,
  'i32.xor': (a, b) => a ^ b,
  'i32.shl': (a, b) => a << b,
  'i32.shr_u': (a, b) => a >>> b,
  'i32.shr_s': (a, b) => a >> b,
};
/** `a op 0` is `a`. */
const neutralZero = new Set<NumericOp>([
  'i64.add',
  'i64.sub',
  'i64.or',
  'i64.xor',
  'i64.shl',
  'i64.shr_s',
  'i64.shr_u',
  'i32.add',
  'i32.sub',
  'i32.or',
  'i32.xor',
  'i32.shl',
  'i32.shr_s',
  'i32.shr_u',
]);
/** So is `0 op a`. */
const eitherWay = new Set<NumericOp>(['i64.add', 'i64.or', 'i64.xor', 'i32.add', 'i32.or', 'i32.xor']);
const wordOperand = new Set<NumericOp>([
  'i32.wrap_i64',
  'i64.eqz',
  'i64.extend8_s',
  'i64.extend16_s',
  'i64.extend32_s',
]);
const conversions: Partial<Record<NumericOp, (a: bigint) => Expr>> = {
  'i32.wrap_i64': (a) => i32Const(Number(BigInt.asIntN(32, a))),
  'i64.eqz': (a) => i32Const(a === 0n ? 1 : 0),
  'i64.extend8_s': (a) => i64Const(BigInt.asIntN(8, a)),
  'i64.extend16_s': (a) => i64Const(BigInt.asIntN(16, a)),
  'i64.extend32_s': (a) => i64Const(BigInt.asIntN(32, a)),
};

/** What takes a value back from where the key has brought it, bit for bit. */
const inverse: Partial<Record<NumericOp, NumericOp>> = {
  'i32.reinterpret_f32': 'f32.reinterpret_i32',
  'f32.reinterpret_i32': 'i32.reinterpret_f32',
  'i64.reinterpret_f64': 'f64.reinterpret_i64',
  'f64.reinterpret_i64': 'i64.reinterpret_f64',
};

/** The operand of an `i64.extend_i32_u` node. */
function widened(e: Expr): Expr<'i32'> | undefined {
  return !(e instanceof Once) && e.instr.op === 'i64.extend_i32_u' ? (e.args[0] as Expr<'i32'>) : undefined;
}
const compareResult = /^(?:i32|i64|f32|f64)\.(?:eqz|eq|ne|[lg][te](?:_[su])?)$/;
/** Whether the value is 0 or 1 for sure. */
export const isBoolean = (e: Expr): boolean => !(e instanceof Once) && compareResult.test(e.instr.op);

const isExtended = (e: Expr): e is Node => !(e instanceof Once) && e.instr.op === 'i64.extend_i32_s';
/** Whether a 64-bit value is for sure its low half, sign-extended. */
export function isSignExtended(e: Expr): boolean {
  const known = constant(e as Expr<'i64'>);
  if (known !== undefined) return BigInt.asIntN(32, known) === known;
  const inner = widened(e);
  return isExtended(e) || (inner !== undefined && isBoolean(inner));
}

/** A simpler expression for `op` on `args`, or undefined. */
export function fold(op: NumericOp, args: readonly Expr[]): Expr | undefined {
  const [a, b] = args;
  if (a === undefined) return undefined;
  if (b === undefined) return foldUnary(op, a);
  const narrow = foldNarrow(op, a, b);
  if (narrow !== undefined) return narrow;
  const kb = constant(b as Expr<'i64'>) as bigint | number | undefined;
  const ka = constant(a as Expr<'i64'>) as bigint | number | undefined;
  if (kb === undefined) return (ka === 0n || ka === 0) && eitherWay.has(op) ? b : undefined;
  if (typeof ka === 'bigint' && typeof kb === 'bigint') return foldWords(op, ka, kb);
  if (typeof ka === 'number' && typeof kb === 'number') {
    const result = intOps[op]?.(ka, kb);
    return result === undefined ? undefined : i32Const(result);
  }
  if (typeof kb === 'bigint' ? kb === 0n : kb === 0) return foldZero(op, a);
  return undefined;
}

function foldWords(op: NumericOp, a: bigint, b: bigint): Expr | undefined {
  const word = wordOps[op];
  if (word !== undefined) return i64Const(word(a, b));
  const test = wordTests[op];
  return test === undefined ? undefined : i32Const(test(a, b) ? 1 : 0);
}

function foldZero(op: NumericOp, a: Expr): Expr | undefined {
  if (neutralZero.has(op)) return a;
  const inner = widened(a);
  if (op === 'i64.ne' && inner !== undefined && isBoolean(inner)) return inner;
  if (op === 'i64.ne') return undefined;
  if (op !== 'i64.eq') return undefined;
  return inner === undefined
    ? { type: 'i32', instr: { op: 'i64.eqz' }, args: [a] }
    : { type: 'i32', instr: { op: 'i32.eqz' }, args: [inner] };
}

/** A double made bits, its sign flipped, and made a double again: NaN or not, f64.neg flips that bit and no other. */
function foldNegated(bits: Expr): Expr | undefined {
  if (bits instanceof Once || bits.instr.op !== 'i64.xor') return undefined;
  const [a, sign] = bits.args as [Expr<'i64'>, Expr<'i64'>];
  if (constant(sign) !== -(1n << 63n) || a instanceof Once || a.instr.op !== 'i64.reinterpret_f64') return undefined;
  return { type: 'f64', instr: { op: 'f64.neg' }, args: a.args };
}

function foldUnary(op: NumericOp, a: Expr): Expr | undefined {
  if (!(a instanceof Once) && a.instr.op === inverse[op]) return a.args[0];
  if (op === 'f64.reinterpret_i64') return foldNegated(a);
  const inner = widened(a);
  if (inner !== undefined && op === 'i32.wrap_i64') return inner;
  if (inner !== undefined && op === 'i64.eqz') return { type: 'i32', instr: { op: 'i32.eqz' }, args: [inner] };
  if (inner === undefined && op === 'i32.wrap_i64' && isExtended(a)) return a.args[0];
  const known = constant(a as Expr<'i64'>) as bigint | number | undefined;
  if (op === 'i64.extend32_s' && known === undefined) return foldExtension(a);
  if (known === undefined) return undefined;
  if (typeof known === 'bigint') return wordOperand.has(op) ? conversions[op]?.(known) : undefined;
  if (op === 'i32.eqz') return i32Const(known === 0 ? 1 : 0);
  if (op === 'i64.extend_i32_u') return i64Const(known >>> 0);
  return op === 'i64.extend_i32_s' ? i64Const(known) : undefined;
}
