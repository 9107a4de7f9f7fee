/** `lockstep log verify`: the soundness of a recording, without running it. */

import { Args } from '@oclif/core';
import { LockstepCommand } from '../../cli/command.ts';
import { type LogInfo, logInfo } from '../../cli/log-info.ts';
import { count } from '../../cli/text.ts';
import { openRecording } from '../../host/log-file-source.ts';
import { recordedConfig } from '../../host/recorded-machine.ts';
import { recordingPath } from '../../host/recordings.ts';
import { ExitCode } from '../../lib/errors.ts';

interface Verified {
  readonly path: string;
  readonly whole: boolean;
  readonly cut: LogInfo['cut'];
  readonly frames: number;
  readonly ticks: bigint;
  readonly events: LogInfo['events'];
}

export default class LogVerify extends LockstepCommand {
  static override summary = 'Check that every byte of a recording is sound.';
  static override description =
    'Reads the header, every frame and every record: checksums, sequence, totals, index. It does not run the guest: ' +
    '`replay --verify` does. Exit code: 0 when the recording is whole, 3 when it is cut or damaged.';
  static override examples = [
    { description: 'Check a file that was copied.', command: '<%= config.bin %> log verify boot.lks' },
  ];
  static override args = { file: Args.string({ description: 'recording; the latest when left out', name: 'FILE' }) };

  async run(): Promise<Verified> {
    const { args } = await this.parse(LogVerify);
    const path = recordingPath(args.file);
    const recording = openRecording(path);
    try {
      recordedConfig(recording.reader);
      const { cut, frames, ticks, events } = logInfo(recording);
      if (cut === undefined) this.log(`${path}: whole, ${count(frames)} frames, ${count(ticks)} ticks`);
      else {
        this.log(
          `${path}: cut at byte ${count(cut.offset)} (${cut.reason}); sound up to tick ${count(ticks)}. ` +
            `It replays up to there; lockstep log repair gives it an end.`,
        );
        this.finish(ExitCode.badLog);
      }
      return { path, whole: cut === undefined, cut, frames, ticks, events };
    } finally {
      recording.close();
    }
  }
}
