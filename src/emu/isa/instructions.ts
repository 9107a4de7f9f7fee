/**
 * All 32-bit instructions: finding the row of a word, making the word of a row.
 * Compressed ones are in rv-c.ts; users take table.ts.
 */

import { extract, insert, type OperandName } from './format.ts';
import type { Insn } from './insn.ts';
import { rvA } from './rv-a.ts';
import { rvCbo } from './rv-cbo.ts';
import { rvCsr } from './rv-csr.ts';
import { rvD } from './rv-d.ts';
import { rvF } from './rv-f.ts';
import { rvI } from './rv-i.ts';
import { rvM } from './rv-m.ts';
import { rvPriv } from './rv-priv.ts';
import { rvZba, rvZbb, rvZbs } from './rv-zb.ts';

export const instructions: readonly Insn[] = [
  ...rvI,
  ...rvM,
  ...rvA,
  ...rvF,
  ...rvD,
  ...rvCsr,
  ...rvZba,
  ...rvZbb,
  ...rvZbs,
  ...rvCbo,
  ...rvPriv,
];

const OPCODE = 0x7f;
const byOpcode: readonly (readonly Insn[])[] = Array.from({ length: OPCODE + 1 }, (_, opcode) =>
  instructions.filter(({ match }) => (match & OPCODE) === opcode),
);
const byName = new Map(instructions.map((row) => [row.name, row]));

/** The row of an instruction word (unsigned 32 bits); undefined for an illegal one. */
export function decode(word: number): Insn | undefined {
  return byOpcode[word & OPCODE]?.find(({ mask, match }) => (word & mask) >>> 0 === match);
}

/** The row of this name; an unknown name is a programming error. */
export function instruction(name: string): Insn {
  const row = byName.get(name);
  if (row === undefined) throw new Error(`no instruction ${name}`);
  return row;
}

export type OperandValues = Readonly<Partial<Record<OperandName, number>>>;

/** The instruction word. Operands left out are 0; one that it does not have, or that does not fit, is refused. */
export function encode(name: string, operands: OperandValues = {}): number {
  const { match, format } = instruction(name);
  let word = match;
  for (const [key, value] of Object.entries(operands)) {
    const field = format[key as OperandName];
    if (field === undefined) throw new RangeError(`${name} has no operand ${key}`);
    word |= insert(field, value);
  }
  return word >>> 0;
}

/** The operands of a word whose row is known, as signed JavaScript integers; registers by number. */
export function operandsOf({ format }: Insn, word: number): OperandValues {
  return Object.fromEntries(Object.entries(format).map(([name, field]) => [name, extract(field, word)]));
}
