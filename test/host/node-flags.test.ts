/** What V8 is told before it runs guests: who asks for them, and what a process that gives them to itself keeps. */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { flagsToAdd, nodeFlags, stepsGuest } from '../../src/host/node-flags.ts';
import { ROOT } from '../tidy/tree.ts';

/** `log index` for src/commands/log/index/index.ts. */
const commands = readdirSync(join(ROOT, 'src/commands'), { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts'))
  .map((path) => path.replace(/(?:[/\\]index)?\.ts$/, '').replaceAll(/[/\\]/g, ' '));

test('V8 is told where it neither heeds hints by itself nor frees shared wrappers safely', () => {
  const flags = ['--experimental-wasm-branch-hinting', '--no-wasm-code-gc'];
  const MANY = 16;
  expect(nodeFlags('12.4.254.21-node.33', MANY)).toEqual(flags);
  expect(nodeFlags('13.6.233.17-node.28', MANY)).toEqual(flags);
  expect(nodeFlags('14.6.202.34-node.34', MANY)).toEqual([]);
  expect(nodeFlags('11.3.244.8-node.30', MANY)).toEqual([]);
  expect(nodeFlags('', MANY)).toEqual([]);
});

test.each([
  [1, ['--v8-pool-size=1']],
  [2, ['--v8-pool-size=1']],
  [3, ['--v8-pool-size=2']],
  [4, ['--v8-pool-size=3']],
  [5, []],
])('of %d cores the guest has one for itself', (cores, flags) => {
  expect(nodeFlags('14.6.202.34-node.34', cores)).toEqual(flags);
});

test('what Node was told already stays as it was told', () => {
  const flags = ['--no-wasm-code-gc', '--v8-pool-size=1'];
  expect(flagsToAdd([], flags)).toEqual(flags);
  expect(flagsToAdd(flags, flags)).toEqual([]);
  expect(flagsToAdd(['--v8-pool-size=0', '--trace-gc'], flags)).toEqual(['--no-wasm-code-gc']);
  expect(flagsToAdd(['--no_wasm_code_gc'], flags)).toEqual(['--v8-pool-size=1']);
});

test('of the commands these alone do not restart: they make no machine', () => {
  const guestless = commands.filter((name) => !stepsGuest(name.split(' ')));
  const log = ['log dump', 'log info', 'log repair', 'log verify'];
  expect(guestless.toSorted()).toEqual([
    'disk serve',
    'ft keygen',
    'ft protect',
    'ft status',
    'ft stop',
    'ft unprotect',
    'help',
    ...log,
    'ls',
    'pack',
    'switch',
  ]);
});

test.each(['run', 'record', 'replay', 'debug', 'bisect', 'ft primary', 'log index'])('%s restarts', (name) => {
  expect(commands).toContain(name);
  expect(stepsGuest([...name.split(' '), 'x'])).toBe(true);
});

test.each([[], ['--help'], ['--version'], ['help', 'run'], ['run', '--help'], ['replay', 'x.lks', '-h']])(
  'no restart for: %s',
  (...words) => {
    expect(stepsGuest(words)).toBe(false);
  },
);

test.skipIf(process.execve === undefined || nodeFlags().length === 0)(
  'a process that restarts keeps its number, input, arguments, own flags and environment',
  () => {
    const script = join(ROOT, 'test/host/fixtures/restart.ts');
    const done = spawnSync(process.execPath, ['--stack-size=900', script, 'run', 'a b', ''], {
      input: 'typed',
      encoding: 'utf8',
      env: { ...process.env, RESTART_TEST: 'kept' },
    });
    expect(done.stderr).toBe('');
    expect(JSON.parse(done.stdout)).toEqual({
      pid: done.pid,
      flags: ['--stack-size=900', ...nodeFlags()],
      words: ['run', 'a b', ''],
      input: 'typed',
      kept: 'kept',
    });
  },
);
