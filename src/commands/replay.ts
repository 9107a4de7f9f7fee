/** `lockstep replay`: the run of a log made again, or gone on with from some tick. */

import { Args, Flags } from '@oclif/core';
import { LockstepCommand } from '../cli/command.ts';
import { nodeUi } from '../cli/ft-text.ts';
import { guestOptions } from '../cli/guest-options.ts';
import { reportOutcome, stopOnSignal } from '../cli/live.ts';
import { machineFlags } from '../cli/machine-flags.ts';
import { ProgressLine } from '../cli/progress.ts';
import { parseTick } from '../cli/specs.ts';
import type { Outcome } from '../host/outcome.ts';
import { continueLive } from '../host/record-guest.ts';
import { recordingPath } from '../host/recordings.ts';
import { type ReplayOptions, replayFile } from '../host/replay-file.ts';

const { kernel, bios, initrd, drive, net, console, 'virtio-console': consoles, entropy, engine } = machineFlags;
/** A replay has no surroundings: their flags mean something with --live alone. */
const whenLive = <T extends object>(flag: T): T => ({ ...flag, dependsOn: ['live'] });

export default class Replay extends LockstepCommand {
  static override summary = 'Make a recorded run again, exactly.';
  static override description =
    'Everything the guest does is compared with the recording: its outputs and digests of its state. ' +
    'Exit code: 0 when all agrees, 1 with an explanation at the first disagreement, 3 when the recording is damaged.';
  static override examples = [
    { description: 'Replay the latest recording and show its console.', command: '<%= config.bin %> replay' },
    { description: 'Check a recording, in CI for example.', command: '<%= config.bin %> replay boot.lks --verify' },
    {
      description: 'What if: go on live from a moment of the recording.',
      command: '<%= config.bin %> replay boot.lks --until 1200000000 --live',
    },
  ];
  static override args = { file: Args.string({ description: 'recording; the latest when left out', name: 'FILE' }) };
  static override flags = {
    until: Flags.string({ summary: 'stop at this tick [default: the end]', helpValue: 'TICK' }),
    verify: Flags.boolean({ summary: 'compare only: do not show the console', exclusive: ['live'] }),
    live: Flags.boolean({ summary: 'go on live from there, into a new recording that shares the history' }),
    output: Flags.string({
      char: 'o',
      summary: 'with --live: the recording to make',
      helpValue: 'FILE',
      dependsOn: ['live'],
    }),
    'inject-fault': Flags.string({
      summary: 'test aid: flip one bit of guest state at this tick',
      helpValue: 'TICK',
      hidden: true,
      exclusive: ['live'],
    }),
    kernel,
    bios,
    initrd,
    drive: whenLive(drive),
    net: whenLive(net),
    console: whenLive(console),
    'virtio-console': whenLive(consoles),
    entropy: whenLive(entropy),
    engine,
  };

  async run(): Promise<Outcome> {
    const { args, flags } = await this.parse(Replay);
    const file = recordingPath(args.file);
    const untilTick = flags.until === undefined ? {} : { untilTick: parseTick('--until', flags.until) };
    const images = {
      ...(flags.kernel === undefined ? {} : { kernel: flags.kernel }),
      ...(flags.bios === undefined ? {} : { bios: flags.bios }),
      ...(flags.initrd === undefined ? {} : { initrd: flags.initrd }),
    };
    const options = guestOptions(flags);
    if (flags.live) {
      const { drives, nets, uart, consoles, entropy, engine } = options;
      const output = flags.output === undefined ? {} : { output: flags.output };
      const command = ['lockstep', 'replay', ...this.argv];
      const surroundings = { drives, nets, uart, consoles, entropy, engine };
      return this.#end(
        await continueLive(
          { file, ...untilTick, ...images, ...surroundings, ...output, command, foundBy: {} },
          nodeUi(this.jsonEnabled()),
        ),
        'recorded',
      );
    }
    const fault = flags['inject-fault'];
    return this.#end(
      await this.#replay(
        {
          file,
          ...untilTick,
          ...images,
          engine: options.engine,
          ...(fault === undefined ? {} : { injectFaultTick: parseTick('--inject-fault', fault) }),
        },
        flags.verify,
      ),
      'replayed',
    );
  }

  async #replay(options: ReplayOptions, verifyOnly: boolean): Promise<Outcome> {
    const quiet = verifyOnly || this.jsonEnabled();
    // A console on the same terminal would tear the progress line.
    const line = quiet || !process.stdout.isTTY ? new ProgressLine('replay') : undefined;
    const outcome = await replayFile(options, {
      ...(quiet ? {} : { output: process.stdout }),
      progress: ({ ticks, untilTicks }) => line?.update(ticks, untilTicks),
      stop: stopOnSignal(),
    });
    line?.clear();
    return outcome;
  }

  #end(outcome: Outcome, verb: 'recorded' | 'replayed'): Outcome {
    reportOutcome(verb, outcome);
    this.finish(outcome.exitCode);
    return outcome;
  }
}
