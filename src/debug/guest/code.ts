/**
 * Instructions as a person reads them: disassembled from guest memory, with the names of places and of jump targets.
 */

import { disassemble } from '../../emu/isa/disassemble.ts';
import { decode, decodeCompressed, isWide } from '../../emu/isa/table.ts';
import type { Board } from '../../emu/machine/board.ts';
import { readNumber } from './memory.ts';
import type { WalkOptions } from './page-walk.ts';
import type { SymbolTable } from './symbols.ts';

export interface CodeLine {
  readonly address: bigint;
  /** 16 or 32 of them; undefined where memory cannot be read. */
  readonly bits: number | undefined;
  /** Bytes: 2 or 4. */
  readonly length: number;
  readonly text: string;
  /** `main+0x12` */
  readonly place: string | undefined;
}

/** Longest way back to a symbol from which decoding begins. */
const BACK_BYTES_MAX = 64n * 1024n;

export const hex = (n: bigint | number): string => `0x${n.toString(16)}`;

/** The text of `bits` at `pc`; a jump's target has its name behind it. */
export function codeText(bits: number, pc: bigint, symbols: SymbolTable): string {
  const text = disassemble(bits, pc);
  if (!names(bits)) return text;
  const [, target] = /0x([0-9a-f]+)$/.exec(text) ?? [];
  const name = target === undefined ? undefined : symbols.nameOf(BigInt(`0x${target}`));
  return name === undefined ? text : `${text} <${name}>`;
}

/** Whether the last operand is the address of code. */
const names = (bits: number): boolean =>
  (isWide(bits) ? decode(bits)?.asm : decodeCompressed(bits)?.asm)?.endsWith('target') === true;

/** Whether these bits are an instruction. */
const isInstruction = (bits: number): boolean => !/^\.|^c\.unimp/.test(disassemble(bits));

/** The instruction at `address` by the present page tables. */
export function codeAt(board: Board, address: bigint, symbols: SymbolTable, options: WalkOptions = {}): CodeLine {
  const place = symbols.nameOf(address);
  const low = readNumber(board, address, 2, options);
  const half = low === undefined ? undefined : Number(low);
  const bits = half === undefined || !isWide(half) ? half : wide(readNumber(board, address, 4, options));
  if (bits === undefined) return { address, bits, length: 2, text: 'not mapped to memory', place };
  return { address, bits, length: isWide(bits) ? 4 : 2, text: codeText(bits, address, symbols), place };
}

const wide = (bits: bigint | undefined): number | undefined => (bits === undefined ? undefined : Number(bits));

/**
 * `before` instructions up to `pc`, that at `pc`, and `after` more. Lengths vary, so those before are found by decoding
 * from the symbol that `pc` is in, or else from some address before it from which every step meets an instruction.
 */
export function codeAround(
  board: Board,
  pc: bigint,
  symbols: SymbolTable,
  { before = 6, after = 10, ...options }: WalkOptions & { readonly before?: number; readonly after?: number } = {},
): readonly CodeLine[] {
  const lines = linesBefore(board, pc, symbols, before, options);
  let at = pc;
  for (let i = 0; i <= after; i++) {
    const line = codeAt(board, at, symbols, options);
    lines.push(line);
    if (line.bits === undefined) break;
    at = BigInt.asUintN(64, at + BigInt(line.length));
  }
  return lines;
}

function linesBefore(board: Board, pc: bigint, symbols: SymbolTable, count: number, options: WalkOptions): CodeLine[] {
  const start = symbols.at(pc);
  const starts = [
    ...(start === undefined || start.offset > BACK_BYTES_MAX ? [] : [start.symbol.address]),
    ...Array.from({ length: 2 * count }, (_, i) => pc - BigInt(4 * count - 2 * i)),
  ];
  for (const from of starts) {
    const lines: CodeLine[] = [];
    let at = from;
    while (at < pc && at >= 0n) {
      const line = codeAt(board, at, symbols, options);
      if (line.bits === undefined || (from !== start?.symbol.address && !isInstruction(line.bits))) break;
      lines.push(line);
      at += BigInt(line.length);
    }
    if (at === pc && lines.length > 0) return lines.slice(-count);
  }
  return [];
}
