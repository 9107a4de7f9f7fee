/**
 * Soft float: the procedure for each operation of the vocabulary's `fp`. See soft-format.ts for how they work.
 * Params are (rm, a, b, c), as many as the operation has; S values stand in the low 32 bits with zeros above.
 */

import type { FpFormat, FpOp, Proc } from '../../isa/vocabulary.ts';
import { addProc, subProc } from './soft-add.ts';
import { classifyProc, eqProc, extremeProc, orderProc } from './soft-compare.ts';
import { fromIntProc, toIntProc, toOtherProc } from './soft-convert.ts';
import { fmaProc } from './soft-fma.ts';
import { D, S, type SoftFormat } from './soft-format.ts';
import { divProc, mulProc, sqrtProc } from './soft-mul.ts';

const i32 = { bits: 32, signed: true } as const;
const u32 = { bits: 32, signed: false } as const;
const i64 = { bits: 64, signed: true } as const;
const u64 = { bits: 64, signed: false } as const;

function procs(fmt: SoftFormat): Readonly<Record<FpOp, Proc>> {
  const add = addProc(fmt);
  return {
    add,
    sub: subProc(fmt, add),
    mul: mulProc(fmt),
    div: divProc(fmt),
    sqrt: sqrtProc(fmt),
    fma: fmaProc(fmt),
    min: extremeProc(fmt, 'min'),
    max: extremeProc(fmt, 'max'),
    eq: eqProc(fmt),
    lt: orderProc(fmt, 'lt'),
    le: orderProc(fmt, 'le'),
    classify: classifyProc(fmt),
    toI32: toIntProc(fmt, 'toI32', i32),
    toU32: toIntProc(fmt, 'toU32', u32),
    toI64: toIntProc(fmt, 'toI64', i64),
    toU64: toIntProc(fmt, 'toU64', u64),
    fromI32: fromIntProc(fmt, 'fromI32', i32),
    fromU32: fromIntProc(fmt, 'fromU32', u32),
    fromI64: fromIntProc(fmt, 'fromI64', i64),
    fromU64: fromIntProc(fmt, 'fromU64', u64),
    toOther: toOtherProc(fmt),
  };
}
const table: Readonly<Record<FpFormat, Readonly<Record<FpOp, Proc>>>> = { S: procs(S), D: procs(D) };

export const softFloat = (op: FpOp, format: FpFormat): Proc => table[format][op];
