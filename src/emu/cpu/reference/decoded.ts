/** Instructions as the reference binding takes them: the row of the table, and operands as BigInts. */

import type { Insn } from '../../isa/insn.ts';
import { decode, expandCompressed, isWide, operandsOf } from '../../isa/table.ts';
import type { Operands } from '../../isa/vocabulary.ts';
import type { Big } from './arithmetic.ts';

/** `row` undefined: the bits are no instruction. */
export interface Decoded {
  readonly row: Insn | undefined;
  readonly operands: Operands<Big>;
}
/** What the bits mean: a function of the bits alone, so never out of date. */
const decoded = new Map<number, Decoded>();
const DECODED_MAX = 0x1_0000;

/** `bits`: 16 when compressed. */
export function decodeBits(bits: number): Decoded {
  const known = decoded.get(bits);
  if (known !== undefined) return known;
  const word = isWide(bits) ? bits : expandCompressed(bits);
  const row = decode(word);
  const made = { row, operands: bigOperands(row, word) };
  if (decoded.size >= DECODED_MAX) decoded.clear();
  decoded.set(bits, made);
  return made;
}

/** Operands that the format lacks are absent: a body that asks for one fails in the table's test. */
function bigOperands(row: Insn | undefined, word: number): Operands<Big> {
  if (row === undefined) return {} as Operands<Big>;
  const entries = Object.entries(operandsOf(row, word)).map(([name, v]) => {
    const isRegister = row.format[name as keyof Operands<Big>]?.kind !== 'value';
    return [name, isRegister ? v : BigInt.asUintN(64, BigInt(v))];
  });
  return Object.fromEntries(entries) as Operands<Big>;
}
