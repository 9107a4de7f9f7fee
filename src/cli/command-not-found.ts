/** What oclif runs for words that are no command: one line that says where to look, with the exit code of usage. */

import { existsSync } from 'node:fs';
import type { Hook } from '@oclif/core';
import { UserError } from '../lib/errors.ts';
import { reportError } from './command.ts';

const hook: Hook.CommandNotFound = async ({ id, argv = [], config }) => {
  const [first = '', ...rest] = id.split(':');
  const known = config.findCommand(first);
  const what = `there is no command ${id.replaceAll(':', ' ')}`;
  const isFile = known?.flags.kernel !== undefined && existsSync(rest.join(':'));
  const remedy = isFile ? `name the file with: lockstep ${first} --kernel ${rest.join(':')}` : seeHelp(first);
  reportError(new UserError('usage', what, remedy), argv.includes('--json'));

  function seeHelp(word: string): string {
    const has = known !== undefined || config.findTopic(word) !== undefined;
    return `see: lockstep ${has ? `${word} ` : ''}--help`;
  }
};

export default hook;
