import { expect, test } from 'vitest';
import { ExitCode, UserError } from '../../src/lib/errors.ts';

test('the exit codes are those the command promises', () => {
  expect(ExitCode).toEqual({ done: 0, diverged: 1, usage: 2, badLog: 3, lost: 4, bug: 70, interrupted: 130 });
});

test('an operator error is one line that says what happened and what to do', () => {
  const cause = new Error('ENOENT');
  const error = new UserError('bad-image', 'a.out is not a RISC-V ELF', 'give one', ExitCode.badLog, cause);
  expect(error).toBeInstanceOf(Error);
  expect(error.message).toBe('a.out is not a RISC-V ELF; give one');
  expect(error).toMatchObject({ name: 'UserError', code: 'bad-image', exitCode: 3, remedy: 'give one', cause });
});

test('an operator error is a matter of usage unless said otherwise', () => {
  const error = new UserError('bad-flag', 'x', 'y');
  expect(error.exitCode).toBe(2);
  expect('cause' in error).toBe(false);
});
