/** `lockstep bisect`: the first tick at which something about the guest is true. */

import { Args, Flags } from '@oclif/core';
import { type Bisected, bisectRecording } from '../cli/bisect.ts';
import { bisectText } from '../cli/bisect-report.ts';
import { LockstepCommand } from '../cli/command.ts';
import { inspectFlags } from '../cli/inspect-session.ts';
import { ExitCode } from '../lib/errors.ts';

export default class Bisect extends LockstepCommand {
  static override summary = 'Find the first tick at which something about the guest is true.';
  static override description =
    'An expression speaks of registers (a0, pc, mstatus, tick), memory (u64[ADDRESS], i8[…]; pu32[…] by physical ' +
    'address), symbols (counter), functions (in(main)) and the console (console("panic"), console(/Oops.*/)), with ' +
    'the operators of C. cmd:COMMAND is run by the shell at each moment looked at, with what inspect --json shows on ' +
    'standard input and LOCKSTEP_TICK in its environment; it ends with 0 where the condition holds and 1 where not. ' +
    'Exit code: 0 when there is such a tick, 1 when there is none.';
  static override examples = [
    {
      description: 'When did the counter pass seven thousand?',
      command: "<%= config.bin %> bisect race.lks --when 'u64[counter] > 7000'",
    },
    {
      description: 'The first call of a function with a null pointer.',
      command: "<%= config.bin %> bisect boot.lks --when 'pc == kfree && a0 == 0' --scan",
    },
    {
      description: 'Ask a script, by halving.',
      command: "<%= config.bin %> bisect boot.lks --when 'cmd:./is-broken.sh'",
    },
  ];
  static override args = { file: Args.string({ description: 'recording; the latest when left out', name: 'FILE' }) };
  static override flags = {
    when: Flags.string({ summary: 'the condition', helpValue: 'EXPRESSION|cmd:COMMAND', required: true }),
    from: Flags.string({ summary: 'first tick looked at', helpValue: 'TICK|start', default: 'start' }),
    to: Flags.string({ summary: 'last tick looked at', helpValue: 'TICK|end', default: 'end' }),
    monotone: Flags.boolean({
      summary: 'once true it stays so: halve [default when it is false at the start and true at the end]',
      exclusive: ['scan'],
    }),
    scan: Flags.boolean({ summary: 'look at every tick: it may come and go' }),
    every: Flags.string({
      summary: 'scan in strides, then every tick of the stride in which it has become true',
      helpValue: 'TICKS',
      exclusive: ['monotone'],
    }),
    ...inspectFlags,
  };

  async run(): Promise<Bisected> {
    const { args, flags } = await this.parse(Bisect);
    const bisected = await bisectRecording(args.file, flags, (result) => JSON.stringify(this.toSuccessJson(result)));
    this.log(bisectText(bisected));
    this.finish(bisected.tick === undefined ? ExitCode.diverged : ExitCode.done);
    return bisected;
  }
}
