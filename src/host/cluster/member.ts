/**
 * A node of a pair as a member of a cluster, from its beginning or from when it is told: where the guest lives, or is
 * about to, it says so in the registry, and it finds places for backups there. A registry that is lost changes nothing
 * for the pair but that no place is found.
 */

import { Cluster } from '../../ft/cluster/cluster.ts';
import { type PairReport, pairKeyOf, versionText } from '../../ft/cluster/records.ts';
import type { Lease, Registry } from '../../ft/cluster/registry.ts';
import type { PairStatus } from '../../ft/protocol/status.ts';
import { UserError } from '../../lib/errors.ts';
import { portableArbiter } from '../ft/arbiters/arbiter-of.ts';
import { hostName } from '../ft/identity.ts';
import type { Membership } from '../ft/membership.ts';
import type { ClusterOptions, PairOptions } from '../ft/pair-options.ts';
import type { Places } from '../ft/places.ts';
import { ClusterPlaces } from './cluster-places.ts';
import { openRegistry } from './registry-of.ts';

const RETRY_MS = 2000;
/** A backup tells of the pair in these: in the first two its primary may be unable to. */
const BACKUP_TELLS: ReadonlySet<PairStatus['state']> = new Set(['claiming', 'draining', 'live']);

export class Member implements Membership {
  readonly #options: PairOptions;
  readonly #notice: (text: string) => void;
  readonly #host = hostName();
  #cluster: ClusterOptions;
  #registry: Registry | undefined;
  #places: ClusterPlaces | undefined;
  /** As it was reported last. */
  #last: { readonly status: PairStatus; readonly memoryBytes: number } | undefined;
  #peerHost: string | undefined;
  #lease: Lease | undefined;
  #wanted: { readonly key: string; readonly text: string } | undefined;
  #turn: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;

  private constructor(options: PairOptions, cluster: ClusterOptions, notice: (text: string) => void) {
    this.#options = options;
    this.#cluster = cluster;
    this.#notice = notice;
  }

  /** Undefined when the pair can be in no cluster. UserError when the registry is not there. */
  static async of(options: PairOptions, notice: (text: string) => void): Promise<Member | undefined> {
    const { cluster } = options;
    if (cluster === undefined) return undefined;
    const member = new Member(options, { version: cluster.version }, notice);
    if (cluster.registry !== undefined) await member.join(cluster.registry);
    return member;
  }

  get places(): Places | undefined {
    return this.#places;
  }

  /** As a node that follows this one in the same process needs it. */
  get cluster(): ClusterOptions {
    return this.#cluster;
  }

  async join(registry: string): Promise<Places> {
    const opened = this.#registry === undefined ? await openRegistry(registry, this.#notice) : undefined;
    if (opened === undefined || this.#registry !== undefined) {
      await opened?.close();
      const what = `the pair ${this.#options.name} is in a cluster already`;
      throw new UserError('in-cluster', what, 'see: lockstep ft ls');
    }
    this.#registry = opened;
    this.#cluster = { ...this.#cluster, registry };
    const { name: pair, key, tuning, arbiter } = this.#options;
    const version = versionText(this.#cluster.version);
    const needs = { pair, host: this.#host, version, arbiter: portableArbiter(arbiter), tuning, key };
    this.#places = new ClusterPlaces(new Cluster(opened), needs, this.#notice);
    // From now on it is seen which hosts live.
    opened.watch(() => {});
    if (this.#last !== undefined) this.report(this.#last.status, this.#last.memoryBytes);
    return this.#places;
  }

  /** Who says in the registry that the pair's guest lives there; undefined: nobody, or this is in no cluster yet. */
  async reported(): Promise<PairReport | undefined> {
    if (this.#registry === undefined) return undefined;
    const { pairs } = await new Cluster(this.#registry).view();
    return pairs.find(({ name }) => name === this.#options.name);
  }

  /** Of the node, whenever it stands elsewhere. */
  report(status: PairStatus, memoryBytes: number): void {
    this.#last = { status, memoryBytes };
    const { pair: name, who, epoch, state, peer } = status;
    const tells = status.role === 'backup' ? BACKUP_TELLS.has(state) : state !== 'halted' && state !== 'off';
    const isAlone = state === 'live' || state === 'alone';
    if (isAlone && this.#peerHost !== undefined) this.#places?.avoid(this.#peerHost);
    this.#peerHost = isAlone ? undefined : peer?.host;
    const report: PairReport = { name, epoch, state, ...this.#sidesOf(status), memoryBytes };
    this.#wanted = tells ? { key: pairKeyOf(name, who), text: JSON.stringify(report) } : undefined;
    this.#publish();
  }

  /** Until a backup is live the guest lives where it was, if anywhere. */
  #sidesOf({ role, state, peer }: PairStatus): Pick<PairReport, 'primary' | 'backup'> {
    const other = peer?.host;
    if (role === 'backup' && state !== 'live') return { primary: other ?? '-', backup: this.#host };
    return { primary: this.#host, ...(state === 'protected' && other !== undefined ? { backup: other } : {}) };
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    this.#wanted = undefined;
    await this.#turn;
    await this.#registry?.close().catch(() => {});
  }

  #publish(): void {
    clearTimeout(this.#timer);
    const registry = this.#registry;
    if (registry === undefined) return;
    this.#turn = this.#turn.then(async () => {
      try {
        if (this.#wanted === undefined) {
          await this.#lease?.end();
          this.#lease = undefined;
        } else if (this.#lease === undefined) {
          const { key, text } = this.#wanted;
          this.#lease = await registry.lease(key, text);
        } else this.#lease.set(this.#wanted.text);
      } catch {
        if (this.#wanted !== undefined) this.#timer = setTimeout(() => this.#publish(), RETRY_MS);
      }
    });
  }
}
