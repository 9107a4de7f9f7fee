/** Random guest code on the translator, and on mixtures of all engines, against the interpreter alone. */

import fc from 'fast-check';
import { expect } from 'vitest';
import { createInterpreter } from '../../../../src/emu/cpu/interpreter/interpreter.ts';
import { alone, mixed, type Runner, type Told } from './mixture.ts';
import { translating } from './scenario.ts';

/** A guest that a seed makes, run in some way. */
type Program = (seed: number, run: Runner) => Told;

/**
 * Checks this many programs. A share of all steps must be made by compiled code, so that the comparison is about
 * something.
 */
export function checkAgreement(program: Program, numRuns: number, compiledShare: number): void {
  let [ticks, compiledTicks] = [0, 0];
  const property = fc.property(fc.integer(), fc.integer({ min: 0, max: 12 }), (seed, pieces) => {
    const { outcome } = program(seed, alone(createInterpreter));
    const translated = program(seed, alone(translating({ hot: 1 + (Math.abs(seed) % 3) })));
    expect(translated.outcome).toEqual(outcome);
    expect(program(seed, mixed(seed, pieces + 1)).outcome).toEqual(outcome);
    ticks += translated.ticks;
    compiledTicks += translated.compiledTicks;
  });
  fc.assert(property, { numRuns });
  expect(compiledTicks / ticks).toBeGreaterThan(compiledShare);
}
