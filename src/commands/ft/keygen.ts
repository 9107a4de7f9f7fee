/** `lockstep ft keygen`: the secret that the two sides of a pair share. */

import { Args } from '@oclif/core';
import { LockstepCommand } from '../../cli/command.ts';
import { makeKey } from '../../host/ft/key.ts';

export default class FtKeygen extends LockstepCommand {
  static override summary = 'Make a key for a pair.';
  static override description =
    'The channel carries everything that the guest sees, passwords included. Copy the file to the other host by a ' +
    'way you trust; who has it can take part in the pair.';
  static override examples = [
    { description: 'A file that only you can read.', command: '<%= config.bin %> ft keygen pair.key' },
  ];
  static override args = { file: Args.string({ description: 'file to make', name: 'FILE', required: true }) };

  async run(): Promise<{ readonly path: string }> {
    const { args } = await this.parse(FtKeygen);
    makeKey(args.file);
    this.log(args.file);
    return { path: args.file };
  }
}
