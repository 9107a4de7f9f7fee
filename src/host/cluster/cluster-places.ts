/**
 * Places on the hosts of a cluster, as `PlaceFinder` finds them: its calls are carried out on the registry and on
 * agents. What cannot be had now is asked for again by the shield; why it cannot is told once.
 */

import { randomBytes } from 'node:crypto';
import type { Cluster } from '../../ft/cluster/cluster.ts';
import { type AgentCall, PlaceFinder, type PlaceSteps } from '../../ft/cluster/place-finder.ts';
import { callRegistry, walked } from '../../ft/cluster/steps.ts';
import { NODE_BYTES } from '../../ft/cluster/view.ts';
import { type Endpoint, parseEndpoint } from '../ft/endpoint.ts';
import type { PairKey } from '../ft/key.ts';
import type { Tuning } from '../ft/pair-options.ts';
import { type Place, type PlaceNeed, type Places, placeAt } from '../ft/places.ts';
import { reasonOf } from '../os-errors.ts';
import { askAgent } from './agent-door.ts';
import type { AgentAnswer, AgentRequest } from './agent-messages.ts';

const BACK_OFF = { failedMs: 30_000, refusedMs: 10_000 } as const;
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
  readonly #finder: PlaceFinder;
  /** Of places that were started, by reservation. */
  readonly #endpoints = new Map<string, Endpoint>();
  readonly #preferred: Endpoint[] = [];
  #told = '';

  constructor(cluster: Cluster, needs: PairNeeds, notice: (text: string) => void) {
    this.#cluster = cluster;
    this.#needs = needs;
    this.#notice = notice;
    const { pair, host, version, tuning } = needs;
    this.#finder = new PlaceFinder({
      pair,
      from: host,
      version,
      sameHost: tuning.sameHost === true,
      backOff: BACK_OFF,
      now: () => performance.now(),
      newId: () => `${pair}-${randomBytes(6).toString('hex')}`,
      inVain: (promised) => void this.#ask({ kind: 'end', ...promised }),
    });
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

  get isEmpty(): boolean {
    return false;
  }

  get refusal(): string {
    return this.#told;
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
    this.#finder.avoid(host);
  }

  async #next(bytes: number): Promise<Place | undefined> {
    const found = await this.#walk(this.#finder.find(bytes));
    if (typeof found === 'string') {
      this.#tellOnce(found);
      return undefined;
    }
    this.#told = '';
    const endpoint = this.#endpoints.get(found.id)!;
    this.#endpoints.delete(found.id);
    const failed = (refused: boolean): void =>
      this.#finder.failed(found, refused ? 'its place refused the guest, or was refused' : undefined);
    return { endpoint, failed };
  }

  #walk<T>(steps: PlaceSteps<T>): Promise<T> {
    return walked(steps, (call) => ('host' in call ? this.#ask(call) : callRegistry(this.#cluster.registry, call)));
  }

  async #ask({ kind, host, id: reservation }: AgentCall): Promise<AgentAnswer | Silence> {
    const { pair, arbiter, tuning, key } = this.#needs;
    const request: AgentRequest =
      kind === 'start' ? { kind, reservation, pair, arbiter, tuning } : { kind, reservation };
    try {
      const agent = parseEndpoint('agent', host.report!.agent);
      const answer = await askAgent(agent, key, request, kind === 'start' ? START_MS : END_MS);
      if (answer.kind === 'listening') this.#endpoints.set(reservation, answer.endpoint);
      return answer;
    } catch (error) {
      return { kind: 'silent', reason: reasonOf(error) };
    }
  }

  #tellOnce(text: string): void {
    if (text !== this.#told) this.#notice(text);
    this.#told = text;
  }
}
