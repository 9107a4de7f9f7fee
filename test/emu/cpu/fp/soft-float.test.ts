/** Soft float as procedures, run on BigInts, against the exact reference: every operation, format and rounding mode. */

import { describe, expect, it } from 'vitest';
import { softFloat } from '../../../../src/emu/cpu/fp/soft-float.ts';
import { createMemory, memoryLayout } from '../../../../src/emu/cpu/memory-layout.ts';
import { Reference } from '../../../../src/emu/cpu/reference/binding.ts';
import { exactFp } from '../../../../src/emu/cpu/reference/fp.ts';
import { type FpFormat, type FpOp, proc } from '../../../../src/emu/isa/vocabulary.ts';
import { softFloatCases } from './soft-float-cases.ts';

const layout = memoryLayout(4096);
const none = proc('none', [], () => {});
const refuse = (): never => {
  throw new Error('no bus');
};
const s = new Reference(
  createMemory(layout),
  layout,
  { has: refuse, load: refuse, store: refuse, nondet: refuse },
  { takeTrap: none, loadSlow: none, storeSlow: none, amoTranslate: none },
);

function soft(op: FpOp, format: FpFormat, rm: number, args: readonly bigint[]) {
  s.set('fflags', 0n);
  const bits = s.call(softFloat(op, format), BigInt(rm), ...args);
  return { bits, flags: Number(s.get('fflags')) };
}

describe('soft float equals the exact reference', () => {
  for (const [op, format, cases] of softFloatCases(100)) {
    it(`${op}.${format}`, () => {
      for (const { rm, args } of cases) {
        const found = soft(op, format, rm, args);
        const wanted = exactFp(op, format, rm, args);
        const call = `${op}.${format} rm=${rm} ${args.map((a) => a.toString(16)).join(' ')}`;
        expect(`${call} -> ${found.bits.toString(16)} ${found.flags}`).toBe(
          `${call} -> ${wanted.bits.toString(16)} ${wanted.flags}`,
        );
      }
    });
  }
});
