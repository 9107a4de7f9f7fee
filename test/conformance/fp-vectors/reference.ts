/**
 * A vector case answered by the exact reference: NaN boxing, moves, sign injection and memory around
 * src/emu/cpu/fp/exact*. Keyed by instruction name; shares nothing with the instruction table, so that it can judge it.
 */

import {
  canonicalNaN,
  F32,
  F64,
  type Format,
  type FpResult,
  type RoundingMode,
} from '../../../src/emu/cpu/fp/exact.ts';
import { classify, eq, le, lt, max, min } from '../../../src/emu/cpu/fp/exact-compare.ts';
import { convert, fromInt, toInt } from '../../../src/emu/cpu/fp/exact-convert.ts';
import { add, div, fma, mul, sqrt, sub } from '../../../src/emu/cpu/fp/exact-ops.ts';

type Op = (a: bigint, b: bigint, c: bigint, rm: RoundingMode) => FpResult;

const BOX = 0xffffffff00000000n;
const low32 = (x: bigint): bigint => BigInt.asUintN(32, x);
const signExtend32 = (x: bigint): bigint => BigInt.asUintN(64, BigInt.asIntN(32, x));

const mapBits = (r: FpResult, f: (bits: bigint) => bigint): FpResult => ({ bits: f(r.bits), flags: r.flags });
const exactly = (bits: bigint): FpResult => ({ bits, flags: 0 });

function ofFormat(fmt: Format, f: 's' | 'd'): Readonly<Record<string, Op>> {
  const single = f === 's';
  const signBit = single ? 1n << 31n : 1n << 63n;
  const read = (x: bigint): bigint => (!single ? x : (x & BOX) === BOX ? low32(x) : canonicalNaN(F32));
  const box = (bits: bigint): bigint => (single ? bits | BOX : bits);
  const negate = (bits: bigint): bigint => bits ^ signBit;

  const toF =
    (op: Op): Op =>
    (a, b, c, rm) =>
      mapBits(op(read(a), read(b), read(c), rm), box);
  const toX =
    (op: Op): Op =>
    (a, b, c, rm) =>
      op(read(a), read(b), read(c), rm);
  const inject = (sign: (a: bigint, b: bigint) => bigint): Op =>
    toF((a, b) => exactly((a & ~signBit) | (sign(a, b) & signBit)));
  const toWord = (signed: boolean): Op => toX((a, _b, _c, rm) => mapBits(toInt(fmt, a, rm, 32, signed), signExtend32));
  const toLong = (signed: boolean): Op => toX((a, _b, _c, rm) => toInt(fmt, a, rm, 64, signed));
  const from =
    (value: (x: bigint) => bigint): Op =>
    (x, _b, _c, rm) =>
      mapBits(fromInt(fmt, value(x), rm), box);

  return {
    [`fadd.${f}`]: toF((a, b, _c, rm) => add(fmt, a, b, rm)),
    [`fsub.${f}`]: toF((a, b, _c, rm) => sub(fmt, a, b, rm)),
    [`fmul.${f}`]: toF((a, b, _c, rm) => mul(fmt, a, b, rm)),
    [`fdiv.${f}`]: toF((a, b, _c, rm) => div(fmt, a, b, rm)),
    [`fsqrt.${f}`]: toF((a, _b, _c, rm) => sqrt(fmt, a, rm)),
    [`fmadd.${f}`]: toF((a, b, c, rm) => fma(fmt, a, b, c, rm)),
    [`fmsub.${f}`]: toF((a, b, c, rm) => fma(fmt, a, b, negate(c), rm)),
    [`fnmsub.${f}`]: toF((a, b, c, rm) => fma(fmt, negate(a), b, c, rm)),
    [`fnmadd.${f}`]: toF((a, b, c, rm) => fma(fmt, negate(a), b, negate(c), rm)),
    [`fsgnj.${f}`]: inject((_a, b) => b),
    [`fsgnjn.${f}`]: inject((_a, b) => ~b),
    [`fsgnjx.${f}`]: inject((a, b) => a ^ b),
    [`fmin.${f}`]: toF((a, b) => min(fmt, a, b)),
    [`fmax.${f}`]: toF((a, b) => max(fmt, a, b)),
    [`feq.${f}`]: toX((a, b) => eq(fmt, a, b)),
    [`flt.${f}`]: toX((a, b) => lt(fmt, a, b)),
    [`fle.${f}`]: toX((a, b) => le(fmt, a, b)),
    [`fclass.${f}`]: toX((a) => classify(fmt, a)),
    [`fcvt.w.${f}`]: toWord(true),
    [`fcvt.wu.${f}`]: toWord(false),
    [`fcvt.l.${f}`]: toLong(true),
    [`fcvt.lu.${f}`]: toLong(false),
    [`fcvt.${f}.w`]: from((x) => BigInt.asIntN(32, x)),
    [`fcvt.${f}.wu`]: from((x) => BigInt.asUintN(32, x)),
    [`fcvt.${f}.l`]: from((x) => BigInt.asIntN(64, x)),
    [`fcvt.${f}.lu`]: from((x) => BigInt.asUintN(64, x)),
    [single ? 'fcvt.d.s' : 'fcvt.s.d']: single
      ? toX((a, _b, _c, rm) => convert(F32, F64, a, rm))
      : (a, _b, _c, rm) => mapBits(convert(F64, F32, a, rm), (bits) => bits | BOX),
  };
}

/** The moves that look at raw bits: no box is checked, no flag raised. */
const RAW: Readonly<Record<string, Op>> = {
  'fmv.x.w': (a) => exactly(signExtend32(a)),
  'fmv.w.x': (a) => exactly(low32(a) | BOX),
  'fmv.x.d': exactly,
  'fmv.d.x': exactly,
  flw: (a) => exactly(low32(a) | BOX),
  fsw: (a) => exactly(low32(a)),
  fld: exactly,
  fsd: exactly,
};

export const REFERENCE: ReadonlyMap<string, Op> = new Map(
  Object.entries({ ...ofFormat(F32, 's'), ...ofFormat(F64, 'd'), ...RAW }),
);
