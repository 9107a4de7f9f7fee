import { expect, test } from 'vitest';
import { hunt, MUTANTS } from './mutants/hunt.ts';
import { publishedRows } from './mutants/published.ts';
import { SOURCE_MUTANTS } from './mutants/source.ts';
import { shrink } from './runner/shrink.ts';
import { runWorld } from './world/run.ts';

/** Found in the first few worlds; the others take longer (mutants.full.test.ts). */
const QUICK: readonly [name: string, invariant: string][] = [
  ['release on send, not on ack', 'I1'],
  ['ack before buffering', 'I1'],
  ['no test-and-set', 'I3'],
  ['the test-and-set gives two winners', 'I3'],
  ['writes of a stale epoch are accepted', 'I3'],
  ['no power-off entry', 'I8'],
  ['direct DMA', 'I14'],
  ['an input comes one step late', 'I5'],
  ['state digests are not compared', 'I2'],
  ['the backup writes to the shared disk', 'I6'],
  ['an output leaves before its mark is in the log', 'I1'],
  ['disk operations race', 'I4'],
];

test.each(QUICK)('a pair with the defect "%s" is found out by %s', (name, invariant) => {
  const mutant = MUTANTS.find((one) => one.name === name)!;
  expect(hunt(mutant, 150)).toMatchObject({ name, invariant });
});

test('the published table has every defect, and no other', () => {
  const names = [...MUTANTS, ...SOURCE_MUTANTS].map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect([...publishedRows().keys()].sort()).toEqual(names.sort());
});

test('a failing world is shrunk to faults that are all needed', () => {
  const mutant = MUTANTS.find((one) => one.name === 'no test-and-set')!;
  const { seeds } = hunt(mutant, 60);
  const { chosen } = shrink(seeds!, mutant.hooks);
  expect(chosen.length).toBeGreaterThan(0);
  for (const one of chosen) {
    const without = chosen.filter((other) => other !== one);
    expect(runWorld(seeds!, { hooks: mutant.hooks(), chosen: without }).violations).toEqual([]);
  }
});
