/** `lockstep log repair`: an end for a recording that was cut. */

import { Args } from '@oclif/core';
import { LockstepCommand } from '../../cli/command.ts';
import { count } from '../../cli/text.ts';
import { recordingPath } from '../../host/recordings.ts';
import { type Repaired, repairRecording } from '../../host/rewrite-recording.ts';

export default class LogRepair extends LockstepCommand {
  static override summary = 'Give a cut recording an end.';
  static override description =
    'Keeps every frame up to the last whole one and adds an index and an end. ' +
    'A recording that is whole is left as it is, and one that is being made is refused.';
  static override examples = [
    { description: 'After the recorder was killed.', command: '<%= config.bin %> log repair boot.lks' },
  ];
  static override args = { file: Args.string({ description: 'recording; the latest when left out', name: 'FILE' }) };

  async run(): Promise<Repaired> {
    const { args } = await this.parse(LogRepair);
    const repaired = await repairRecording(recordingPath(args.file));
    const { path, droppedBytes, reason } = repaired;
    this.log(
      reason === undefined
        ? `${path}: whole already, nothing done`
        : `${path}: was cut (${reason}); ${count(droppedBytes)} bytes dropped, an end added`,
    );
    return repaired;
  }
}
