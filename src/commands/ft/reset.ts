/** `lockstep ft reset`: presses the reset button of a guest. */

import { Args } from '@oclif/core';
import { LockstepCommand } from '../../cli/command.ts';
import { orderGuest } from '../../host/ft/order-guest.ts';

export default class FtReset extends LockstepCommand {
  static override summary = 'Reset a guest, as by its reset button.';
  static override description =
    'Where the guest runs; at the backup it is refused, with the name of the primary. It begins again from its ' +
    'firmware or kernel, with its devices reset and its memory as it is. The reset is an entry of its log: the ' +
    'backup makes it at the same tick, and so does a replay. When the command is done the backup has that entry.';
  static override examples = [{ description: 'A guest that hangs.', command: '<%= config.bin %> ft reset web' }];
  static override args = {
    name: Args.string({ description: 'pair, or guest in no pair; the only one when left out', name: 'NAME' }),
  };

  async run(): Promise<{ readonly name: string }> {
    const { args } = await this.parse(FtReset);
    const name = await orderGuest(args.name, 'reset');
    this.logToStderr(`lockstep: ${name} is reset`);
    return { name };
  }
}
