/** `lockstep ft protect`: a backup for a guest that runs and has none. */

import { Args, Flags } from '@oclif/core';
import { LockstepCommand } from '../../cli/command.ts';
import { bytes, count } from '../../cli/text.ts';
import { parseEndpoint } from '../../host/ft/endpoint.ts';
import { protectPair } from '../../host/ft/nodes.ts';
import type { CopyStatus } from '../../host/ft/shield.ts';

export default class FtProtect extends LockstepCommand {
  static override summary = 'Make a backup of a guest that runs on this host without one.';
  static override description =
    'Its memory is copied while it runs; it stands still only for the last of it. Used when a pair began alone, or ' +
    'has lost a side and knows no other place. The place is remembered and tried again by itself.';
  static override examples = [
    {
      description: 'Start the new backup on the other host first.',
      command: '<%= config.bin %> ft protect web --backup tcp:10.0.0.3:7100',
    },
  ];
  static override args = { name: Args.string({ description: 'pair; the only one when left out', name: 'NAME' }) };
  static override flags = {
    backup: Flags.string({ summary: 'where it listens', helpValue: 'tcp:HOST:PORT', required: true }),
  };

  async run(): Promise<CopyStatus> {
    const { args, flags } = await this.parse(FtProtect);
    const copy = await protectPair(args.name, parseEndpoint('--backup', flags.backup));
    const { to, round, pages, pausedNs = 0, tookMs = 0 } = copy;
    const size = `${count(pages)} pages in ${round} rounds, ${bytes(copy.bytes)}`;
    const times = `${(tookMs / 1000).toFixed(1)} s; the guest stood still for ${(pausedNs / 1e6).toFixed(1)} ms`;
    this.logToStderr(`lockstep: protected by ${to}: ${size}, ${times}`);
    return copy;
  }
}
