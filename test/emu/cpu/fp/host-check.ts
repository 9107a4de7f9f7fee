/** Procedures of the engines and their inline parts against exact arithmetic; shared by the quick and the full test. */

import { expect } from 'vitest';
import { NX, type RoundingMode } from '../../../../src/emu/cpu/fp/exact.ts';
import { fusesMultiplyAdd } from '../../../../src/emu/cpu/fp/host-fma.ts';
import { exactFp } from '../../../../src/emu/cpu/reference/fp.ts';
import type { FpFormat, FpOp } from '../../../../src/emu/isa/vocabulary.ts';
import { HardOperands } from './hard-operands.ts';
import { type FloatProcs, floatProcs, type InlineParts, inlineParts } from './wasm-float.ts';

const modes: readonly RoundingMode[] = [0, 1, 2, 3, 4];
/** What this host is, and the host that does not fuse: those are all there are. */
const kinds = fusesMultiplyAdd() ? [true, false] : [false];

export const seed = Number(process.env.LOCKSTEP_TEST_SEED ?? Math.trunc(Math.random() * 2 ** 31));
export const repeat = `repeat with LOCKSTEP_TEST_SEED=${seed}`;

export interface Checked {
  readonly fuses: boolean;
  readonly procs: FloatProcs;
  readonly inline: InlineParts;
}
export const checked = (): readonly Checked[] =>
  kinds.map((fuses) => ({ fuses, procs: floatProcs(fuses), inline: inlineParts(fuses) }));

/** Calls made; throws at the first that is wrong. `fflags` is tried clear and with NX set. */
export function checkOperation(subjects: readonly Checked[], op: FpOp, format: FpFormat, tuples: number): number {
  const operands = new HardOperands(format, seed);
  let calls = 0;
  for (let i = 0; i < tuples; i++) {
    const args = operands.tuple(op);
    for (const rm of modes) {
      const wanted = exactFp(op, format, rm, args);
      for (const subject of subjects) {
        const say = (what: string, bits: bigint, flags: number): string =>
          `${op}.${format} rm=${rm} ${args.map((a) => a.toString(16)).join(' ')}, ` +
          `host ${subject.fuses ? 'fuses' : 'does not fuse'}, ${what}: ${bits.toString(16)} flags ${flags}`;
        for (const before of [0, NX]) {
          const bits = subject.procs.run(op, format, rm, before, args);
          const flags = subject.procs.fflags();
          calls += 1;
          if (bits !== wanted.bits || flags !== (wanted.flags | before)) {
            const what = `fflags ${before} before`;
            expect(say(what, bits, flags)).toBe(say(what, wanted.bits, wanted.flags | before));
          }
        }
        const part = subject.inline.run(op, format, rm, args);
        if (part?.ok !== true) continue;
        const may = part.mayBeInexact ? NX : 0;
        if (part.bits !== wanted.bits || (wanted.flags & ~may) !== 0) {
          expect(say('inline', part.bits, may)).toBe(say('inline', wanted.bits, wanted.flags));
        }
      }
    }
  }
  return calls;
}
