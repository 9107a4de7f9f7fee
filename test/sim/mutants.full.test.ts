import { expect, test } from 'vitest';
import { hunt, MUTANTS } from './mutants/hunt.ts';
import { huntSource, SOURCE_MUTANTS } from './mutants/source.ts';

test.each(SOURCE_MUTANTS)('sources with the defect "$name" are found out', async (mutant) => {
  expect((await huntSource(mutant, 10_000)).seeds).toBeDefined();
});

test.each(MUTANTS)('a pair with the defect "$name" is found out', (mutant) => {
  expect(hunt(mutant, 10_000).seeds).toBeDefined();
});
