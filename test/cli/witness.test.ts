/** `lockstep ft witness` as an operator meets it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { MajorityArbiter } from '../../src/host/ft/arbiters/majority.ts';
import { folder, lockstep, root } from './cli.ts';

it('has a voice until it is told to end, and has kept it when it is started again', async () => {
  for (let times = 0; times < 2; times++) {
    const words = ['bin/dev.js', 'ft', 'witness', '--listen', '127.0.0.1:0', '--dir', join(folder, 'w'), '--json'];
    const child = spawn(process.execPath, words, { cwd: root });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    const ended = once(child, 'close').then(([status]) => status as number);
    while (!/witness at tcp:/.test(stderr)) {
      const status = await Promise.race([once(child.stderr, 'data'), ended]);
      if (typeof status === 'number') throw new Error(`it ended with ${status}: ${stderr}`);
    }
    const port = Number(/tcp:127\.0\.0\.1:(\d+)/.exec(stderr)?.[1]);
    const arbiter = new MajorityArbiter([{ name: 'm', endpoint: { host: '127.0.0.1', port } }], undefined, 30_000);
    expect(await arbiter.claim('p', 1, 'me')).toEqual({ kind: 'won' });
    expect(await arbiter.claim('p', 1, 'other')).toEqual({ kind: 'lost', holder: 'me' });
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ listen: `tcp:127.0.0.1:${port}`, dir: join(folder, 'w') });
  }
});

it('listens elsewhere than on loopback only with a key, and says what it does not understand', async () => {
  const open = await lockstep('ft', 'witness', '--listen', '0.0.0.0:0', '--dir', 'x');
  expect(open).toMatchObject({ status: 2, stderr: expect.stringContaining('ft keygen') });
  const odd = await lockstep('ft', 'witness', '--listen', 'nowhere', '--dir', 'x');
  expect(odd).toMatchObject({ status: 2, stderr: expect.stringContaining('HOST:PORT') });
});
