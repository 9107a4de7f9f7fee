/**
 * The machine at the moment that is looked at, as the adapter shows it whoever owns that moment: registers, CSRs in
 * words, time, memory, code. Reading leaves no trace in it.
 */

import { Irq } from '../../emu/cpu/priv/fields.ts';
import { fNames, xNames } from '../../emu/isa/register-names.ts';
import type { Board } from '../../emu/machine/board.ts';
import { count } from '../gdb/monitor-text.ts';
import { type CodeLine, codeAround, codeAt } from '../guest/code.ts';
import { csrNames } from '../guest/registers.ts';
import type { SymbolTable } from '../guest/symbols.ts';
import { csrFields, csrText, privilegeName } from '../inspect/csr-fields.ts';
import type { Shown } from './debugger.ts';
import type { EventTarget } from './event-target.ts';

export const hex = (n: bigint): string => `0x${n.toString(16)}`;

export class MachineView {
  readonly board: Board;
  readonly target: EventTarget;
  readonly symbols: SymbolTable;

  constructor(board: Board, target: EventTarget, symbols: SymbolTable) {
    this.board = board;
    this.target = target;
    this.symbols = symbols;
  }

  register(hart: number, name: string): bigint {
    return this.target.readRegister(hart, name);
  }

  /** `main`, or `0x…` where no function is known. */
  functionAt(address: bigint): string {
    return this.symbols.at(address)?.symbol.name ?? hex(address);
  }

  machine(hart: number): readonly Shown[] {
    const { target } = this;
    const pending = this.register(hart, 'mip') & this.register(hart, 'mie');
    return [
      { name: 'tick', value: count(target.now) },
      { name: 'end', value: count(target.end) },
      { name: 'time', value: `${(Number(target.elapsedNs) / 1e9).toFixed(7)} s` },
      { name: 'privilege', value: privilegeName(this.register(hart, 'priv')) },
      { name: 'interrupts', value: interruptNames(pending) },
      { name: 'CSRs', value: `${csrNames.length}`, children: async () => this.#csrs(hart) },
    ];
  }

  registers(hart: number): readonly Shown[] {
    return [...xNames.slice(1), 'pc'].map((name) => {
      const value = this.register(hart, name);
      return { name, value: hex(value), memory: value, expression: async () => `$${name}` };
    });
  }

  floats(hart: number): readonly Shown[] {
    return [...fNames, 'fcsr'].map((name) => {
      const value = this.register(hart, name);
      const text = name === 'fcsr' ? csrText(name, value) : floatText(value);
      return { name, value: `${hex(value)}  ${text}`, expression: async () => `$${name}` };
    });
  }

  /** As far as it is mapped. */
  memory(hart: number, address: bigint, length: number): Uint8Array {
    return this.target.readMemory(hart, address, length);
  }

  /** In machine mode addresses of a kernel are looked up in its page tables. */
  codeAt(hart: number, address: bigint): CodeLine {
    const line = codeAt(this.board, address, this.symbols, { hart });
    return line.bits === undefined ? codeAt(this.board, address, this.symbols, { hart, through: 'satp' }) : line;
  }

  /** At most `wanted` instructions before one, the last of them right before it. */
  codeBefore(hart: number, address: bigint, wanted: number): readonly CodeLine[] {
    const lines = codeAround(this.board, address, this.symbols, { before: wanted, after: 0, hart });
    return lines.filter((line) => line.address < address);
  }

  #csrs(hart: number): readonly Shown[] {
    return csrNames.map((name) => {
      const value = this.register(hart, name);
      const fields = csrFields(name, value);
      const text = csrText(name, value);
      const shown = {
        name,
        value: text === '' ? hex(value) : `${hex(value)}  ${text}`,
        expression: async () => `$${name}`,
      };
      const parts = fields.map((field) => ({ name: field.name, value: field.text }));
      return parts.length === 0 ? shown : { ...shown, children: async () => parts };
    });
  }
}

const interruptNames = (set: bigint): string =>
  Object.entries(Irq)
    .filter(([, bit]) => (set & (1n << bit)) !== 0n)
    .map(([name]) => name)
    .join(' ') || 'none pending and enabled';

/** As a double, or as a float where it is boxed as one. */
function floatText(bits: bigint): string {
  const words = new DataView(new ArrayBuffer(8));
  words.setBigUint64(0, bits);
  return bits >> 32n === 0xffff_ffffn ? `${words.getFloat32(4)} (float)` : `${words.getFloat64(0)}`;
}
