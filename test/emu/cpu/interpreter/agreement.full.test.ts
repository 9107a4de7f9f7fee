/** The interpreter against the reference on random instruction streams, at length: same state at each tick seen. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createInterpreter } from '../../../../src/emu/cpu/interpreter/interpreter.ts';
import { createReference } from '../../../../src/emu/cpu/reference/engine.ts';
import { outcome } from './scenes.ts';

test('the interpreter leaves the state that the reference leaves', () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 1, max: 4 }), (seed, pieces) => {
      expect(outcome(seed, [createInterpreter], pieces)).toEqual(outcome(seed, [createReference], 1));
    }),
    { numRuns: 600 },
  );
});

test('engines may be exchanged at any tick', () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 2, max: 40 }), (seed, pieces) => {
      expect(outcome(seed, [createInterpreter, createReference], pieces)).toEqual(outcome(seed, [createReference], 1));
    }),
    { numRuns: 300 },
  );
});
