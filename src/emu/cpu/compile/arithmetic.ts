/** Arithmetic, comparison and selection: each word of the vocabulary is one expression, with no effect. */

import type { Semantics } from '../../isa/vocabulary.ts';
import { type I64, i64Const, select } from '../../wasm/expr.ts';
import { i32, i64 } from '../../wasm/numeric.ts';
import type { WasmBinding } from './binding.ts';

type Words =
  | 'lit'
  | 'add'
  | 'sub'
  | 'mul'
  | 'and'
  | 'or'
  | 'xor'
  | 'inv'
  | 'sll'
  | 'srl'
  | 'sra'
  | 'rotl'
  | 'rotr'
  | 'sext'
  | 'zext'
  | 'clz'
  | 'ctz'
  | 'cpop'
  | 'eq'
  | 'ne'
  | 'lt'
  | 'ltu'
  | 'ge'
  | 'geu'
  | 'both'
  | 'either'
  | 'not'
  | 'bool'
  | 'select';

const signExtend = { 8: i64.extend8_s, 16: i64.extend16_s, 32: i64.extend32_s } as const;
/** The low `bits` of a value, the rest zero. */
export const zeroExtend = (bits: number, a: I64): I64 =>
  bits === 64 ? a : i64.and(a, i64Const(2n ** BigInt(bits) - 1n));

export const arithmetic: Pick<Semantics<WasmBinding>, Words> = {
  lit: i64Const,
  add: i64.add,
  sub: i64.sub,
  mul: i64.mul,
  and: i64.and,
  or: i64.or,
  xor: i64.xor,
  inv: (a) => i64.xor(a, i64Const(-1)),
  sll: i64.shl,
  srl: i64.shr_u,
  sra: i64.shr_s,
  rotl: i64.rotl,
  rotr: i64.rotr,
  sext: (bits, a) => signExtend[bits](a),
  zext: zeroExtend,
  clz: i64.clz,
  ctz: i64.ctz,
  cpop: i64.popcnt,
  eq: i64.eq,
  ne: i64.ne,
  lt: i64.lt_s,
  ltu: i64.lt_u,
  ge: i64.ge_s,
  geu: i64.ge_u,
  both: i32.and,
  either: i32.or,
  not: i32.eqz,
  bool: i64.extend_i32_u,
  select,
};
