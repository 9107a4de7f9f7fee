/** Standard output that is lost, and what is said of a recording then. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { folder, lockstep, root, sample } from './cli.ts';

/** Onto a disk that is full. */
async function full(...args: string[]): Promise<{ readonly status: number; readonly stderr: string }> {
  const out = openSync('/dev/full', 'w');
  const env = { ...process.env, XDG_STATE_HOME: folder, NO_COLOR: '1' };
  const stdio = ['ignore', out, 'pipe'] as const;
  const child = spawn(process.execPath, [join(root, 'bin/dev.js'), ...args], { cwd: folder, env, stdio: [...stdio] });
  closeSync(out);
  const [stderr, [status]] = await Promise.all([text(child.stderr!), once(child, 'exit')]);
  return { status: status as number, stderr };
}

const LOST = /^lockstep: standard output cannot be written on: no space left on the disk; .*$/gm;

it.skipIf(!existsSync('/dev/full'))(
  'a full disk under standard output is a loss told in one line, exit 4',
  async () => {
    const recorded = await full('record', '--kernel', sample('hello'), '-o', 'full.lks');
    expect(recorded).toMatchObject({ status: 4, stderr: expect.stringContaining('recording full.lks (') });
    expect(recorded.stderr.match(LOST)).toHaveLength(1);
    expect(await lockstep('log', 'verify', 'full.lks')).toMatchObject({ status: 0 });
    for (const words of [
      ['replay', 'full.lks'],
      ['replay', 'full.lks', '--verify', '--json'],
      ['log', 'dump', 'full.lks'],
    ]) {
      const { status, stderr } = await full(...words);
      expect({ status, lost: stderr.match(LOST)?.length, stack: stderr.includes('    at ') }, words.join(' ')).toEqual({
        status: 4,
        lost: 1,
        stack: false,
      });
    }
  },
);

it('a console whose reader leaves ends the recording, with what is in it', async () => {
  const args = ['record', '--kernel', sample('count'), '-o', 'left.lks'];
  const child = spawn(process.execPath, [join(root, 'bin/dev.js'), ...args], { cwd: folder });
  child.stdout.once('data', () => child.stdout.destroy());
  const [stderr, [status]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
  expect(status).toBe(4);
  const size = statSync(join(folder, 'left.lks')).size;
  expect(size).toBeLessThan(1e6);
  const kilobytes = (size / 1000).toPrecision(3);
  expect(stderr).toContain(`recording left.lks (${size < 1000 ? `${size} B` : `${kilobytes} kB`}, `);
});

it('a recording that was not made is not named, and an error has the shape that every error has', async () => {
  await lockstep('record', '--kernel', sample('hello'), '-o', 'ended.lks');
  const live = await lockstep('replay', 'ended.lks', '--live', '-o', 'none.lks', '--json');
  expect(live.status).toBe(2);
  expect(live.stderr).toContain('go live earlier');
  expect(live.stderr).not.toMatch(/none\.lks|recorded/);
  const { recording, error, exitCode } = JSON.parse(live.stdout);
  expect({ recording, exitCode }).toEqual({ recording: undefined, exitCode: 2 });
  expect(Object.keys(error)).toEqual(['code', 'message', 'remedy']);
});
