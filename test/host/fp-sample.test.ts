/** The sample that does every floating-point instruction says here what it said on QEMU. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { record, replay, testFolder } from './support.ts';

const folder = testFolder();
const EXPECTED = join(fileURLToPath(new URL('../..', import.meta.url)), 'samples/fp/expected.txt');

test('fp prints the same hashes and flags as on QEMU, live and replayed', async () => {
  const file = folder.path('fp.lks');
  const { text } = await record('fp', file);
  expect(text.replaceAll('\r', '')).toBe(readFileSync(EXPECTED, 'utf8').replaceAll('\r', ''));
  expect((await replay(file)).text).toBe(text);
});
