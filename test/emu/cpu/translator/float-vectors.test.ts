/** The recorded floating-point vectors on compiled code. */

import { expect, test } from 'vitest';
import { runVectors } from './float-vectors.ts';

test('compiled floating point gives the bits and flags that QEMU gave', () => {
  const { cases, failures, compiled } = runVectors(1, 0);
  expect(failures).toEqual([]);
  expect(cases).toBeGreaterThan(1_000_000);
  expect(compiled).toBeGreaterThan(0.9);
});
