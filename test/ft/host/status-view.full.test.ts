/** `ft status` on a real terminal, made by `script` (util-linux): the sides as they are, again and again. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { nodeFlags } from '../../../src/host/node-flags.ts';
import { eachWorld, ROOT } from './sides.ts';

const world = eachWorld();
const absent = spawnSync('script', ['--version']).error !== undefined;

test.skipIf(absent)('the live view follows a pair through the loss of its primary, until it is ended', async () => {
  const { primary, backup } = await world.pair({ append: 'every=5', detectMs: 2000 });
  await primary.state('protected');
  const words = [process.execPath, ...nodeFlags(), join(ROOT, 'bin/dev.js'), 'ft', 'status', 'pair'];
  const command = words.map((word) => `'${word}'`).join(' ');
  const view = spawn('script', ['--quiet', '--return', '--flush', '--command', command, '/dev/null'], {
    env: { ...process.env, ...world.env },
  });
  onTestFinished(() => void view.kill('SIGKILL'));
  let said = '';
  view.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString('latin1');
  });
  // Of each picture, which begins at the top of the screen.
  const last = (): string => said.split('\x1b[H').at(-1)!;
  const until = async (shows: (picture: string) => boolean): Promise<void> => {
    while (!shows(last())) await once(view.stdout, 'data');
  };
  const ticks = (): number => Number(/tick ([\d,]+)/.exec(last())?.[1]?.replaceAll(',', ''));
  await until((picture) => picture.includes('protected, epoch 1') && picture.includes('following, epoch 1'));
  const then = ticks();
  await until(() => ticks() > then);
  primary.kill();
  await backup.state('live');
  await until((picture) => picture.includes('live, epoch 2') && !picture.includes('following'));
  expect(last()).not.toContain('protected');
  view.stdin.write('\x03');
  const [status] = await once(view, 'close');
  expect(status).toBe(130);
});
