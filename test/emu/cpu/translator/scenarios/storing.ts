/** What scenarios share that write to code. */

import { encode } from '../../../../../src/emu/isa/table.ts';
import type { Guest } from '../guest.ts';
import type { Scenario } from '../scenario.ts';

export const A2_PLUS_1 = encode('addi', { rd: 12, rs1: 12, imm: 1 });
export const A2_PLUS_5 = encode('addi', { rd: 12, rs1: 12, imm: 5 });
/** t5 and t6 change places: what is stored in turn. */
export const SWAP = 'xor t5, t5, t6\n xor t6, t6, t5\n xor t5, t5, t6';
/** The two words to SWAP. */
export const bothWords = ({ machine }: Guest): void => {
  machine.setX(30, BigInt(A2_PLUS_1));
  machine.setX(31, BigInt(A2_PLUS_5));
};
/** A scenario in which little more than single steps may be compiled code's. */
export const storing = (name: string, code: string, more: Partial<Scenario> = {}): Scenario => ({
  name,
  code,
  ticks: 3000,
  compiled: 0.02,
  setUp: bothWords,
  ...more,
});
