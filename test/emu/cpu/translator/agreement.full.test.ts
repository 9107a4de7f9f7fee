/** As agreement.test.ts, at length. LOCKSTEP_RANDOM_PROGRAMS says how many programs. */

import { describe, test } from 'vitest';
import { checkAgreement } from './agreement.ts';
import { randomProgram, randomStreams } from './mixture.ts';
import { checkScenario } from './scenario.ts';
import { scenarios } from './scenarios/index.ts';

const PROGRAMS = Number(process.env.LOCKSTEP_RANDOM_PROGRAMS ?? 3000);
const SEEDS = 6;
/** A guard against hanging, whatever their number is. */
const TIMEOUT_MS = 20 * 60_000 + PROGRAMS * 1000;

test(
  'programs of functions, loops, traps and changing code',
  () => checkAgreement(randomProgram, PROGRAMS, 0.5),
  TIMEOUT_MS,
);

test(
  'streams of random words',
  () => checkAgreement((seed, run) => randomStreams(seed, 40, run), Math.ceil(PROGRAMS / 10), 0.2),
  TIMEOUT_MS,
);

describe.each(Object.entries(scenarios))('%s, run in more ways', (_, those) => {
  test.each(those)('$name', (scenario) => {
    for (let seed = 1; seed <= SEEDS; seed++) checkScenario(scenario, seed);
  });
});
