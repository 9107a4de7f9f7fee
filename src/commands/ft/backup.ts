/** `lockstep ft backup`: follows a primary, and goes on with its guest when it is lost. */

import { Flags } from '@oclif/core';
import { LockstepCommand } from '../../cli/command.ts';
import { pairOptions, sideFlags } from '../../cli/ft-flags.ts';
import { nodeUi } from '../../cli/ft-text.ts';
import { givenSurroundings } from '../../cli/guest-options.ts';
import { reportOutcome } from '../../cli/live.ts';
import { machineFlags } from '../../cli/machine-flags.ts';
import { parseTick } from '../../cli/specs.ts';
import { parseEndpoint } from '../../host/ft/endpoint.ts';
import type { PairOutcome } from '../../host/ft/pair-options.ts';
import { runBackup } from '../../host/ft/run-node.ts';

const { drive, net, console, 'virtio-console': consoles, entropy, engine } = machineFlags;

export default class FtBackup extends LockstepCommand {
  static override summary = "Follow a primary, and go on with its guest when the primary's host is lost.";
  static override description =
    'The machine, its images and its surroundings come from the primary; drives, network and consoles that are ' +
    'elsewhere on this host are given here. Nothing is written, sent or said here before the guest is live here. ' +
    'SIGTERM and SIGINT: the primary is asked to go on without this side, which then ends; once the guest lives here ' +
    'they are as at ft primary. ' +
    'Exit code: 0 when the guest powers off or is moved away, 1 when its replay diverges, 4 when the pair goes on at ' +
    'the other side.';
  static override examples = [
    {
      description: 'Wait for a primary on the other host.',
      command: '<%= config.bin %> ft backup --listen tcp:10.0.0.2:7100 --key pair.key --arbiter disk:10.0.0.9:10809',
    },
  ];
  static override flags = {
    listen: Flags.string({
      summary: 'where the primary finds this side; TCP, and UDP on the same port',
      helpGroup: 'PAIR',
      helpValue: 'tcp:HOST:PORT',
      required: true,
    }),
    output: Flags.string({
      char: 'o',
      summary: 'the recording to make [default: a new one in the default folder]',
      helpValue: 'FILE',
    }),
    stay: Flags.boolean({
      summary: 'wait again when the guest has been moved away, or has another backup [default: end]',
      helpGroup: 'PAIR',
    }),
    ...sideFlags,
    'inject-fault': Flags.string({
      summary: 'test aid: flip one bit of guest state at this tick of the replay',
      helpValue: 'TICK',
      hidden: true,
    }),
    drive,
    net,
    console,
    'virtio-console': consoles,
    entropy,
    engine,
  };

  async run(): Promise<PairOutcome> {
    const { flags } = await this.parse(FtBackup);
    const fault = flags['inject-fault'];
    const outcome = await runBackup(
      {
        ...pairOptions(flags, this.config.version),
        listen: parseEndpoint('--listen', flags.listen),
        given: givenSurroundings(flags),
        stay: flags.stay,
        ...(flags.output === undefined ? {} : { output: flags.output }),
        ...(fault === undefined ? {} : { injectFaultTick: parseTick('--inject-fault', fault) }),
      },
      nodeUi(this.jsonEnabled()),
    );
    reportOutcome('recorded', outcome);
    this.finish(outcome.exitCode);
    return outcome;
  }
}
