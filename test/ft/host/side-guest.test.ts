/** The guest's thread of a backup, which is there before it is known what it is to do. */

import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { METHOD_DEFAULTS } from '../../../src/ft/guest/method.ts';
import { SideGuest } from '../../../src/host/ft/side-guest.ts';
import { warmUp } from '../../../src/host/ft/warm-up.ts';

const ears = { report: () => {}, direct: () => {}, live: () => {} };

test('the machine of no meaning runs to its end', () => {
  expect(warmUp()).toBe(200_000n);
});

test('a thread that was prepared takes its job when that comes, and ends with it', async () => {
  const guest = new SideGuest(ears);
  guest.prepare();
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-side-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'log.lks');
  const fd = openSync(path, 'wx');
  const entropy = { kind: 'seed', seed: 1n } as const;
  const run = guest.run({
    role: 'backup',
    method: METHOD_DEFAULTS,
    engine: 'auto',
    entropy,
    log: { fd, path },
    inside: new Set(),
  });
  guest.stop();
  expect(await run).toMatchObject({ kind: 'stopped' });
  closeSync(fd);
});

test('a thread that was prepared and is not needed goes', async () => {
  const guest = new SideGuest(ears);
  guest.prepare();
  await guest.dismiss();
  await expect(guest.dismiss()).resolves.toBeUndefined();
});
