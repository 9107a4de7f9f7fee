/** One guest program in one setting, run by the translator in many ways, against the interpreter at the same ticks. */

import { isDeepStrictEqual } from 'node:util';
import { expect } from 'vitest';
import type { EngineFactory } from '../../../../src/emu/cpu/engine.ts';
import { createInterpreter } from '../../../../src/emu/cpu/interpreter/interpreter.ts';
import { createReference } from '../../../../src/emu/cpu/reference/engine.ts';
import { createTranslatorWith, type TranslatorOptions } from '../../../../src/emu/cpu/translator/translator.ts';
import { Random } from '../random.ts';
import { Guest } from './guest.ts';

export interface Scenario {
  readonly name: string;
  readonly code: string;
  readonly ticks: number;
  readonly setUp?: (guest: Guest, labels: Readonly<Record<string, bigint>>) => void;
  /** From outside, before the step at a tick. */
  readonly events?: readonly { readonly at: number; readonly happens: (guest: Guest) => void }[];
  /** Share of the steps, at least, that compiled code makes when nothing disturbs it; half of them when left out. */
  readonly compiled?: number;
  readonly options?: Partial<TranslatorOptions>;
}

export const translating =
  (options: Partial<TranslatorOptions>): EngineFactory =>
  (memory, layout, bus) =>
    createTranslatorWith(memory, layout, bus, options);

export interface Way {
  /** Where runs end, besides where something happens and at the end. */
  readonly stops: readonly bigint[];
  /** The first engine; and what is done with them where a run has ended. */
  readonly engine: EngineFactory;
  readonly between?: (guest: Guest) => void;
}

type State = Readonly<Record<string, bigint | string>>;
export interface Run {
  /** Registers and CSRs at each stop. */
  readonly states: readonly State[];
  readonly end: State;
  readonly compiledTicks: number;
}

export function runScenario({ code, ticks, setUp, events = [] }: Scenario, way: Way): Run {
  const guest = new Guest();
  const labels = guest.load(code);
  setUp?.(guest, labels);
  guest.use(way.engine);
  const last = BigInt(ticks);
  const happening = events.map(({ at }) => BigInt(at));
  const stops = [...new Set([...way.stops, ...happening, last])].filter((stop) => stop <= last);
  const states: State[] = [];
  for (const stop of stops.toSorted((a, b) => Number(a - b))) {
    for (let reason = guest.run(stop); guest.tick < stop; reason = guest.run(stop)) {
      if (reason === 'idle') break;
      guest.machine.set('exitRequest', 0n);
    }
    states.push({ at: stop, ...guest.machine.registers() });
    for (const { at, happens } of events) if (BigInt(at) === stop) happens(guest);
    way.between?.(guest);
  }
  return { states, end: guest.state(), compiledTicks: Number(guest.machine.get('compiledTicks')) };
}

/** Runs the scenario in several ways that a seed chooses. */
export function checkScenario(scenario: Scenario, seed: number): void {
  const random = new Random(seed);
  const some = (count: number): bigint[] => Array.from({ length: count }, () => BigInt(random.below(scenario.ticks)));
  const options = (hot: number) => translating({ hot, ...scenario.options });
  const compare = (stops: readonly bigint[], engine: EngineFactory, between?: Way['between']): Run => {
    const found = runScenario(scenario, { stops, engine, ...(between === undefined ? {} : { between }) });
    const wanted = runScenario(scenario, { stops, engine: createInterpreter });
    // Quicker than an expectation for each stop; the first difference is shown.
    const different = wanted.states.findIndex((state, i) => !isDeepStrictEqual(found.states[i], state));
    expect(found.states[different], `seed ${seed}`).toEqual(wanted.states[different]);
    expect(found.end, `seed ${seed}`).toEqual(wanted.end);
    return found;
  };
  const free = compare([], options(1));
  expect(free.compiledTicks / scenario.ticks).toBeGreaterThanOrEqual(scenario.compiled ?? 0.5);
  expect(compare(some(10), options(2)).end).toEqual(free.end);
  expect(compare(some(60), options(3)).end).toEqual(free.end);
  const exchanged = compare(some(30), options(1), (guest) => disturb(guest, options(1 + random.below(3)), random));
  expect(exchanged.end).toEqual(free.end);
}

/** What may be done to engines between two steps without consequences. */
export function disturb(guest: Guest, translator: EngineFactory, random: Random): void {
  switch (random.below(6)) {
    case 0:
      guest.translator?.flush();
      break;
    case 1:
      guest.use(random.pick([createInterpreter, createReference]));
      break;
    case 2:
      guest.use(translator);
      break;
    case 3:
      guest.restore(guest.save());
      break;
    case 4:
      guest.rederive();
      break;
    default:
  }
}
