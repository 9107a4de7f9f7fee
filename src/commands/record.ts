/** `lockstep record`: a guest whose inputs are written to a log. */

import { Flags } from '@oclif/core';
import { LockstepCommand } from '../cli/command.ts';
import { digestEveryFlag, digestTicksOf } from '../cli/digest-every.ts';
import { nodeUi } from '../cli/ft-text.ts';
import { foundBy, guestNameFlag } from '../cli/guest-name.ts';
import { guestOptions } from '../cli/guest-options.ts';
import { parseKept } from '../cli/kept.ts';
import { reportOutcome } from '../cli/live.ts';
import { machineFlags } from '../cli/machine-flags.ts';
import { parseSpacing } from '../cli/spacing.ts';
import type { Outcome } from '../host/outcome.ts';
import { recordGuest } from '../host/record-guest.ts';

export default class Record extends LockstepCommand {
  static override summary = 'Run a guest and record everything that makes the run what it is.';
  static override description =
    'As `run`, with every non-deterministic input written to a log from which `replay` makes the same run again. ' +
    'A recorder that is killed leaves a recording that replays up to its last whole frame. ' +
    'A recording is for its owner alone (mode 0600): it holds what was typed. ' +
    'While it runs the guest can be given a backup: see `ft protect`.';
  static override examples = [
    {
      description: 'Record a bare-metal program into the default folder.',
      command: '<%= config.bin %> record --kernel samples/prebuilt/race.elf',
    },
    {
      description: 'Record Linux with a disk whose changes end with the run.',
      command:
        '<%= config.bin %> record --kernel Image --initrd initrd.cpio.gz --append console=ttyS0 ' +
        '--drive disk.img -o boot.lks',
    },
    {
      description: 'Wait for a failure that takes days, and have the ten minutes before it.',
      command: '<%= config.bin %> record --keep 10min --kernel Image --drive disk.img -o server.lks',
    },
    {
      description: "Give the guest the host's network through passt.",
      command: '<%= config.bin %> record --kernel Image --net stream:unix:/tmp/passt.sock',
    },
  ];
  static override flags = {
    output: Flags.string({
      char: 'o',
      summary: 'the recording to make [default: a new one in the default folder]',
      helpValue: 'FILE',
    }),
    name: guestNameFlag,
    'digest-every': digestEveryFlag,
    'checkpoint-every': Flags.string({
      summary: 'put checkpoints into the recording, so that a debugger opens it anywhere at once',
      description:
        'auto: as often as keeps seeking short at little cost. Without it, lockstep log index adds them later.',
      helpValue: 'TICKS|auto',
    }),
    keep: Flags.string({
      summary: 'keep the end of the recording alone: its last so much time or bytes, at least',
      description:
        'For a guest that runs for days until it fails. What is older is let go: the recording then begins with a ' +
        'checkpoint, which is copied while the guest runs, and is between once and twice as long as asked for.',
      helpValue: '90s|10min|2h|64M',
      exclusive: ['checkpoint-every'],
    }),
    ...machineFlags,
  };

  async run(): Promise<Outcome> {
    const { flags } = await this.parse(Record);
    const checkpoints = flags['checkpoint-every'];
    const { keep } = flags;
    const outcome = await recordGuest(
      {
        ...guestOptions(flags),
        foundBy: foundBy(flags.name),
        ...(flags.output === undefined ? {} : { output: flags.output }),
        ...(checkpoints === undefined ? {} : { checkpoints: parseSpacing('--checkpoint-every', checkpoints) }),
        ...(keep === undefined ? {} : { kept: parseKept('--keep', keep) }),
        command: ['lockstep', 'record', ...this.argv],
        digestTicks: digestTicksOf(flags['digest-every']),
      },
      nodeUi(this.jsonEnabled()),
    );
    reportOutcome('recorded', outcome);
    this.finish(outcome.exitCode);
    return outcome;
  }
}
