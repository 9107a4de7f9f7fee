import { expect, test } from 'vitest';
import { runMany } from './runner/many.ts';
import { unreached } from './runner/reachability.ts';

test('everything that must happen in some world happens in twenty thousand', async () => {
  const { counters, failures } = await runMany(1, 20_000, 2);
  expect(failures).toEqual([]);
  expect(unreached(counters)).toEqual([]);
});
