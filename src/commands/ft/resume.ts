/** `lockstep ft resume`: has a suspended guest go on. */

import { Args } from '@oclif/core';
import { LockstepCommand } from '../../cli/command.ts';
import { orderGuest } from '../../host/ft/order-guest.ts';

export default class FtResume extends LockstepCommand {
  static override summary = 'Have a guest go on that lockstep ft suspend has stopped.';
  static override description =
    'Where the guest runs; at the backup it is refused, with the name of the primary. Its clock goes on from where ' +
    'it stood, and is behind the time of day from then on: the guest must ask for that itself, as by NTP.';
  static override examples = [
    { description: 'It goes on where it stood.', command: '<%= config.bin %> ft resume web' },
  ];
  static override args = {
    name: Args.string({ description: 'pair, or guest in no pair; the only one when left out', name: 'NAME' }),
  };

  async run(): Promise<{ readonly name: string }> {
    const { args } = await this.parse(FtResume);
    const name = await orderGuest(args.name, 'resume');
    this.logToStderr(`lockstep: ${name} goes on`);
    return { name };
  }
}
