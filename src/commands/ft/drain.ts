/** `lockstep ft drain`: empties a host of a cluster. */

import { Args, Flags } from '@oclif/core';
import { LockstepCommand } from '../../cli/command.ts';
import { REGISTRY_SUMMARY } from '../../cli/ft-flags.ts';
import { say } from '../../cli/live.ts';
import { Cluster } from '../../ft/cluster/cluster.ts';
import { type Drained, drainHost, undrainHost } from '../../host/cluster/drain.ts';
import { openRegistry } from '../../host/cluster/registry-of.ts';
import { readKey } from '../../host/ft/key.ts';
import { ExitCode } from '../../lib/errors.ts';

export default class FtDrain extends LockstepCommand {
  static override summary = 'Take no new guests on a host, and have those that are there go elsewhere.';
  static override description =
    'One side after the other, each only when another host can take it. A backup is ended, and its pair is without ' +
    'one until the next is there. A guest that lives on the host goes to its backup by a planned switch, when a ' +
    'third host can have the next backup. What stays is named, with the reason. ' +
    'Exit code: 0 when the host is empty, 4 when something stays.';
  static override examples = [
    {
      description: 'Before the host is switched off.',
      command: '<%= config.bin %> ft drain host-b --registry dir:/shared/cluster --key cluster.key',
    },
    {
      description: 'It is used again.',
      command: '<%= config.bin %> ft drain host-b --registry dir:/shared/cluster --off',
    },
  ];
  static override args = {
    host: Args.string({ description: 'name of the host, as lockstep ft ls shows it', name: 'HOST', required: true }),
  };
  static override flags = {
    registry: Flags.string({ summary: REGISTRY_SUMMARY, helpValue: 'KIND:PLACE', required: true }),
    key: Flags.string({ summary: 'the key of the cluster; needed but on loopback', helpValue: 'FILE' }),
    off: Flags.boolean({ summary: 'the host takes guests again' }),
  };

  async run(): Promise<Drained> {
    const { args, flags } = await this.parse(FtDrain);
    const registry = await openRegistry(flags.registry, say);
    try {
      const cluster = new Cluster(registry);
      if (flags.off) {
        const done = await undrainHost(cluster, args.host);
        say(`host ${done.host} takes guests again`);
        return done;
      }
      const key = flags.key === undefined ? undefined : readKey(flags.key, say);
      const done = await drainHost(cluster, args.host, key, {
        moved: ({ pair, role, to }) =>
          say(role === 'primary' ? `the guest of ${pair} lives on ${to} now` : `the backup of ${pair} is on ${to} now`),
      });
      for (const { pair, role, reason } of done.stays) say(`the ${role} of ${pair} stays: ${reason}`);
      say(`host ${done.host} takes no new guests${done.stays.length === 0 ? ', and has none' : ''}`);
      this.finish(done.stays.length === 0 ? ExitCode.done : ExitCode.lost);
      return done;
    } finally {
      await registry.close();
    }
  }
}
