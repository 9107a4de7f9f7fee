/** `lockstep ft status`: where the pairs stand whose sides are on this host. */

import { setTimeout as sleep } from 'node:timers/promises';
import { Args } from '@oclif/core';
import { LockstepCommand } from '../../cli/command.ts';
import { statusText } from '../../cli/ft-status.ts';
import { type NodesSeen, noPair, seeNodes } from '../../host/ft/nodes.ts';

const REFRESH_MS = 500;

export default class FtStatus extends LockstepCommand {
  static override summary = 'Tell where pairs stand: role, epoch, lag, buffers, held outputs, digests.';
  static override description =
    'On a terminal it goes on until Ctrl-C; in a pipe, and with --json, it tells once. ' +
    'Only sides on this host are seen.';
  static override examples = [
    { description: 'Watch every side that is on this host.', command: '<%= config.bin %> ft status' },
    { description: 'One pair, for a script.', command: '<%= config.bin %> ft status web --json' },
  ];
  static override args = { name: Args.string({ description: 'pair; all when left out', name: 'NAME' }) };

  async run(): Promise<NodesSeen> {
    const { args } = await this.parse(FtStatus);
    const seen = await seeNodes(args.name);
    if (args.name !== undefined && seen.nodes.length + seen.silent.length === 0) throw noPair(args.name);
    if (process.stdout.isTTY && !this.jsonEnabled()) await this.#watch(args.name);
    this.log(statusText(seen));
    return seen;
  }

  async #watch(name: string | undefined): Promise<never> {
    for (;;) {
      const text = statusText(await seeNodes(name)).replaceAll('\n', '\x1b[K\n');
      process.stdout.write(`\x1b[H${text}\x1b[K\n\x1b[J`);
      await sleep(REFRESH_MS);
    }
  }
}
