/** What ends a guest from outside. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { folder, lockstep, root, sample } from './cli.ts';

it.each(['SIGTERM', 'SIGHUP'] as const)(
  '%s in quick succession is one request: the recording has its end',
  async (signal) => {
    const file = join(folder, `${signal}.lks`);
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
      child.kill(signal);
      await sleep(5);
    }
    expect(await ended).toBe(130);
    const info = await lockstep('log', 'info', file, '--json');
    expect(info.status).toBe(0);
    expect(JSON.parse(info.stdout)).toMatchObject({ end: { repaired: false, ticks: expect.any(Number) } });
  },
);

it('a debugger whose terminal goes leaves no folder behind', async () => {
  const file = join(folder, 'hung-up.lks');
  await lockstep('record', '--kernel', sample('hello'), '-o', file);
  const tmp = mkdtempSync(join(folder, 'tmp-'));
  const child = spawn(process.execPath, [join(root, 'bin/dev.js'), 'debug', file, '--port', '0'], {
    env: { ...process.env, XDG_STATE_HOME: folder, TMPDIR: tmp },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const ended = once(child, 'exit');
  await once(child.stdout, 'data');
  expect(readdirSync(tmp)).toHaveLength(1);
  child.kill('SIGHUP');
  expect(await ended).toEqual([0, null]);
  expect(readdirSync(tmp)).toEqual([]);
});
