/** `lockstep ft ls`: the hosts of a cluster and its pairs. */

import { Flags } from '@oclif/core';
import { LockstepCommand } from '../../cli/command.ts';
import { clusterText } from '../../cli/ft-cluster-text.ts';
import { REGISTRY_SUMMARY } from '../../cli/ft-flags.ts';
import { say } from '../../cli/live.ts';
import { Cluster } from '../../ft/cluster/cluster.ts';
import type { ClusterView } from '../../ft/cluster/view.ts';
import { openRegistry } from '../../host/cluster/registry-of.ts';

export default class FtLs extends LockstepCommand {
  static override summary = 'List the hosts of a cluster with their load and memory, and its pairs.';
  static override description =
    'It looks for up to three seconds, until it is sure of each host whether its agent lives. A host is lost when ' +
    'its agent is not heard and has not taken leave.';
  static override examples = [
    { description: 'From any host.', command: '<%= config.bin %> ft ls --registry dir:/shared/cluster' },
    { description: 'For a script.', command: '<%= config.bin %> ft ls --registry dir:/shared/cluster --json' },
  ];
  static override flags = {
    registry: Flags.string({ summary: REGISTRY_SUMMARY, helpValue: 'KIND:PLACE', required: true }),
  };

  async run(): Promise<ClusterView> {
    const { flags } = await this.parse(FtLs);
    const registry = await openRegistry(flags.registry, say);
    try {
      await registry.settled();
      const view = await new Cluster(registry).view();
      this.log(clusterText(view));
      return view;
    } finally {
      await registry.close();
    }
  }
}
