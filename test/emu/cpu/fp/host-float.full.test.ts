import { describe, expect, it } from 'vitest';
import { checked, checkOperation, repeat } from './host-check.ts';
import { formats, operations } from './wasm-float.ts';

const TUPLES = 20_000;

describe(`procedures and inline parts give exact arithmetic's bits and flags, at length (${repeat})`, () => {
  const subjects = checked();
  for (const format of formats) {
    for (const op of operations) {
      it(`${op}.${format}`, () => {
        expect(checkOperation(subjects, op, format, TUPLES)).toBeGreaterThanOrEqual(10 * TUPLES);
      });
    }
  }
});
