/** A defect that nothing has caught ends the process, with its account and its own status. */
import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';

const COMMAND = new URL('../../src/cli/command.ts', import.meta.url).href;

test.each([
  ['in a timer', 'setTimeout(() => { throw new Error("frame 7 is not kept"); })'],
  ['of a promise', 'void Promise.reject(new Error("frame 7 is not kept"))'],
])('%s', (_where, defect) => {
  const words = ['--input-type=module', '--eval', `await import(${JSON.stringify(COMMAND)}); ${defect};`];
  const { status, stdout, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8' });
  expect([status, stdout]).toEqual([70, '']);
  expect(stderr).toMatch(
    /^lockstep: this is a defect of lockstep, please report it:\nError: frame 7 is not kept\n +at /m,
  );
});
