/** Traps in words. Manual: "Machine Cause Register". */

import { INTERRUPT } from '../../emu/cpu/priv/fields.ts';
import type { Trap } from '../guest/next-step.ts';

const INTERRUPTS: Readonly<Record<string, string>> = {
  1: 'supervisor software interrupt',
  3: 'machine software interrupt',
  5: 'supervisor timer interrupt',
  7: 'machine timer interrupt',
  9: 'supervisor external interrupt',
  11: 'machine external interrupt',
};
const EXCEPTIONS: Readonly<Record<string, string>> = {
  0: 'instruction address misaligned',
  1: 'instruction access fault',
  2: 'illegal instruction',
  3: 'breakpoint',
  4: 'load address misaligned',
  5: 'load access fault',
  6: 'store address misaligned',
  7: 'store access fault',
  8: 'environment call from U',
  9: 'environment call from S',
  11: 'environment call from M',
  12: 'instruction page fault',
  13: 'load page fault',
  15: 'store page fault',
};

/** Environment calls. */
export const isCall = (cause: bigint): boolean => cause === 8n || cause === 9n || cause === 11n;

/** `load page fault at 0xffff…`; `cause 24` for what has no name. */
export function causeText({ cause, tval }: Trap): string {
  if ((cause & INTERRUPT) !== 0n) return INTERRUPTS[`${cause ^ INTERRUPT}`] ?? `interrupt ${cause ^ INTERRUPT}`;
  const name = EXCEPTIONS[`${cause}`] ?? `cause ${cause}`;
  return tval === 0n || cause === 2n ? name : `${name} at 0x${tval.toString(16)}`;
}
