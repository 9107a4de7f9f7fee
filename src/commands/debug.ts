/** `lockstep debug`: gdb on a recording, forwards and backwards. */

import { Args, Flags } from '@oclif/core';
import { LockstepCommand } from '../cli/command.ts';
import { type DebugReport, debugRecording } from '../cli/debug-session.ts';
import { inspectFlags } from '../cli/inspect-session.ts';

export default class Debug extends LockstepCommand {
  static override summary = 'Debug a recording with gdb, forwards and backwards.';
  static override description =
    'Opens the recording at its end, starts gdb there when it is installed (gdb-multiarch, for example) and ' +
    'otherwise says how to attach one. Everything that gdb has works, and its reverse commands: reverse-continue, ' +
    'reverse-step, reverse-next, reverse-finish, reverse-stepi. monitor help lists what lockstep adds.';
  static override examples = [
    { description: 'The latest recording, at its end.', command: '<%= config.bin %> debug' },
    {
      description: 'A kernel with its symbols, at some tick.',
      command: '<%= config.bin %> debug boot.lks --symbols vmlinux --at 1200000000',
    },
    { description: 'Only the server, for a gdb elsewhere.', command: '<%= config.bin %> debug boot.lks --port 1234' },
    { description: 'A recording that is still written.', command: '<%= config.bin %> debug run.lks --attach' },
  ];
  static override args = { file: Args.string({ description: 'recording; the latest when left out', name: 'FILE' }) };
  static override flags = {
    at: Flags.string({ summary: 'where to begin', helpValue: 'TICK|start|end|event:N', default: 'end' }),
    port: Flags.integer({
      summary: 'serve on this port of 127.0.0.1 and start no gdb; 0 for any free one',
      helpValue: 'PORT',
      min: 0,
      max: 65535,
    }),
    attach: Flags.boolean({ summary: 'the recording is still written: follow it as it grows' }),
    ...inspectFlags,
  };

  async run(): Promise<DebugReport> {
    const { args, flags } = await this.parse(Debug);
    return await debugRecording(args.file, flags, (command) => {
      if (!this.jsonEnabled()) this.log(command);
    });
  }
}
