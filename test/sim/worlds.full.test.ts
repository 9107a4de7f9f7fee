import { expect, test } from 'vitest';
import { runMany } from './runner/many.ts';

/** Other seeds on each day: the ones before stay clean by the quick tests. */
const FRESH = Math.floor(Date.now() / 86_400_000) * 10_000;

test('ten thousand worlds that nobody has seen are clean', async () => {
  const { failures } = await runMany(FRESH, 10_000, 2);
  expect(failures.map(({ seed, violation }) => `--seed ${seed}: ${violation.invariant}: ${violation.what}`)).toEqual(
    [],
  );
});
