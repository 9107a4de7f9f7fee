/** `lockstep pack`: images put inside a recording, or taken out. */

import { Args, Flags } from '@oclif/core';
import { LockstepCommand } from '../cli/command.ts';
import { bytes } from '../cli/text.ts';
import { recordingPath } from '../host/recordings.ts';
import { type Packed, packRecording } from '../host/rewrite-recording.ts';

export default class Pack extends LockstepCommand {
  static override summary = 'Put the images inside a recording, so that the one file replays anywhere.';
  static override description =
    'In place it takes a recording that has its end. With -o, of one that is being made or was cut, the copy has ' +
    'what there is, and an end.';
  static override examples = [
    { description: 'Make the latest recording self-contained, in place.', command: '<%= config.bin %> pack' },
    {
      description: 'Make a packed copy to attach to a report.',
      command: '<%= config.bin %> pack boot.lks -o report.lks',
    },
    { description: 'Take the images out again.', command: '<%= config.bin %> pack boot.lks --strip' },
  ];
  static override args = { file: Args.string({ description: 'recording; the latest when left out', name: 'FILE' }) };
  static override flags = {
    output: Flags.string({ char: 'o', summary: 'write a copy instead of changing the file', helpValue: 'FILE' }),
    strip: Flags.boolean({ summary: 'take images out' }),
    kernel: Flags.string({ summary: 'the kernel, if it is not where it was', helpValue: 'FILE' }),
    bios: Flags.string({ summary: 'the firmware, if it is not where it was', helpValue: 'FILE' }),
    initrd: Flags.string({ summary: 'the initrd, if it is not where it was', helpValue: 'FILE' }),
  };

  async run(): Promise<Packed> {
    const { args, flags } = await this.parse(Pack);
    const { kernel, bios, initrd } = flags;
    const paths = {
      ...(kernel === undefined ? {} : { kernel }),
      ...(bios === undefined ? {} : { bios }),
      ...(initrd === undefined ? {} : { initrd }),
    };
    const packed = await packRecording(recordingPath(args.file), flags.output, flags.strip ? 'strip' : paths);
    if (packed.cut !== undefined) this.logToStderr(`lockstep: ${packed.cut}; the copy ends there`);
    this.log(`${packed.path}: ${bytes(packed.sizeBytes)}, ${packed.images.join(', ') || 'no images'} inside`);
    return packed;
  }
}
