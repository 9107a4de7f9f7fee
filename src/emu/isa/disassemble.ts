/**
 * Assembly text of an instruction, from its row: as `objdump -M no-aliases` prints it, with ABI register names.
 * A compressed instruction shows under its own name. Bits that are no instruction show as data (`.4byte`, `.2byte`);
 * all zeroes, which the manual defines as illegal, as `c.unimp`.
 */

import { csrName } from '../cpu/priv/csr-table.ts';
import type { OperandName } from './format.ts';
import type { Insn } from './insn.ts';
import { fNames, roundingModeNames, xNames } from './register-names.ts';
import { decode, decodeCompressed, isWide, type OperandValues, operandsOf } from './table.ts';

/** `bits`: 32 bits, or 16 when the low two are not 11. `pc`: its address, which branch targets are relative to. */
export function disassemble(bits: number, pc = 0n): string {
  if (!isWide(bits)) return disassembleCompressed(bits & 0xffff, pc);
  const row = decode(bits);
  if (row === undefined) return `.4byte 0x${bits.toString(16)}`;
  const operands = operandsOf(row, bits);
  if (row.name === 'fence' && operands.imm === signedFence(TSO)) return 'fence.tso';
  return line(`${row.name}${ordering(operands)}`, text(row.asm, row, operands, pc));
}

function disassembleCompressed(half: number, pc: bigint): string {
  if (half === 0) return 'c.unimp';
  const compressed = decodeCompressed(half);
  const word = compressed?.expand(half) ?? 0;
  const row = decode(word);
  if (compressed === undefined || row === undefined) return `.2byte 0x${half.toString(16)}`;
  return line(compressed.name, text(compressed.asm, row, operandsOf(row, word), pc));
}

const line = (name: string, operands: string): string => (operands === '' ? name : `${name} ${operands}`);

/** fm = TSO, pred = succ = rw; every other fence shows its sets. */
const TSO = 0x833;
const signedFence = (bits: number): number => (bits << 20) >> 20;

const ordering = ({ aqrl = 0 }: OperandValues): string => ['', '.rl', '.aq', '.aqrl'][aqrl]!;

/** `template` with its words replaced; an operand that has nothing to show goes with its comma. */
function text(template: string, row: Insn, operands: OperandValues, pc: bigint): string {
  return template
    .split(', ')
    .map((part) => part.replaceAll(/\w+/g, (word) => show(word, row, operands, pc)))
    .filter((part) => part !== '')
    .join(',');
}

function show(word: string, { format }: Insn, operands: OperandValues, pc: bigint): string {
  const { imm = 0, rm = 0 } = operands;
  switch (word) {
    case 'target':
      return hex(BigInt.asUintN(64, pc + BigInt(imm)));
    case 'upper':
      return hex((imm >>> 12) & 0xfffff);
    case 'pred':
      return memorySet(imm >> 4);
    case 'succ':
      return memorySet(imm);
    case 'rm':
      return rm === DYN ? '' : roundingModeNames[rm]!;
    case 'exact':
      return rm === RNE ? '' : roundingModeNames[rm]!;
    case 'shamt':
      return hex(operands.shamt!);
    case 'csr':
      return csrName(operands.csr!) ?? hex(operands.csr!);
    default:
      return register(format[word as OperandName]?.kind, operands[word as OperandName]!);
  }
}
const DYN = 7;
const RNE = 0;

const hex = (n: number | bigint): string => `0x${n.toString(16)}`;
/** A register of either file, or a plain number. */
const register = (kind: 'x' | 'f' | 'value' | undefined, n: number): string =>
  kind === 'x' ? xNames[n]! : kind === 'f' ? fNames[n]! : String(n);
/** The low four bits of a fence's set: i o r w. */
const memorySet = (bits: number): string => [...'iorw'].filter((_, i) => (bits >> (3 - i)) & 1).join('') || 'unknown';
