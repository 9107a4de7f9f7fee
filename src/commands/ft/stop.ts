/** `lockstep ft stop`: powers the guest of a pair off. */

import { Args } from '@oclif/core';
import { LockstepCommand } from '../../cli/command.ts';
import { stopPair } from '../../host/ft/nodes.ts';

export default class FtStop extends LockstepCommand {
  static override summary = "Power a pair's guest off: both sides end, and the backup does not go live.";
  static override description =
    'As if the plug were pulled, where the guest runs; at the backup it is refused, with the name of the primary.';
  static override examples = [
    { description: 'The only pair on this host.', command: '<%= config.bin %> ft stop' },
    { description: 'One of several.', command: '<%= config.bin %> ft stop web' },
  ];
  static override args = { name: Args.string({ description: 'pair; the only one when left out', name: 'NAME' }) };

  async run(): Promise<{ readonly pair: string }> {
    const { args } = await this.parse(FtStop);
    const pair = await stopPair(args.name);
    this.logToStderr(`lockstep: the guest of ${pair} is off`);
    return { pair };
  }
}
