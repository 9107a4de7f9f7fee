/** `lockstep ft pair`: both sides of a pair on this host, to try it. */

import { Flags } from '@oclif/core';
import { LockstepCommand } from '../../cli/command.ts';
import { digestEveryFlag, digestTicksOf } from '../../cli/digest-every.ts';
import { methodFlags, methodSettings, tuningFlags, tuningOf } from '../../cli/ft-flags.ts';
import { pairUi } from '../../cli/ft-text.ts';
import { requireName } from '../../cli/guest-name.ts';
import { guestOptions } from '../../cli/guest-options.ts';
import { reportOutcome } from '../../cli/live.ts';
import { machineFlags } from '../../cli/machine-flags.ts';
import { runPair } from '../../host/ft/pair.ts';
import type { PairOutcome } from '../../host/ft/pair-options.ts';

export default class FtPair extends LockstepCommand {
  static override summary = 'Run a guest on a primary and a backup, both on this host, to try it.';
  static override description =
    'Two processes, and this one as their terminal. Kill either with kill -9: the guest goes on in the other, and ' +
    'its console here goes on without a gap or a repeat.';
  static override examples = [
    {
      description: 'A guest that counts aloud; kill the process that is named as primary.',
      command: '<%= config.bin %> ft pair --kernel samples/prebuilt/count.elf',
    },
    {
      description: 'Linux.',
      command: '<%= config.bin %> ft pair --kernel Image --initrd initrd.cpio.gz --append console=ttyS0',
    },
    {
      description: 'The count once more, with checkpoints of its memory instead of a log of its inputs.',
      command: '<%= config.bin %> ft pair --kernel samples/prebuilt/count.elf --method checkpoints --checkpoints 40',
    },
  ];
  static override flags = {
    name: Flags.string({ summary: 'name of the pair', default: 'pair', helpGroup: 'PAIR', helpValue: 'NAME' }),
    output: Flags.string({
      char: 'o',
      summary: "the primary's recording; the backup's is beside it [default: new ones in the default folder]",
      helpValue: 'FILE',
    }),
    respawn: Flags.boolean({
      summary: 'a side that is lost is replaced by a new process, made from the running guest',
      helpGroup: 'PAIR',
    }),
    'digest-every': digestEveryFlag,
    ...methodFlags,
    ...tuningFlags,
    ...machineFlags,
  };

  async run(): Promise<PairOutcome> {
    const { flags } = await this.parse(FtPair);
    const guest = {
      ...guestOptions(flags),
      ...(flags.output === undefined ? {} : { output: flags.output }),
      digestTicks: digestTicksOf(flags['digest-every']),
      command: ['lockstep', 'ft', 'pair', ...this.argv],
    };
    const name = requireName('--name', flags.name);
    const { respawn } = flags;
    const options = { name, guest, tuning: tuningOf(flags), method: methodSettings(flags), respawn };
    const outcome = await runPair(options, pairUi(this.jsonEnabled()));
    reportOutcome('recorded', outcome);
    this.finish(outcome.exitCode);
    return outcome;
  }
}
