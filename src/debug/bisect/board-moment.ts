/**
 * A board as predicates see it, and what their names mean there.
 */

import { xNames } from '../../emu/isa/register-names.ts';
import type { Board } from '../../emu/machine/board.ts';
import type { ElfSymbol } from '../../emu/machine/elf.ts';
import { readNumber, readPhysical } from '../guest/memory.ts';
import { isRegister, registerNames } from '../guest/registers.ts';
import type { SymbolTable } from '../guest/symbols.ts';
import { type Reader, readerOf } from '../timeline/register-reader.ts';
import type { GuestMoment } from './evaluate.ts';
import type { Names } from './expression.ts';

export class BoardMoment implements GuestMoment {
  readonly #board: Board;
  readonly #said: (pattern: RegExp, tick: bigint) => boolean;
  readonly #readers = new Map<string, Reader>();

  /** `said`: whether the console has said this by a tick. */
  constructor(board: Board, said: (pattern: RegExp, tick: bigint) => boolean) {
    this.#board = board;
    this.#said = said;
  }

  get tick(): bigint {
    return this.#board.tick;
  }

  register(name: string): bigint {
    let reader = this.#readers.get(name);
    if (reader === undefined) {
      const number = xNames.indexOf(name);
      reader = readerOf(this.#board, number < 0 ? name : `x${number}`);
      this.#readers.set(name, reader);
    }
    return reader();
  }

  memory(address: bigint, bytes: 1 | 2 | 4 | 8, physical: boolean): bigint | undefined {
    if (!physical) return readNumber(this.#board, address, bytes);
    const read = readPhysical(this.#board, address, bytes);
    if (read.length < bytes) return undefined;
    return read.reduceRight((number, byte) => (number << 8n) | BigInt(byte), 0n);
  }

  said(pattern: RegExp): boolean {
    return this.#said(pattern, this.tick);
  }
}

/** A symbol without a size reaches to the next one. */
export function namesOf(symbols: SymbolTable): Names {
  return {
    isRegister,
    all: () => [...registerNames, ...[...symbols].map(({ name }) => name)],
    symbol: (name) => {
      const found = symbols.find(name);
      return found && { address: found.address, size: found.size > 0n ? found.size : reachOf(symbols, found) };
    },
  };
}

function reachOf(symbols: SymbolTable, { address }: ElfSymbol): bigint {
  for (const symbol of symbols) if (symbol.address > address) return symbol.address - address;
  return 0n;
}
