/**
 * A node of a pair as a member of a cluster: where the guest lives it says so in the registry, and it finds places for
 * backups there. A registry that is lost changes nothing for the pair but that no place is found.
 */

import { resolve } from 'node:path';
import { Cluster } from '../../ft/cluster/cluster.ts';
import { type PairReport, pairKeyOf, versionText } from '../../ft/cluster/records.ts';
import type { Lease, Registry } from '../../ft/cluster/registry.ts';
import type { PairStatus } from '../../ft/protocol/status.ts';
import { hostName } from '../ft/identity.ts';
import type { PairOptions } from '../ft/pair-options.ts';
import type { Places } from '../ft/places.ts';
import { ClusterPlaces } from './cluster-places.ts';
import { openRegistry } from './registry-of.ts';

const RETRY_MS = 2000;

export class Member {
  readonly #registry: Registry;
  readonly #places: ClusterPlaces;
  readonly #host = hostName();
  #peerHost: string | undefined;
  #lease: Lease | undefined;
  #wanted: { readonly key: string; readonly text: string } | undefined;
  #turn: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;

  private constructor(registry: Registry, options: PairOptions, release: string, notice: (text: string) => void) {
    this.#registry = registry;
    const { name: pair, key, tuning } = options;
    const version = versionText(release);
    const needs = { pair, host: this.#host, version, arbiter: portable(options.arbiter), tuning, key };
    this.#places = new ClusterPlaces(new Cluster(registry), needs, notice);
    // From now on it is seen which hosts live.
    registry.watch(() => {});
  }

  /** Undefined when the pair is in no cluster. UserError when the registry is not there. */
  static async of(options: PairOptions, notice: (text: string) => void): Promise<Member | undefined> {
    const { cluster } = options;
    if (cluster === undefined) return undefined;
    return new Member(await openRegistry(cluster.registry), options, cluster.version, notice);
  }

  get places(): Places {
    return this.#places;
  }

  /** Of the node, whenever it stands elsewhere. */
  report(status: PairStatus, memoryBytes: number): void {
    const { pair: name, who, epoch, state, peer } = status;
    const lives = status.role === 'backup' ? state === 'live' : state !== 'halted' && state !== 'off';
    const isAlone = state === 'live' || state === 'alone';
    if (isAlone && this.#peerHost !== undefined) this.#places.avoid(this.#peerHost);
    this.#peerHost = isAlone ? undefined : peer?.host;
    const backup = state === 'protected' && peer !== undefined ? { backup: peer.host } : {};
    const report: PairReport = { name, epoch, state, primary: this.#host, ...backup, memoryBytes };
    this.#wanted = lives ? { key: pairKeyOf(name, who), text: JSON.stringify(report) } : undefined;
    this.#publish();
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    this.#wanted = undefined;
    await this.#turn;
    await this.#registry.close().catch(() => {});
  }

  #publish(): void {
    clearTimeout(this.#timer);
    this.#turn = this.#turn.then(async () => {
      try {
        if (this.#wanted === undefined) {
          await this.#lease?.end();
          this.#lease = undefined;
        } else if (this.#lease === undefined) {
          const { key, text } = this.#wanted;
          this.#lease = await this.#registry.lease(key, text);
        } else this.#lease.set(this.#wanted.text);
      } catch {
        if (this.#wanted !== undefined) this.#timer = setTimeout(() => this.#publish(), RETRY_MS);
      }
    });
  }
}

/** An arbiter as another host understands it: a folder is named from the root. */
function portable(arbiter: string): string {
  const folder = /^file:(.+)$/.exec(arbiter)?.[1];
  return folder === undefined ? arbiter : `file:${resolve(folder)}`;
}
