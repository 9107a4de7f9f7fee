import { expect, test } from 'vitest';
import { type Found, hunt, MUTANTS } from './mutants/hunt.ts';
import { publishedRows, rowOf } from './mutants/published.ts';
import { huntSource, SOURCE_MUTANTS } from './mutants/source.ts';

const published = publishedRows();

function expectFound(found: Found): void {
  expect(found.seeds).toBeDefined();
  expect(published.get(found.name)).toBe(rowOf(found));
}

test.each(SOURCE_MUTANTS)('sources with the defect "$name" are found out, as published', async (mutant) => {
  expectFound(await huntSource(mutant, 10_000));
});

test.each(MUTANTS)('a pair with the defect "$name" is found out, as published', (mutant) => {
  expectFound(hunt(mutant, 10_000));
});
