import { expect, test } from 'vitest';
import { checkReference } from './vector-check.ts';

test('the exact reference agrees with every recorded vector', { timeout: 120_000 }, () => {
  const { cases, failures } = checkReference(1);
  expect(failures).toEqual([]);
  expect(cases).toBeGreaterThan(200_000);
});
