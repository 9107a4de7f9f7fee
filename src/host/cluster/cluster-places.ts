/**
 * Places on the hosts of a cluster: chosen by what is in the registry, promised in the host's ledger, and started by
 * its agent. What cannot be had now is asked for again by the shield; why it cannot is told once.
 */

import { randomBytes } from 'node:crypto';
import type { Cluster } from '../../ft/cluster/cluster.ts';
import { type PlaceRequest, place, type Refusal, refusalText } from '../../ft/cluster/placement.ts';
import { type ClusterHost, NODE_BYTES } from '../../ft/cluster/view.ts';
import { type Endpoint, parseEndpoint } from '../ft/endpoint.ts';
import type { PairKey } from '../ft/key.ts';
import type { Tuning } from '../ft/pair-options.ts';
import { type Place, type PlaceNeed, type Places, placeAt } from '../ft/places.ts';
import { reasonOf } from '../os-errors.ts';
import { askAgent } from './agent-door.ts';
import type { AgentAnswer } from './agent-messages.ts';

/** A host that failed is the last choice for this time. */
const FAILED_MS = 30_000;
/** A host that refused is not asked again for this time: it would say the same. */
const REFUSED_MS = 10_000;
const START_MS = 20_000;
const END_MS = 5000;

/** The agent has not answered. */
interface Silence {
  readonly kind: 'silent';
  readonly reason: string;
}

export interface PairNeeds {
  readonly pair: string;
  /** The host that asks. */
  readonly host: string;
  readonly version: string;
  /** As another host understands it. */
  readonly arbiter: string;
  readonly tuning: Tuning;
  readonly key: PairKey | undefined;
}

export class ClusterPlaces implements Places {
  readonly #cluster: Cluster;
  readonly #needs: PairNeeds;
  readonly #notice: (text: string) => void;
  /** When, by this process's own clock. */
  readonly #failed = new Map<string, number>();
  /** What hosts said, and when. */
  readonly #refusals = new Map<string, { readonly reason: string; readonly at: number }>();
  readonly #preferred: Endpoint[] = [];
  #told = '';

  constructor(cluster: Cluster, needs: PairNeeds, notice: (text: string) => void) {
    this.#cluster = cluster;
    this.#needs = needs;
    this.#notice = notice;
  }

  async next({ memoryBytes }: PlaceNeed): Promise<Place | undefined> {
    const preferred = this.#preferred.shift();
    if (preferred !== undefined) return placeAt(preferred);
    try {
      return await this.#next(memoryBytes + NODE_BYTES);
    } catch (error) {
      this.#tellOnce(reasonOf(error));
      return undefined;
    }
  }

  prefer(endpoint: Endpoint): void {
    this.#preferred.push(endpoint);
  }

  /** A backup on any host of the cluster finds the others itself. */
  besides(): readonly Endpoint[] {
    return [];
  }

  /** Something of the pair was lost on this host. */
  avoid(host: string): void {
    this.#failed.set(host, performance.now());
  }

  async #next(bytes: number): Promise<Place | undefined> {
    const { pair, host: from, version, tuning } = this.#needs;
    const now = performance.now();
    const failed = new Set([...this.#failed].filter(([, at]) => now - at < FAILED_MS).map(([host]) => host));
    const request: PlaceRequest = { pair, from, bytes, version, failed, sameHost: tuning.sameHost === true };
    const { hosts } = await this.#cluster.view();
    const { hosts: fit, refused } = place(hosts, request);
    const reasons: Refusal[] = refused.map((each) => this.#refusalOf(each.host) ?? each);
    for (const host of fit) {
      const before = this.#refusalOf(host.name);
      if (before !== undefined) {
        reasons.push(before);
        continue;
      }
      const got = await this.#at(host, request);
      if ('endpoint' in got) {
        this.#told = '';
        return got;
      }
      reasons.push({ host: host.name, reason: got.reason });
    }
    this.#tellOnce(`no host can take a backup: ${refusalText(reasons)}`);
    return undefined;
  }

  /** What the host said not long ago. */
  #refusalOf(host: string): Refusal | undefined {
    const refusal = this.#refusals.get(host);
    if (refusal === undefined || performance.now() - refusal.at >= REFUSED_MS) return undefined;
    return { host, reason: refusal.reason };
  }

  /** Promised and started there; or why not. */
  async #at(host: ClusterHost, request: PlaceRequest): Promise<Place | { readonly reason: string }> {
    const { pair, arbiter, tuning } = this.#needs;
    const id = `${pair}-${randomBytes(6).toString('hex')}`;
    const refused = await this.#cluster.reserve(host.name, request, { id, pair, bytes: request.bytes });
    if (refused !== undefined) return { reason: refused };
    const answer = await this.#ask(host, { kind: 'start', reservation: id, pair, arbiter, tuning }, START_MS);
    const failed = (refusal: string | undefined): void => {
      this.avoid(host.name);
      if (refusal !== undefined) this.#refusals.set(host.name, { reason: refusal, at: performance.now() });
      void this.#giveBack(host, id);
    };
    if (answer.kind === 'listening') {
      const { endpoint } = answer;
      return {
        endpoint,
        failed: (refused) => failed(refused ? 'its place refused the guest, or was refused' : undefined),
      };
    }
    const reason = 'reason' in answer ? answer.reason : 'its agent answers with something else';
    failed(answer.kind === 'silent' ? undefined : reason);
    return { reason };
  }

  /** The agent takes the promise back; when it cannot be asked it is taken back here. */
  async #giveBack(host: ClusterHost, id: string): Promise<void> {
    const answer = await this.#ask(host, { kind: 'end', reservation: id }, END_MS);
    if (answer.kind !== 'done') await this.#cluster.settle(host.name, [], new Set([id])).catch(() => {});
  }

  async #ask(
    host: ClusterHost,
    request: Parameters<typeof askAgent>[2],
    limitMs: number,
  ): Promise<AgentAnswer | Silence> {
    try {
      return await askAgent(parseEndpoint('agent', host.report!.agent), this.#needs.key, request, limitMs);
    } catch (error) {
      return { kind: 'silent', reason: reasonOf(error) };
    }
  }

  #tellOnce(text: string): void {
    if (text !== this.#told) this.#notice(text);
    this.#told = text;
  }
}
