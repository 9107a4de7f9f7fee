/**
 * The table against GNU binutils: texts of many words of every row, and every one of the compressed encodings.
 */
import { expect, test } from 'vitest';
import { disassemble } from '../../../src/emu/isa/disassemble.ts';
import { decode, expandCompressed, isWide, operandsOf } from '../../../src/emu/isa/table.ts';
import { assemble, binutilsInstalled, type Line, objdump } from './objdump.ts';
import { wideSamples } from './sample-words.ts';

const withBinutils = test.skipIf(!binutilsInstalled());
const halves = Array.from({ length: 0x1_0000 }, (_, half) => half).filter((half) => !isWide(half));

/** Objdump's text and ours where they differ. */
const differences = (lines: readonly Line[]): [string, string][] =>
  lines
    .map(({ pc, bits, text }): [string, string] => [text, disassemble(bits, BigInt(pc))])
    .filter(([theirs, ours]) => theirs !== ours);

withBinutils('words of every row read as objdump reads them', () => {
  const words = wideSamples(200);
  const lines = objdump(words);
  expect(lines.map(({ bits }) => bits)).toEqual(words);
  expect(differences(lines)).toEqual([]);
});

withBinutils('every halfword reads as objdump reads it, but for a reserved one that objdump names', () => {
  const lines = objdump(halves);
  expect(lines.map(({ bits }) => bits)).toEqual(halves);
  expect(differences(lines)).toEqual([['c.addi16sp sp,0', '.2byte 0x6101']]);
});

/** Hints, which an assembler does not compress to; and small steps of sp, for which it prefers c.addi to c.addi16sp. */
function isUnusual(half: number): boolean {
  const word = expandCompressed(half);
  const row = decode(word)!;
  const { rd, rs1, imm, shamt } = operandsOf(row, word);
  const isArithmetic = row.format.rd?.kind === 'x' && row.name !== 'jal' && row.name !== 'jalr';
  if (isArithmetic && (rd === 0 || shamt === 0 || (row.name === 'addi' && rd === rs1 && imm === 0))) return true;
  return disassemble(half).startsWith('c.addi16sp') && imm! >= -32 && imm! < 32;
}
/** In the words that the assembler compresses: jumps by their short names, targets as distances from here. */
const forAssembler = (text: string): string =>
  text
    .replace(
      /^(jal|b..) (.*)(0x[0-9a-f]+)$/,
      (_, name, rest, to) => `${name} ${rest}.+${BigInt.asIntN(64, BigInt(to))}`,
    )
    .replace('jal zero,', 'j ')
    .replace(/^jalr zero,0\((\w+)\)/, 'jr $1')
    .replace(/^jalr ra,0\((\w+)\)/, 'jalr $1');

withBinutils('every halfword stands for the instruction that the assembler compresses to it', () => {
  const usual = halves.filter((half) => expandCompressed(half) !== 0 && !isUnusual(half));
  const lines = usual.map((half) => forAssembler(disassemble(expandCompressed(half))));
  const bytes = assemble(['.option norelax', ...lines, ''].join('\n'));
  expect(bytes.length).toBe(2 * usual.length);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const differing = usual.flatMap((half, i) => (view.getUint16(2 * i, true) === half ? [] : [lines[i]]));
  expect(differing).toEqual([]);
  expect(usual.length).toBeGreaterThan(45_000);
});
