/** The three hosts of the laboratory as a cluster: an agent on each, and what the registry says of them. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Cluster } from '../../../src/ft/cluster/cluster.ts';
import type { PairReport } from '../../../src/ft/cluster/records.ts';
import type { ClusterView } from '../../../src/ft/cluster/view.ts';
import { openRegistry } from '../../../src/host/cluster/registry-of.ts';
import { addressOf, type LabHosts } from './hosts.ts';
import type { LabProcess } from './process.ts';

export const MEMBERS = ['a', 'b', 'c'] as const;
export type MemberHost = (typeof MEMBERS)[number];

const AGENT_PORT = 7300;
const RAM = '2G';
const UP_MS = 5 * 60_000;
const LOOK_MS = 50;

export class LabCluster {
  /** As it is named in flags. */
  readonly registry: string;
  readonly #hosts: LabHosts;
  readonly #key: string;
  readonly #cluster: Cluster;
  #starts = 0;

  private constructor(hosts: LabHosts, registry: string, key: string, cluster: Cluster) {
    this.#hosts = hosts;
    this.registry = registry;
    this.#key = key;
    this.#cluster = cluster;
  }

  /** Every host is up when it resolves. */
  static async begin(hosts: LabHosts, key: string): Promise<LabCluster> {
    const folder = join(hosts.folder, 'cluster');
    mkdirSync(folder);
    const registry = `dir:${folder}`;
    const cluster = new LabCluster(hosts, registry, key, new Cluster(await openRegistry(registry)));
    await Promise.all(MEMBERS.map((host) => cluster.revive(host)));
    return cluster;
  }

  async view(): Promise<ClusterView> {
    return this.#cluster.view();
  }

  /** Which of them carries this name; undefined: none of them. */
  memberOf(name: string | undefined): MemberHost | undefined {
    return MEMBERS.find((host) => name?.split(' ')[0] === `lab-${host}`);
  }

  /** An agent on the host; resolves when it says that it is there. */
  async revive(host: MemberHost): Promise<void> {
    const listen = `tcp:${addressOf(host)}:${AGENT_PORT}`;
    const flags = ['--registry', this.registry, '--listen', listen, '--key', this.#key, '--ram', RAM];
    const agent: LabProcess = this.#hosts.lockstep(host, `agent-${host}-${this.#starts++}`, 'ft', 'host', ...flags);
    await agent.until('up', UP_MS, ({ complaints }) => complaints.includes('agent at'));
  }

  kill(host: MemberHost): void {
    this.#hosts.killAll(host);
  }

  /** The pair's report once `is` holds of it; an error when it does not in time. */
  async pair(name: string, limitMs: number, is: (pair: PairReport) => boolean): Promise<PairReport> {
    const from = performance.now();
    let cause: unknown;
    while (performance.now() - from < limitMs) {
      try {
        const view = await this.view();
        const pair = view.pairs.find((each) => each.name === name);
        if (pair !== undefined && is(pair)) return pair;
        cause = view;
      } catch (error) {
        // On a machine that is busy enough the registry does not answer in time.
        cause = error;
      }
      await sleep(LOOK_MS);
    }
    throw new Error(`the pair ${name} does not come to it in time`, { cause });
  }

  async close(): Promise<void> {
    await this.#cluster.registry.close();
  }
}
