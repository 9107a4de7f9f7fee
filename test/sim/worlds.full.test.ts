import { expect, test } from 'vitest';
import { runMany } from './runner/many.ts';

/** Other seeds on each day: the ones before stay clean by the quick tests. */
const FRESH = Math.floor(Date.now() / 86_400_000) * 10_000;

/** Worlds gone through; LOCKSTEP_SIM_WORLDS for more, 10,000 at most. */
const WORLDS = Math.min(Number(process.env.LOCKSTEP_SIM_WORLDS ?? 3000), 10_000);

test(`${WORLDS} worlds that nobody has seen are clean`, async () => {
  const { failures } = await runMany(FRESH, WORLDS, 2);
  expect(failures.map(({ seed, violation }) => `--seed ${seed}: ${violation.invariant}: ${violation.what}`)).toEqual(
    [],
  );
});
