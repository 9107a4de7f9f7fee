/**
 * Words that are numbers of 32 bits, sign-extended: computed on 32 bits, and extended when they are done. The host has
 * instructions for that, and its compiler finds rotations in it.
 */

import { constant, type Expr, i32Const, Once } from './expr.ts';
import type { NumericOp } from './opcodes.ts';

type Renaming = Partial<Record<NumericOp, NumericOp>>;
/** Of sign-extended words: the same of their low halves, extended likewise. */
const bitwise: Renaming = { 'i64.and': 'i32.and', 'i64.or': 'i32.or', 'i64.xor': 'i32.xor' };
/** The same of the low halves, the orders of both kinds being kept by extension. */
const tests: Renaming = {
  'i64.eq': 'i32.eq',
  'i64.ne': 'i32.ne',
  'i64.lt_s': 'i32.lt_s',
  'i64.lt_u': 'i32.lt_u',
  'i64.ge_s': 'i32.ge_s',
  'i64.ge_u': 'i32.ge_u',
};
/** Operations whose low half depends on the operands' low halves alone. */
const modular: Renaming = { ...bitwise, 'i64.add': 'i32.add', 'i64.sub': 'i32.sub', 'i64.mul': 'i32.mul' };

const node = (op: NumericOp, ...args: Expr[]): Expr => ({ type: op.slice(0, 3) as 'i32' | 'i64', instr: { op }, args });
const extended = (low: Expr): Expr => node('i64.extend_i32_s', low);
/** The operand of an expression of this operation. */
const operandOf = (op: NumericOp, e: Expr): Expr | undefined =>
  !(e instanceof Once) && e.instr.op === op ? e.args[0] : undefined;
/** What is cut off to this mask, by `and`. */
function masked(e: Expr, mask: bigint): Expr | undefined {
  if (e instanceof Once || e.instr.op !== 'i64.and') return undefined;
  return constant(e.args[1] as Expr<'i64'>) === mask ? e.args[0] : undefined;
}

function wrapped(e: Expr): Expr {
  const known = constant(e as Expr<'i64'>);
  if (known !== undefined) return i32Const(Number(BigInt.asIntN(32, known)));
  return operandOf('i64.extend_i32_s', e) ?? operandOf('i64.extend_i32_u', e) ?? node('i32.wrap_i64', e);
}

/** A binary operation of words that are sign-extended from 32 bits; undefined where it is not one that gains. */
export function foldNarrow(op: NumericOp, a: Expr, b: Expr): Expr | undefined {
  if (op === 'i64.shr_s') {
    const low = operandOf('i64.extend_i32_s', a);
    const by = masked(b, 31n);
    return low && by && extended(node('i32.shr_s', low, wrapped(by)));
  }
  const [x, y] = [operandOf('i64.extend_i32_s', a), operandOf('i64.extend_i32_s', b)];
  if (x === undefined || y === undefined) return undefined;
  const [word, test] = [bitwise[op], tests[op]];
  if (word !== undefined) return extended(node(word, x, y));
  return test && node(test, x, y);
}

/** The sign-extended low half of an expression. */
export function foldExtension(e: Expr): Expr {
  return extended(lowHalf(e));
}

function lowHalf(e: Expr): Expr {
  if (e instanceof Once) return wrapped(e);
  const [a, b] = e.args;
  const op = e.instr.op as NumericOp;
  const low = modular[op];
  if (low !== undefined) return node(low, lowHalf(a as Expr), lowHalf(b as Expr));
  const by = b && masked(b, 31n);
  if (a === undefined || by === undefined) return wrapped(e);
  // Shifts of 32 bits look at five bits of how far.
  if (op === 'i64.shl') return node('i32.shl', lowHalf(a), wrapped(by));
  const unsigned = op === 'i64.shr_u' ? masked(a, 0xffff_ffffn) : undefined;
  return unsigned ? node('i32.shr_u', lowHalf(unsigned), wrapped(by)) : wrapped(e);
}
