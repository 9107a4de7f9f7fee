/**
 * A row of the instruction table: encoding, operands, assembly text and meaning side by side.
 * The table itself is checked by a test: no two rows overlap, every row's operands and fixed bits cover all 32 bits.
 */

import type { Format } from './format.ts';
import type { Binding, Operands, Semantics } from './vocabulary.ts';

export type Body = <B extends Binding>(s: Semantics<B>, o: Operands<B>) => void;

export interface Insn {
  /** Mnemonic as in the manual: `addi`, `amoadd.w`. */
  readonly name: string;
  readonly mask: number;
  readonly match: number;
  readonly format: Format;
  /**
   * Operands of the assembly text, in objdump's manner: `rd, imm(rs1)`. Words that are no operand's name: `target`
   * (pc + imm), `upper` (imm >> 12), `pred` and `succ` (of fence), `exact` (rm where nothing is ever rounded).
   */
  readonly asm: string;
  readonly body: Body;
}

/**
 * `encoding` is 32 characters of 0, 1 and `.` (an operand bit), most significant first; spaces are for the eye.
 * `asm` left out: the operands of the format in the order of `order`; memory operands are given explicitly.
 */
export function insn(name: string, encoding: string, format: Format, body: Body, asm = defaultAsm(format)): Insn {
  const bits = encoding.replaceAll(' ', '');
  if (!/^[01.]{32}$/.test(bits)) throw new Error(`${name}: encoding is not 32 bits of 0, 1 and .: ${encoding}`);
  const mask = Number.parseInt(bits.replaceAll(/[01]/g, '1').replaceAll('.', '0'), 2);
  const match = Number.parseInt(bits.replaceAll('.', '0'), 2);
  return { name, mask, match, format, asm, body };
}

const order = ['rd', 'csr', 'rs1', 'uimm', 'rs2', 'rs3', 'imm', 'shamt', 'rm'] as const;
const defaultAsm = (format: Format): string => order.filter((name) => format[name] !== undefined).join(', ');

/**
 * A row of the compressed table: a 16-bit encoding and the 32-bit instruction that it stands for, as the manual has it.
 * `expand` gets the halfword and gives the 32-bit word, or 0 where this operand combination is reserved.
 */
export interface CompressedInsn {
  readonly name: string;
  readonly mask: number;
  readonly match: number;
  /** As `Insn.asm`, over the operands of the expansion. */
  readonly asm: string;
  readonly expand: (half: number) => number;
}
