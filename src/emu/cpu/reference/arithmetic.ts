/**
 * The vocabulary's arithmetic on BigInts. "Slow, obviously right": the oracle of the other engines.
 * Invariant: every value given is an unsigned 64-bit number, 0 to 2^64 - 1; every value taken is one.
 * RISC-V unprivileged manual, RV64I, M and B.
 */

import type { Cell, Semantics } from '../../isa/vocabulary.ts';

/** The binding's sorts: a value is an unsigned 64-bit BigInt, a register operand its number. */
export interface Big {
  readonly value: bigint;
  readonly cond: boolean;
  readonly reg: number;
}

type Pure =
  | 'lit'
  | 'add'
  | 'sub'
  | 'mul'
  | 'mulh'
  | 'mulhsu'
  | 'mulhu'
  | 'div'
  | 'divu'
  | 'rem'
  | 'remu'
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
  | 'select'
  | 'let'
  | 'letCond'
  | 'cell'
  | 'if'
  | 'match'
  | 'while';

export const unsigned = (v: bigint): bigint => BigInt.asUintN(64, v);
export const signed = (v: bigint): bigint => BigInt.asIntN(64, v);
const ONES = 0xffff_ffff_ffff_ffffn;

/** Number of bits that `v` takes: 0 for 0. */
const bitLength = (v: bigint): number => (v === 0n ? 0 : v.toString(2).length);

/** What needs no machine: arithmetic, conditions and control. */
export class Arithmetic implements Pick<Semantics<Big>, Pure> {
  lit(n: bigint | number): bigint {
    return unsigned(BigInt(n));
  }

  add(a: bigint, b: bigint): bigint {
    return unsigned(a + b);
  }
  sub(a: bigint, b: bigint): bigint {
    return unsigned(a - b);
  }
  mul(a: bigint, b: bigint): bigint {
    return unsigned(a * b);
  }
  mulh(a: bigint, b: bigint): bigint {
    return unsigned((signed(a) * signed(b)) >> 64n);
  }
  mulhsu(a: bigint, b: bigint): bigint {
    return unsigned((signed(a) * b) >> 64n);
  }
  mulhu(a: bigint, b: bigint): bigint {
    return (a * b) >> 64n;
  }
  /** Overflow wraps by itself: -2^63 / -1 is 2^63, whose 64-bit pattern is that of -2^63. */
  div(a: bigint, b: bigint): bigint {
    return b === 0n ? ONES : unsigned(signed(a) / signed(b));
  }
  divu(a: bigint, b: bigint): bigint {
    return b === 0n ? ONES : a / b;
  }
  rem(a: bigint, b: bigint): bigint {
    return b === 0n ? a : unsigned(signed(a) % signed(b));
  }
  remu(a: bigint, b: bigint): bigint {
    return b === 0n ? a : a % b;
  }
  and(a: bigint, b: bigint): bigint {
    return a & b;
  }
  or(a: bigint, b: bigint): bigint {
    return a | b;
  }
  xor(a: bigint, b: bigint): bigint {
    return a ^ b;
  }
  inv(a: bigint): bigint {
    return a ^ ONES;
  }
  sll(a: bigint, n: bigint): bigint {
    return unsigned(a << (n & 63n));
  }
  srl(a: bigint, n: bigint): bigint {
    return a >> (n & 63n);
  }
  sra(a: bigint, n: bigint): bigint {
    return unsigned(signed(a) >> (n & 63n));
  }
  rotl(a: bigint, n: bigint): bigint {
    return unsigned((a << (n & 63n)) | (a >> (64n - (n & 63n))));
  }
  rotr(a: bigint, n: bigint): bigint {
    return this.rotl(a, 64n - (n & 63n));
  }
  sext(bits: 8 | 16 | 32, a: bigint): bigint {
    return unsigned(BigInt.asIntN(bits, a));
  }
  zext(bits: 8 | 16 | 32, a: bigint): bigint {
    return BigInt.asUintN(bits, a);
  }
  clz(a: bigint): bigint {
    return BigInt(64 - bitLength(a));
  }
  ctz(a: bigint): bigint {
    return a === 0n ? 64n : BigInt(bitLength(a & -a) - 1);
  }
  cpop(a: bigint): bigint {
    return BigInt(a.toString(2).replaceAll('0', '').length);
  }

  eq(a: bigint, b: bigint): boolean {
    return a === b;
  }
  ne(a: bigint, b: bigint): boolean {
    return a !== b;
  }
  lt(a: bigint, b: bigint): boolean {
    return signed(a) < signed(b);
  }
  ltu(a: bigint, b: bigint): boolean {
    return a < b;
  }
  ge(a: bigint, b: bigint): boolean {
    return signed(a) >= signed(b);
  }
  geu(a: bigint, b: bigint): boolean {
    return a >= b;
  }
  both(a: boolean, b: boolean): boolean {
    return a && b;
  }
  either(a: boolean, b: boolean): boolean {
    return a || b;
  }
  not(a: boolean): boolean {
    return !a;
  }
  bool(c: boolean): bigint {
    return c ? 1n : 0n;
  }
  select(c: boolean, a: bigint, b: bigint): bigint {
    return c ? a : b;
  }

  let(v: bigint): bigint {
    return v;
  }
  letCond(c: boolean): boolean {
    return c;
  }
  cell(init: bigint): Cell<Big> {
    let value = init;
    return {
      get: () => value,
      set: (v) => {
        value = v;
      },
    };
  }
  if(c: boolean, then: () => void, otherwise?: () => void): void {
    if (c) then();
    else otherwise?.();
  }
  match(v: bigint, cases: readonly (readonly [readonly bigint[], () => void])[], otherwise: () => void): void {
    const found = cases.find(([keys]) => keys.includes(v));
    (found?.[1] ?? otherwise)();
  }
  while(c: () => boolean, body: () => void): void {
    while (c()) body();
  }
}
