/**
 * Every halfword that is not the beginning of a 32-bit instruction (49,152, less 9 endless loops), run with all
 * registers pointing into memory: what changed, where it went, what it raised. One batch for each quadrant and funct3.
 */
import { type Batch, batch, Flag } from '../batch.ts';
import { CHANGED, CHANGED_F, codeWord, TRAP, WINDOW } from '../layout.ts';

const C_EBREAK = 0x9002;

/** c.j and c.bnez to themselves would run for ever: the registers are not zero. */
const loops = (half: number): boolean => half === 0xa001 || (half & 0xfc7f) === 0xe001;

export function compressed(): Batch[] {
  const batches: Batch[] = [];
  for (let quadrant = 0; quadrant < 3; quadrant++) {
    for (let funct3 = 0; funct3 < 8; funct3++) {
      const halves = Array.from({ length: 2048 }, (_, i) => (funct3 << 13) | (i << 2) | quadrant);
      const tuples = halves.filter((half) => !loops(half)).map((half) => [BigInt(C_EBREAK * 65536 + half)]);
      batches.push(
        batch({
          name: `compressed, quadrant ${quadrant}, funct3 ${funct3}`,
          code: [C_EBREAK * 65537],
          inputs: [codeWord(0, 'halfword, c.ebreak')],
          outputs: [TRAP.cause, TRAP.epc, TRAP.tval, ...CHANGED, ...CHANGED_F, ...WINDOW],
          flags: Flag.checkWindow | Flag.useF,
          tuples,
          describe: ([word = 0n]) => `halfword ${(word & 0xffffn).toString(16).padStart(4, '0')}`,
        }),
      );
    }
  }
  return batches;
}
