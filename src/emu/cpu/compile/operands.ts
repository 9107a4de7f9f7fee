/** Operands of an instruction that is known only at run time, by its format. */

import type { Field, Format, OperandName, Slice } from '../../isa/format.ts';
import type { Operands } from '../../isa/vocabulary.ts';
import { type I32, type I64, i32Const } from '../../wasm/expr.ts';
import { i32, i64 } from '../../wasm/numeric.ts';
import type { Reg, WasmBinding } from './binding.ts';

/**
 * Operands as expressions on `word`, which costs nothing to read (a local): one property for each operand of the
 * format; asking for another is a mistake of the row.
 */
export function dynamicOperands(format: Format, word: I32): Operands<WasmBinding> {
  const known: Partial<Record<OperandName, I64 | Reg>> = {};
  for (const [name, field] of Object.entries(format) as [OperandName, Field][])
    known[name] = field.kind === 'value' ? dynamicValue(field, word) : { offset: registerOffset(field, word) };
  return new Proxy(known, {
    get: (target, name) => {
      const value = target[name as OperandName];
      if (value === undefined) throw new Error(`the format has no operand ${String(name)}`);
      return value;
    },
  }) as Operands<WasmBinding>;
}

/** 8 times the register number. */
function registerOffset(field: Field, word: I32): I32 {
  const [slice] = field.slices;
  if (slice === undefined || field.slices.length !== 1) throw new Error('a register operand is one slice');
  return i32.and(i32.shr_u(word, i32Const(slice.lo - 3)), i32Const(31 << 3));
}

function dynamicValue(field: Field, word: I32): I64 {
  const value = field.slices.map((slice) => placed(slice, field.signed, word)).reduce((a, b) => i32.or(a, b));
  return field.signed ? i64.extend_i32_s(value) : i64.extend_i32_u(value);
}

/**
 * The bits of a slice at their place in the operand; copies of bit 31 above it when it ends there in a signed operand.
 */
function placed({ hi, lo, to }: Slice, signed: boolean, word: I32): I32 {
  if (signed && hi === 31) {
    const shifted = lo >= to ? i32.shr_s(word, i32Const(lo - to)) : i32.shl(word, i32Const(to - lo));
    return to === 0 ? shifted : i32.and(shifted, i32Const(-1 << to));
  }
  const shifted = lo >= to ? i32.shr_u(word, i32Const(lo - to)) : i32.shl(word, i32Const(to - lo));
  return hi === 31 && to === 0 ? shifted : i32.and(shifted, i32Const((2 ** (hi - lo + 1) - 1) << to));
}
