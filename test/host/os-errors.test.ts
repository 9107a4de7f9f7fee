import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { reasonOf } from '../../src/host/os-errors.ts';

test('a socket in a folder that is not there is refused as that, and not as forbidden', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-errors-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const error = await new Promise((failed) => createServer().on('error', failed).listen(join(folder, 'none/s.sock')));
  expect(reasonOf(error)).toBe('its folder does not exist');
  expect(reasonOf(Object.assign(new Error('x'), { code: 'EACCES', syscall: 'open' }))).toBe('permission denied');
});
