/**
 * Instruction words that cover every row: each operand at its least, its greatest and some values
 * between. The same ones every time.
 */
import { csrTable } from '../../../src/emu/cpu/priv/csr-table.ts';
import { extract, type Field, type OperandName } from '../../../src/emu/isa/format.ts';
import type { Insn } from '../../../src/emu/isa/insn.ts';
import { compressed, encode, expandCompressed, instructions } from '../../../src/emu/isa/table.ts';

/** The same sequence every time: a linear congruential generator, high half. */
export function numbers(start: number): () => number {
  let state = start >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state ^ (state >>> 16)) >>> 0;
  };
}

/** Operands that binutils shows as an instruction only when they have this value: what the manual leaves unused. */
const PINNED: Readonly<Record<string, Partial<Record<OperandName, readonly number[]>>>> = {
  fence: { rd: [0], rs1: [0], imm: [0x0ff, 0x033, 0x010, 0x001, 0x08c, -0x7cd] },
  'fence.i': { rd: [0], rs1: [0], imm: [0] },
  'fcvt.d.w': { rm: [0] },
  'fcvt.d.wu': { rm: [0] },
  'fcvt.d.s': { rm: [0] },
};
const csrNumbers = csrTable.map(({ number }) => number);

function operandValue(name: string, operand: OperandName, field: Field, random: number): number {
  const choices = PINNED[name]?.[operand] ?? (operand === 'csr' ? csrNumbers : undefined);
  if (choices !== undefined) return choices[random % choices.length]!;
  const bits = [0, 0xffff_ffff, random, random, random][random % 5]!;
  return extract(field, bits);
}

const samplesOf = (row: Insn, count: number, next: () => number): number[] =>
  Array.from({ length: count }, () => {
    const fields = Object.entries(row.format) as [OperandName, Field][];
    return encode(
      row.name,
      Object.fromEntries(fields.map(([key, field]) => [key, operandValue(row.name, key, field, next())])),
    );
  });

/** `count` words of each 32-bit instruction. */
export function wideSamples(count: number): number[] {
  const next = numbers(1);
  return instructions.flatMap((row) => samplesOf(row, count, next));
}
/** `count` halfwords of each compressed instruction, reserved ones left out. */
export function compressedSamples(count: number): number[] {
  const next = numbers(2);
  return compressed.flatMap(({ mask, match }) =>
    Array.from({ length: count }, () => (next() & ~mask & 0xffff) | match).filter(
      (half) => expandCompressed(half) !== 0,
    ),
  );
}
