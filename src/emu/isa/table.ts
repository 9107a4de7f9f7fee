/**
 * The instruction table, collected: what other parts of the program use of src/emu/isa.
 */

import type { CompressedInsn } from './insn.ts';
import { rvC } from './rv-c.ts';

export { decode, encode, instruction, instructions, type OperandValues, operandsOf } from './instructions.ts';

/** In order: the first that matches is meant. */
export const compressed: readonly CompressedInsn[] = rvC;

/** Whether a halfword begins a 32-bit instruction. There are no longer ones in this machine: they decode to nothing. */
export const isWide = (half: number): boolean => (half & 3) === 3;

/** The rows that a halfword may be, by what each of them fixes: the opcode, bits 1:0, and funct3, bits 15:13. */
const byOpcode: readonly (readonly CompressedInsn[])[] = Array.from({ length: 32 }, (_, opcode) =>
  compressed.filter(({ match }) => opcodeOf(match) === opcode),
);
function opcodeOf(half: number): number {
  return ((half >>> 13) << 2) | (half & 3);
}

export function decodeCompressed(half: number): CompressedInsn | undefined {
  return byOpcode[opcodeOf(half)]?.find(({ mask, match }) => (half & mask) === match);
}
const expansions = new Uint32Array(2 ** 16);

/** The 32-bit instruction that a compressed one stands for; 0, which is illegal, where there is none. */
export function expandCompressed(half: number): number {
  const known = expansions[half] as number;
  if (known !== 0) return known;
  const word = decodeCompressed(half)?.expand(half) ?? 0;
  expansions[half] = word;
  return word;
}
