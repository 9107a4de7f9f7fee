/** docs/commands.md is made from the commands (`npm run docs`): it has each of them, as it is, and no other. */
import { globSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const page = readFileSync('docs/commands.md', 'utf8');
const idOf = (file: string) =>
  file
    .replace(/^src\/commands\/|(\/index)?\.ts$/g, '')
    .split('/')
    .join(' ');
const files = globSync('src/commands/**/*.ts').sort();

test.each(files)('%s', (file) => {
  const source = readFileSync(file, 'utf8');
  const section = page.split(/^## /m).find((part) => part.match(/^`lockstep ([a-z ]+[a-z])/)?.[1] === idOf(file));
  expect(section, 'run npm run docs').toBeDefined();
  const summary = source.match(/static override summary =\s*(['"])(.*?)\1;/s)?.[2];
  expect(section, 'run npm run docs').toContain(summary);
});

test('and no other', () => {
  expect(page.match(/^## `lockstep /gm)).toHaveLength(files.length);
});
