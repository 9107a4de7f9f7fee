/** `lockstep ft keygen`: the secret that the two sides of a pair, their disk server and their switches share. */

import { existsSync } from 'node:fs';
import { Args, Flags } from '@oclif/core';
import { LockstepCommand } from '../../cli/command.ts';
import { makeKey, readKey, writePsk } from '../../host/ft/key.ts';

interface Made {
  readonly path: string;
  readonly psk?: string;
}

export default class FtKeygen extends LockstepCommand {
  static override summary = 'Make a key for a pair.';
  static override description =
    'The channel carries everything that the guest sees, passwords included. Copy the file to the other host, and to ' +
    'that of the disk server, by a way you trust; who has it can take part in the pair.\n\n' +
    'The disk server takes a key derived from it. With --psk that is written out for other NBD tools (nbdinfo, ' +
    'nbdcopy, qemu-img), in the form of GnuTLS; the key may be there already then.';
  static override examples = [
    { description: 'A file that only you can read.', command: '<%= config.bin %> ft keygen pair.key' },
    {
      description: 'What other tools show to a disk server that has this key.',
      command: '<%= config.bin %> ft keygen pair.key --psk keys.psk',
    },
  ];
  static override args = { file: Args.string({ description: 'file to make', name: 'FILE', required: true }) };
  static override flags = {
    psk: Flags.string({ summary: 'file to make for other clients of the disk server', helpValue: 'PSKFILE' }),
  };

  async run(): Promise<Made> {
    const { args, flags } = await this.parse(FtKeygen);
    const { psk } = flags;
    if (psk === undefined || !existsSync(args.file)) {
      makeKey(args.file);
      this.log(args.file);
    }
    if (psk === undefined) return { path: args.file };
    writePsk(psk, readKey(args.file));
    this.log(psk);
    return { path: args.file, psk };
  }
}
