/** Readers of one register, for looking at it over and over. */

import { fieldKind, type HartField, stateFields } from '../../emu/cpu/hart-layout.ts';
import type { Board } from '../../emu/machine/board.ts';
import { isRegister, readRegister } from '../guest/registers.ts';

export type Reader = () => bigint;

/**
 * `x5`, `f10`, fields of hart-layout.ts, or any name of registers.ts (a CSR as the guest would read it); UserError
 * 'no-such-register' for others.
 */
export function readerOf(board: Board, name: string): Reader {
  const [hart] = board.harts;
  const [, file, number] = /^([xf])([12]?\d|3[01])$/.exec(name) ?? [];
  if (file === 'x') return () => hart!.x(Number(number));
  if (file === 'f') return () => hart!.f(Number(number));
  if (name === 'pc' || name === 'priv') return () => hart!.get(name);
  if (!isRegister(name) && stateFields.includes(name as HartField) && fieldKind(name as HartField) === 'state')
    return () => hart!.get(name as HartField);
  readRegister(board, name);
  return () => readRegister(board, name);
}
