/** `lockstep ft suspend`: has a guest stand still. */

import { Args } from '@oclif/core';
import { LockstepCommand } from '../../cli/command.ts';
import { orderGuest } from '../../host/ft/order-guest.ts';

export default class FtSuspend extends LockstepCommand {
  static override summary = 'Have a guest stand still, until lockstep ft resume.';
  static override description =
    'Where the guest runs; at the backup it is refused, with the name of the primary. The guest makes no step, and ' +
    'its clock stands still with it; it stays protected, and is suspended still when its backup takes over. What it ' +
    'has said leaves. What is typed waits; packets are lost when its network card has no more room.';
  static override examples = [
    { description: 'Then its time stands still too.', command: '<%= config.bin %> ft suspend web' },
    { description: 'It goes on where it stood.', command: '<%= config.bin %> ft resume web' },
  ];
  static override args = {
    name: Args.string({ description: 'pair, or guest in no pair; the only one when left out', name: 'NAME' }),
  };

  async run(): Promise<{ readonly name: string }> {
    const { args } = await this.parse(FtSuspend);
    const name = await orderGuest(args.name, 'suspend');
    this.logToStderr(`lockstep: ${name} is suspended`);
    return { name };
  }
}
