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

export function decodeCompressed(half: number): CompressedInsn | undefined {
  return compressed.find(({ mask, match }) => (half & mask) === match);
}
/** The 32-bit instruction that a compressed one stands for; 0, which is illegal, where there is none. */
export function expandCompressed(half: number): number {
  return decodeCompressed(half)?.expand(half) ?? 0;
}
