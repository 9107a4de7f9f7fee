/** Guest programs made for what compiled code could get wrong: as on the interpreter, however they are run. */

import { describe, test } from 'vitest';
import { checkScenario } from './scenario.ts';
import { scenarios } from './scenarios/index.ts';

const SEED = 20_260_101;

describe.each(Object.entries(scenarios))('%s', (_, those) => {
  test.each(those)('$name', (scenario) => checkScenario(scenario, SEED));
});
