/** Runs random scenes (random-programs.ts) on a mixture of engines, and gives all that can be compared. */

import { expect } from 'vitest';
import type { EngineFactory } from '../../../../src/emu/cpu/engine.ts';
import { Random } from '../random.ts';
import { BareMachine } from './bare-machine.ts';
import { changeScene, load } from './random-programs.ts';

const RAM_BYTES = 0x2_0000;
const SCENES = 40;

export interface Outcome {
  /** What each scene left in registers and CSRs; the next one overwrites much of it. */
  readonly scenes: readonly Readonly<Record<string, bigint>>[];
  readonly end: Readonly<Record<string, bigint | string>>;
}

/** Runs SCENES scenes of up to 48 ticks, each in one or more pieces, each piece by one of the engines. */
export function outcome(seed: number, engines: readonly EngineFactory[], pieces: number): Outcome {
  const machine = new BareMachine(RAM_BYTES);
  const random = new Random(seed);
  const choices = new Random(seed ^ 0x5bd1_e995);
  const scenes: Record<string, bigint>[] = [];
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
    scenes.push(machine.registers());
  }
  return { scenes, end: machine.state() };
}
