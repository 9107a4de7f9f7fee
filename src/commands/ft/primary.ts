/** `lockstep ft primary`: a guest that runs here and is followed by a backup elsewhere. */

import { Flags } from '@oclif/core';
import { LockstepCommand } from '../../cli/command.ts';
import { digestEveryFlag, digestTicksOf } from '../../cli/digest-every.ts';
import { methodFlags, methodSettings, pairOptions, sideFlags } from '../../cli/ft-flags.ts';
import { nodeUi } from '../../cli/ft-text.ts';
import { guestOptions } from '../../cli/guest-options.ts';
import { reportOutcome } from '../../cli/live.ts';
import { machineFlags } from '../../cli/machine-flags.ts';
import { withoutPassword } from '../../host/ft/arbiters/arbiter-of.ts';
import { parseEndpoint } from '../../host/ft/endpoint.ts';
import type { PairOutcome } from '../../host/ft/pair-options.ts';
import { runPrimary } from '../../host/ft/run-node.ts';

export default class FtPrimary extends LockstepCommand {
  static override summary = 'Run a guest that survives this host.';
  static override description =
    'The guest begins when its backup is there. What it sends, says or writes leaves when the backup holds ' +
    'everything that led to it. When the backup is lost the guest goes on here alone; when this host is lost it ' +
    'goes on there. SIGTERM hands the guest over to its backup, if it has one; SIGINT ends it where it stands, and ' +
    'the pair with it; a second signal ends this process at once. ' +
    'Exit code: 0 when the guest powers off or is moved away, 1 when it reports failure, 4 when the pair goes on at ' +
    'the other side.';
  static override examples = [
    {
      description: 'Start the backup on the other host first, or after: whichever is there waits.',
      command:
        '<%= config.bin %> ft primary --kernel Image --initrd initrd.cpio.gz --append console=ttyS0 ' +
        '--backup tcp:10.0.0.2:7100 --key pair.key --arbiter disk:10.0.0.9:10809 ' +
        '--drive nbd:10.0.0.9:10809/disk,mode=write',
    },
  ];
  static override flags = {
    backup: Flags.string({
      summary: 'where a backup listens; the first is waited for, others are tried when one is lost; none: begin alone',
      helpGroup: 'PAIR',
      helpValue: 'tcp:HOST:PORT',
      multiple: true,
    }),
    output: Flags.string({
      char: 'o',
      summary: 'the recording to make [default: a new one in the default folder]',
      helpValue: 'FILE',
    }),
    again: Flags.boolean({
      summary: 'the guest that was in the pair before runs nowhere any more, though this host cannot see that',
      helpGroup: 'PAIR',
    }),
    stay: Flags.string({
      summary: 'wait here as a backup when the guest has been moved away [default: end]',
      helpGroup: 'PAIR',
      helpValue: 'tcp:HOST:PORT',
    }),
    'digest-every': digestEveryFlag,
    ...methodFlags,
    ...sideFlags,
    ...machineFlags,
  };

  async run(): Promise<PairOutcome> {
    const { flags } = await this.parse(FtPrimary);
    const [backup, ...spares] = (flags.backup ?? []).map((place) => parseEndpoint('--backup', place));
    const outcome = await runPrimary(
      {
        ...pairOptions(flags, this.config.version),
        ...(backup === undefined ? {} : { backup }),
        spares,
        again: flags.again,
        ...(flags.stay === undefined ? {} : { stay: parseEndpoint('--stay', flags.stay) }),
        method: methodSettings(flags),
        guest: {
          ...guestOptions(flags),
          ...(flags.output === undefined ? {} : { output: flags.output }),
          digestTicks: digestTicksOf(flags['digest-every']),
          command: ['lockstep', 'ft', 'primary', ...this.argv.map(withoutPassword)],
        },
      },
      nodeUi(this.jsonEnabled()),
    );
    reportOutcome('recorded', outcome);
    this.finish(outcome.exitCode);
    return outcome;
  }
}
