/** The interpreter against the reference on random instruction streams: same state at every tick that is looked at. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { EngineFactory } from '../../../../src/emu/cpu/engine.ts';
import { createInterpreter } from '../../../../src/emu/cpu/interpreter/interpreter.ts';
import { createReference } from '../../../../src/emu/cpu/reference/engine.ts';
import { Random } from '../random.ts';
import { BareMachine } from './bare-machine.ts';
import { changeScene, load } from './random-programs.ts';

const RAM_BYTES = 0x2_0000;
const SCENES = 40;

/** Runs SCENES scenes of up to 48 ticks, each in one or more pieces, each piece by one of the engines. */
function outcome(seed: number, engines: readonly EngineFactory[], pieces: number): Record<string, bigint | string> {
  const machine = new BareMachine(RAM_BYTES);
  const random = new Random(seed);
  const choices = new Random(seed ^ 0x5bd1_e995);
  load(machine, random);
  for (let scene = 0; scene < SCENES; scene++) {
    changeScene(machine, random);
    const first = machine.get('tick');
    const length = 1 + random.below(48);
    const stops = Array.from({ length: pieces }, (_, i) => (i === 0 ? length : choices.below(length)));
    machine.engine(choices.pick(engines)).rederive(machine.hart);
    for (const stop of stops.toSorted((a, b) => a - b)) {
      const reason = machine.run(choices.pick(engines), first + BigInt(stop));
      if (reason !== 'limit') break;
      expect(machine.get('tick')).toBe(first + BigInt(stop));
    }
  }
  return machine.state();
}

test('the interpreter leaves the state that the reference leaves', () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 1, max: 4 }), (seed, pieces) => {
      expect(outcome(seed, [createInterpreter], pieces)).toEqual(outcome(seed, [createReference], 1));
    }),
    { numRuns: 15 },
  );
});

test('engines may be exchanged at any tick', () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 2, max: 40 }), (seed, pieces) => {
      expect(outcome(seed, [createInterpreter, createReference], pieces)).toEqual(outcome(seed, [createReference], 1));
    }),
    { numRuns: 8 },
  );
});
