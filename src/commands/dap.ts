/** `lockstep dap`: the debug adapter, for editors. */

import { Flags } from '@oclif/core';
import { LockstepCommand } from '../cli/command.ts';
import { servePort, serveStdio } from '../cli/dap-serve.ts';
import { say } from '../cli/live.ts';

export default class Dap extends LockstepCommand {
  static override enableJsonFlag = false;
  static override summary = 'Debug a recording from an editor, forwards and backwards.';
  static override description =
    'Speaks the Debug Adapter Protocol on standard input and output; an editor starts it. With gdb-multiarch ' +
    'installed there are source lines, variables and types, otherwise instructions, registers and memory. ' +
    'The launch request names the recording: see docs/debugging.md, "From an editor". On a port, whoever commands ' +
    'gdb runs programs as you: clients of other users are refused (on Linux, which tells), and so is a "gdb" that a ' +
    'client names.';
  static override examples = [
    { description: 'As an editor starts it.', command: '<%= config.bin %> dap' },
    { description: 'For editors that connect to a port.', command: '<%= config.bin %> dap --port 4711' },
    {
      description: 'With a gdb of your own, for all of them.',
      command: '<%= config.bin %> dap --port 4711 --gdb /opt/riscv/bin/gdb',
    },
  ];
  static override flags = {
    gdb: Flags.string({
      summary: 'the gdb to use where a client names none; none: no gdb at all [default: one that is installed]',
      helpValue: 'PROGRAM|none',
    }),
    port: Flags.integer({
      summary: 'serve on this port of 127.0.0.1 in place of standard input and output; 0 for any free one',
      helpValue: 'PORT',
      min: 0,
      max: 65535,
    }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Dap);
    if (flags.port === undefined) return await serveStdio(flags.gdb);
    await servePort(flags.port, flags.gdb, (address) => say(`debug adapter at ${address}; Ctrl-C ends it`));
  }
}
