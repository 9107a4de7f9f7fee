import { expect, test } from 'vitest';
import { runMany } from './runner/many.ts';
import { unreached } from './runner/reachability.ts';

/** Worlds gone through; LOCKSTEP_SIM_WORLDS for more. */
const WORLDS = Number(process.env.LOCKSTEP_SIM_WORLDS ?? 16_000);

test(`everything that must happen in some world happens in ${WORLDS}`, async () => {
  const { counters, failures } = await runMany(1, WORLDS, 2);
  expect(failures).toEqual([]);
  expect(unreached(counters, WORLDS)).toEqual([]);
});
