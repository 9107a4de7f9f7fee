/** What ends a guest from outside. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { folder, lockstep, root, sample } from './cli.ts';

it('signals in quick succession are one request: the recording has its end', async () => {
  const file = join(folder, 'signalled.lks');
  const words = [
    join(root, 'bin/dev.js'),
    'record',
    '--kernel',
    sample('count'),
    '--append',
    'every=1',
    '-m',
    '1G',
    '-o',
    file,
  ];
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit').then(([code, signal]) => (code ?? signal) as number | string);
  await once(child.stdout, 'data');
  // The end of a recording of so much memory takes longer than this.
  for (let sent = 0; sent < 3; sent++) {
    child.kill('SIGTERM');
    await sleep(5);
  }
  expect(await ended).toBe(130);
  const info = await lockstep('log', 'info', file, '--json');
  expect(info.status).toBe(0);
  expect(JSON.parse(info.stdout)).toMatchObject({ end: { repaired: false, ticks: expect.any(Number) } });
});
