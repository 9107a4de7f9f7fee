/** Regions are emitted as the golden files say; when that is meant to change, bless.ts writes them anew. */

import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { enginePage, goldenFile, goldenFolder } from './golden/files.ts';
import { withLoop } from './golden/page.ts';
import { canRender, goldenPrograms } from './golden/programs.ts';
import { render } from './golden/render.ts';

describe('the region of', () => {
  for (const program of goldenPrograms) {
    test.skipIf(!canRender(program))(`${program.name}: ${program.shows}`, () => {
      expect(render(program)).toBe(readFileSync(goldenFile(program.name), 'utf8'));
    });
  }
});

test('there is no file without a program', () => {
  const files = readdirSync(goldenFolder).filter((file) => file.endsWith('.wat'));
  expect(files.toSorted()).toEqual(goldenPrograms.map(({ name }) => `${name}.wat`).toSorted());
});

test('docs/engine.md shows a loop as it is emitted', () => {
  const page = readFileSync(enginePage, 'utf8');
  expect(withLoop(page, readFileSync(goldenFile('sum'), 'utf8'))).toBe(page);
});
