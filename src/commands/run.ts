/** `lockstep run`: a guest with both doors open and no log. */

import { LockstepCommand } from '../cli/command.ts';
import { nodeUi } from '../cli/ft-text.ts';
import { foundBy, guestNameFlag } from '../cli/guest-name.ts';
import { guestOptions } from '../cli/guest-options.ts';
import { reportOutcome } from '../cli/live.ts';
import { machineFlags } from '../cli/machine-flags.ts';
import type { Outcome } from '../host/outcome.ts';
import { runGuest } from '../host/record-guest.ts';

export default class Run extends LockstepCommand {
  static override summary = 'Run a guest without recording it.';
  static override description =
    'The guest has this terminal as its serial console; Ctrl-A x ends it, Ctrl-A h lists the other keys. ' +
    'Exit code: 0 when the guest powers off, 1 when it reports failure.';
  static override examples = [
    { description: 'Run a bare-metal program.', command: '<%= config.bin %> run --kernel samples/prebuilt/hello.elf' },
    {
      description: 'Boot Linux with the built-in firmware.',
      command: '<%= config.bin %> run --kernel Image --initrd initrd.cpio.gz --append console=ttyS0',
    },
  ];
  static override flags = { name: guestNameFlag, ...machineFlags };

  async run(): Promise<Outcome> {
    const { flags } = await this.parse(Run);
    const options = { ...guestOptions(flags), foundBy: foundBy(flags.name) };
    const outcome = await runGuest(options, nodeUi(this.jsonEnabled()));
    reportOutcome(outcome.recording === undefined ? 'ran' : 'recorded', outcome);
    this.finish(outcome.exitCode);
    return outcome;
  }
}
