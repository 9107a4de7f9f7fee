/**
 * A machine at a moment as a report shows it: where it is, and the code around that place.
 */

import type { Board } from '../../emu/machine/board.ts';
import type { Tick } from '../../lib/brands.ts';
import { type CodeLine, codeAround } from '../guest/code.ts';
import type { SymbolTable } from '../guest/symbols.ts';

export interface Moment {
  readonly tick: Tick;
  readonly pc: bigint;
  /** `main+0x12` */
  readonly symbol: string | undefined;
  /** Name of the function. */
  readonly function: string | undefined;
  readonly privilege: 'user' | 'supervisor' | 'machine';
  /** In order of addresses; the instruction that comes next is that at pc. */
  readonly code: readonly CodeLine[];
}

const PRIVILEGES = ['user', 'supervisor', 'supervisor', 'machine'] as const;
const LINES = { before: 4, after: 4 } as const;

export function momentOf(board: Board, symbols: SymbolTable): Moment {
  const [hart] = board.harts;
  const pc = hart!.get('pc');
  return {
    tick: board.tick,
    pc,
    symbol: symbols.nameOf(pc),
    function: symbols.at(pc)?.symbol.name,
    privilege: PRIVILEGES[Number(hart!.get('priv'))]!,
    code: codeAround(board, pc, symbols, LINES),
  };
}
