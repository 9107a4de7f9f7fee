/**
 * The registers as gdb numbers them, and the target description that says so. Numbers follow the order of the view's
 * list; `cpu` comes first, x0 to x31 and pc, which is what `g` gives. gdb manual, "RISC-V Features".
 */

import { hexOf, hexOfRegister } from './hex.ts';
import type { GuestView, Register } from './target.ts';

const FEATURES: readonly Register['group'][] = ['cpu', 'fpu', 'csr', 'virtual'];
/** Registers of the answer to `g`; the others are asked for one by one. */
const GENERAL = 33;
const SP = 2;
const PC = 32;
const F_REGISTERS = 32;

export class RegisterFile {
  readonly #view: GuestView;
  readonly #registers: readonly Register[];
  readonly #xml: string;

  constructor(view: GuestView) {
    this.#view = view;
    this.#registers = FEATURES.flatMap((group) => view.registers.filter((register) => register.group === group));
    this.#xml = descriptionOf(this.#registers);
  }

  /** target.xml. */
  get description(): string {
    return this.#xml;
  }

  /** Answer to `g`. */
  general(hart: number): string {
    return this.#registers
      .slice(0, GENERAL)
      .map(({ name }) => hexOfRegister(this.#view.readRegister(hart, name)))
      .join('');
  }

  /** Answer to `p`; undefined when there is no such register. */
  one(hart: number, number: number): string | undefined {
    const register = this.#registers[number];
    if (register === undefined) return undefined;
    return hexOfRegister(this.#view.readRegister(hart, register.name)).slice(0, register.bits / 4);
  }

  /** The registers of a stop reply: those gdb asks for first. */
  expedited(hart: number): string {
    return [SP, PC].map((number) => `${hexOf(Uint8Array.of(number))}:${this.one(hart, number)};`).join('');
  }
}

function descriptionOf(registers: readonly Register[]): string {
  const features = FEATURES.map((group) => {
    const lines = registers.flatMap((register, number) => (register.group === group ? [line(register, number)] : []));
    const types = group === 'fpu' ? [DOUBLE] : [];
    return [`<feature name="org.gnu.gdb.riscv.${group}">`, ...types, ...lines, '</feature>'].join('\n');
  });
  return [
    '<?xml version="1.0"?>',
    '<!DOCTYPE target SYSTEM "gdb-target.dtd">',
    '<target>',
    '<architecture>riscv:rv64</architecture>',
    ...features,
    '</target>\n',
  ].join('\n');
}

const DOUBLE =
  '<union id="riscv_double">' +
  '<field name="float" type="ieee_single"/><field name="double" type="ieee_double"/></union>';

function line({ name, group, bits }: Register, number: number): string {
  const kept = group === 'cpu' || group === 'fpu' ? '' : ' save-restore="no"';
  return `<reg name="${name}" bitsize="${bits}" regnum="${number}"${typeText(name, group, number)}${kept}/>`;
}

function typeText(name: string, group: Register['group'], number: number): string {
  if (group === 'fpu') return number < PC + 1 + F_REGISTERS ? ' type="riscv_double"' : ' type="int" group="float"';
  if (group !== 'cpu') return ' type="int"';
  if (name === 'pc' || name === 'ra') return ' type="code_ptr"';
  return ['sp', 'gp', 'tp'].includes(name) ? ' type="data_ptr"' : ' type="int"';
}
