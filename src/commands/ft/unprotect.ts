/** `lockstep ft unprotect`: a guest goes on without a backup. */

import { Args } from '@oclif/core';
import { LockstepCommand } from '../../cli/command.ts';
import { unprotectPair } from '../../host/ft/protection.ts';

export default class FtUnprotect extends LockstepCommand {
  static override summary = 'Have the guest of a pair go on without a backup.';
  static override description =
    'To be ordered on the host where the guest lives. Its backup is let go, and no other is looked for, in no ' +
    'cluster either, until `lockstep ft protect` wants one. The guest does not stand still; while it is alone ' +
    'nothing that it says waits for anybody, and it is lost with its host. It stays the guest of its pair, with the ' +
    'name, the key and the arbiter. The process of the backup ends, or waits again if it was started with --stay.';
  static override examples = [
    {
      description: 'The hosts of its backups are to be rebuilt.',
      command: '<%= config.bin %> ft unprotect web',
    },
    {
      description: 'Afterwards: where its backup was, or on a host of its cluster.',
      command: '<%= config.bin %> ft protect web',
    },
  ];
  static override args = { name: Args.string({ description: 'pair; the only one when left out', name: 'NAME' }) };

  async run(): Promise<{ readonly pair: string }> {
    const { args } = await this.parse(FtUnprotect);
    const pair = await unprotectPair(args.name);
    this.logToStderr(`lockstep: the guest of ${pair} has no backup now`);
    return { pair };
  }
}
