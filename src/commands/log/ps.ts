/** `lockstep log ps`: the processes of a Linux guest over a recording. */

import { Args, Flags } from '@oclif/core';
import { LockstepCommand } from '../../cli/command.ts';
import { processTable } from '../../cli/inspect-processes.ts';
import { inspectFlags, openInspectSession, parseMoment, travel } from '../../cli/inspect-session.ts';
import { parseTick } from '../../cli/specs.ts';
import { LinuxView } from '../../debug/guest/linux.ts';
import { type TaskHistories, taskHistories } from '../../debug/inspect/processes.ts';
import { UserError } from '../../lib/errors.ts';

const EVERY = 100_000n;

export default class LogPs extends LockstepCommand {
  static override summary = 'List the processes of a Linux guest over a recording.';
  static override description =
    'Replays the recording and reads the tasks out of guest memory, with nothing but what the kernel image says of ' +
    'itself (CONFIG_KALLSYMS_ALL and CONFIG_DEBUG_INFO_BTF, as in distributions). With each process: when it was ' +
    'there, how long it ran and the programs that it became. FIRST is a tick to go to with inspect, trace or debug.';
  static override examples = [
    { description: 'The processes of the latest recording.', command: '<%= config.bin %> log ps' },
    {
      description: 'The kernel’s own threads too, looked at more often.',
      command: '<%= config.bin %> log ps boot.lks --all --every 10000',
    },
  ];
  static override args = { file: Args.string({ description: 'recording; the latest when left out', name: 'FILE' }) };
  static override flags = {
    all: Flags.boolean({ summary: 'show threads, and those of the kernel, too' }),
    every: Flags.string({ summary: `ticks between two looks [default: ${EVERY}]`, helpValue: 'TICKS' }),
    to: Flags.string({ summary: 'the last moment', helpValue: 'TICK|end', default: 'end' }),
    ...inspectFlags,
  };

  async run(): Promise<TaskHistories> {
    const { args, flags } = await this.parse(LogPs);
    const every = flags.every === undefined ? EVERY : parseTick('--every', flags.every);
    if (every < 1n) throw new UserError('bad-value', '--every 0 never goes on', 'give a number of ticks');
    const session = openInspectSession(args.file, flags);
    try {
      const { timeline, images, symbols, path } = session;
      const linux = images.kernel === undefined ? undefined : LinuxView.of(images.kernel, symbols);
      if (linux === undefined) throw notLinux(path);
      const to = parseMoment('--to', flags.to, timeline);
      const histories = await travel('ps', path, (pace) => taskHistories(timeline, linux, every, to, pace));
      this.log(processTable(histories, flags.all));
      return histories;
    } finally {
      session.close();
    }
  }
}

const notLinux = (path: string): UserError =>
  new UserError(
    'not-linux',
    `the kernel of ${path} is not a Linux that carries its names and types`,
    'record one built with CONFIG_KALLSYMS_ALL and CONFIG_DEBUG_INFO_BTF',
  );
