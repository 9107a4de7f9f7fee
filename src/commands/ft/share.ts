/** `lockstep ft share`: how much of a processor a guest has. */

import { Args } from '@oclif/core';
import { LockstepCommand } from '../../cli/command.ts';
import { orderGuest } from '../../host/ft/order-guest.ts';

export default class FtShare extends LockstepCommand {
  static override summary = 'Give a guest a share of a processor.';
  static override description =
    'Where the guest runs; at the backup it is refused, with the name of the primary. Of the time in which it has ' +
    'something to do the guest runs for so much. The backup knows, and gives it the same when it takes over; a guest ' +
    'that is slowed so that its backup keeps up has the smaller share of the two.';
  static override examples = [
    { description: 'Leave the rest to others on the host.', command: '<%= config.bin %> ft share web 40' },
    { description: 'As at first.', command: '<%= config.bin %> ft share web 100' },
  ];
  static override args = {
    name: Args.string({ description: 'pair, or guest in no pair', name: 'NAME', required: true }),
    percent: Args.integer({ description: '1 to 100', name: 'PERCENT', required: true, min: 1, max: 100 }),
  };

  async run(): Promise<{ readonly name: string; readonly percent: number }> {
    const { args } = await this.parse(FtShare);
    const { percent } = args;
    const name = await orderGuest(args.name, `share ${percent}`);
    this.logToStderr(`lockstep: ${name} has ${percent} % of a processor`);
    return { name, percent };
  }
}
