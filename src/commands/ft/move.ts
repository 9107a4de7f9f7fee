/** `lockstep ft move`: moves one side of a pair elsewhere, as planned. */

import { Args, Flags } from '@oclif/core';
import { LockstepCommand } from '../../cli/command.ts';
import type { CopyStatus } from '../../host/ft/copy-course.ts';
import { parseEndpoint } from '../../host/ft/endpoint.ts';
import { type Moved, moveBackup, switchPair } from '../../host/ft/moves.ts';
import { UserError } from '../../lib/errors.ts';

const SIDES = ['primary', 'backup'];

export default class FtMove extends LockstepCommand {
  static override summary = 'Move the guest of a pair to where its backup is, or its backup elsewhere.';
  static override description =
    'To be ordered on the host where the guest lives. The guest (--primary) comes to a stop, its backup executes all ' +
    'there is and takes the next epoch, and the guest goes on there: clients see a pause of some tens of ' +
    'milliseconds. Its process here ends with exit code 0, or waits as a backup if it was started with --stay. ' +
    'The backup (--backup) is let go, and another is made from the running guest, which has none until then: at the ' +
    'place that is named (--to), or on a host of its cluster that can take it.';
  static override examples = [
    {
      description: 'Empty this host: its guest lives at the backup from now on.',
      command: '<%= config.bin %> ft move web --primary',
    },
    {
      description: 'Another host for the backup, where lockstep ft backup waits.',
      command: '<%= config.bin %> ft move web --backup --to tcp:10.0.0.3:7100',
    },
    {
      description: 'In a cluster: whichever host is best.',
      command: '<%= config.bin %> ft move web --backup',
    },
  ];
  static override args = { name: Args.string({ description: 'pair; the only one when left out', name: 'NAME' }) };
  static override flags = {
    primary: Flags.boolean({ summary: 'the guest goes to its backup', exactlyOne: SIDES }),
    backup: Flags.boolean({ summary: 'the backup is made anew elsewhere', exactlyOne: SIDES }),
    to: Flags.string({
      summary: 'where a new backup waits [default: where the cluster has a place]',
      helpValue: 'tcp:HOST:PORT',
    }),
  };

  async run(): Promise<Moved | CopyStatus> {
    const { args, flags } = await this.parse(FtMove);
    if (flags.primary) {
      if (flags.to !== undefined) throw elsewhere();
      return this.#primary(args.name);
    }
    const to = flags.to === undefined ? undefined : parseEndpoint('--to', flags.to);
    const copy = await moveBackup(args.name, to);
    const times = `the guest had no backup for ${((copy.unprotectedMs ?? 0) / 1000).toFixed(1)} s`;
    this.logToStderr(`lockstep: protected by ${copy.to}; ${times}`);
    return copy;
  }

  async #primary(pair: string | undefined): Promise<Moved> {
    const moved = await switchPair(pair);
    const gap = moved.stoodStillMs === undefined ? '' : `; it stood still for ${moved.stoodStillMs.toFixed(0)} ms`;
    this.logToStderr(`lockstep: the guest of ${moved.pair} lives at ${moved.to} now${gap}`);
    return moved;
  }
}

const elsewhere = (): UserError =>
  new UserError(
    'two-moves',
    'the guest moves to its backup, and nowhere else (--to)',
    'move the backup to that place first: lockstep ft move --backup --to tcp:HOST:PORT',
  );
