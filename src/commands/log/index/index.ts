/** `lockstep log index`: checkpoints added to a recording. */

import { Args, Flags } from '@oclif/core';
import { LockstepCommand } from '../../../cli/command.ts';
import { stopOnSignal } from '../../../cli/live.ts';
import { machineFlags } from '../../../cli/machine-flags.ts';
import { ProgressLine } from '../../../cli/progress.ts';
import { parseSpacing } from '../../../cli/spacing.ts';
import { bytes, count } from '../../../cli/text.ts';
import { DEFAULTS } from '../../../host/guest-options.ts';
import { type Indexed, indexRecording } from '../../../host/index-recording.ts';
import { recordingPath } from '../../../host/recordings.ts';

const { kernel, bios, initrd, engine } = machineFlags;

export default class LogIndex extends LockstepCommand {
  static override summary = 'Add checkpoints to a recording, so that a debugger opens it anywhere at once.';
  static override description =
    'Replays the recording and writes it anew with snapshots of the machine between its frames, in place of any it ' +
    'had. The old file is replaced when the new one is whole. A reader that does not want them passes them over.';
  static override examples = [
    { description: 'The latest recording.', command: '<%= config.bin %> log index' },
    {
      description: 'Closer together, for shorter seeks and a larger file.',
      command: '<%= config.bin %> log index boot.lks --checkpoint-every 10000000',
    },
    { description: 'Take them out again.', command: '<%= config.bin %> log index boot.lks --strip' },
  ];
  static override args = { file: Args.string({ description: 'recording; the latest when left out', name: 'FILE' }) };
  static override flags = {
    'checkpoint-every': Flags.string({
      summary: 'how far apart [default: auto]',
      helpValue: 'TICKS|auto',
      exclusive: ['strip'],
    }),
    strip: Flags.boolean({ summary: 'take checkpoints out' }),
    kernel,
    bios,
    initrd,
    engine,
  };

  async run(): Promise<Indexed> {
    const { args, flags } = await this.parse(LogIndex);
    const { strip, 'checkpoint-every': every = 'auto' } = flags;
    const line = new ProgressLine('index');
    const indexed = await indexRecording(
      {
        file: recordingPath(args.file),
        spacing: strip ? 'none' : parseSpacing('--checkpoint-every', every),
        engine: flags.engine ?? DEFAULTS.engine,
        ...(flags.kernel === undefined ? {} : { kernel: flags.kernel }),
        ...(flags.bios === undefined ? {} : { bios: flags.bios }),
        ...(flags.initrd === undefined ? {} : { initrd: flags.initrd }),
      },
      { progress: (ticks, until) => line.update(ticks, until), stop: stopOnSignal() },
    );
    line.clear();
    this.log(indexedText(indexed));
    return indexed;
  }
}

function indexedText({ path, checkpoints, sizeBefore, sizeBytes, seekTicks }: Indexed): string {
  const sizes = `${bytes(sizeBefore)}, now ${bytes(sizeBytes)}`;
  if (checkpoints === 0) return `${path}: no checkpoints inside; ${sizes}`;
  return `${path}: ${count(checkpoints)} checkpoints, at most ${count(seekTicks)} ticks apart; ${sizes}`;
}
