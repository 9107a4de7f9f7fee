/** `lockstep ft host`: makes this host one of a cluster. */

import { Flags } from '@oclif/core';
import { LockstepCommand } from '../../cli/command.ts';
import { REGISTRY_SUMMARY } from '../../cli/ft-flags.ts';
import { type HostServed, serveHost } from '../../cli/ft-host.ts';
import { say } from '../../cli/live.ts';
import { parseSize } from '../../cli/specs.ts';
import { parseEndpoint } from '../../host/ft/endpoint.ts';
import { readKey } from '../../host/ft/key.ts';

export default class FtHost extends LockstepCommand {
  static override summary = "Offer this host's memory to the pairs of a cluster.";
  static override description =
    'Tells the registry what the host has, and starts backups here for guests elsewhere that have lost theirs. They ' +
    'are processes of their own: this one may end and be started again, and finds them. Their words are kept in ' +
    'the state folder. A pair takes part with --registry at lockstep ft primary.';
  static override examples = [
    {
      description: 'On each host, with a folder and a key that all of them have.',
      command:
        '<%= config.bin %> ft host --registry dir:/shared/cluster --listen tcp:10.0.0.2:7300 --key cluster.key ' +
        '--ram 8G',
    },
  ];
  static override flags = {
    registry: Flags.string({ summary: REGISTRY_SUMMARY, helpValue: 'KIND:PLACE', required: true }),
    listen: Flags.string({
      summary: 'where the other hosts find this one; its backups listen at ports of the same address',
      helpValue: 'tcp:HOST:PORT',
      required: true,
    }),
    key: Flags.string({
      summary: 'the key of the cluster, as lockstep ft keygen makes it; needed but on loopback',
      helpValue: 'FILE',
    }),
    ram: Flags.string({
      summary: 'memory for guests [default: three quarters of what the host has]',
      helpValue: 'SIZE',
    }),
  };

  async run(): Promise<HostServed> {
    const { flags } = await this.parse(FtHost);
    return serveHost({
      registry: flags.registry,
      listen: parseEndpoint('--listen', flags.listen),
      key: flags.key === undefined ? undefined : readKey(flags.key, say),
      ...(flags.ram === undefined ? {} : { ramBytes: parseSize('--ram', flags.ram) }),
      version: this.config.version,
    });
  }
}
