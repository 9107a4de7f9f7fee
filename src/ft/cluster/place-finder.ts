/**
 * How a guest that is alone finds a place for its next backup, step by step: hosts are chosen by what is in the
 * registry, one after the other; a place is promised in the host's ledger and started by its agent. Who failed of late
 * is the last choice, and who refused is not asked again for a while: it would say the same.
 */

import { reserved, viewed } from './ledgers.ts';
import { type PlaceRequest, place, type Refusal, refusalText } from './placement.ts';
import type { RegistryCall, Steps } from './steps.ts';
import type { ClusterHost } from './view.ts';

/** Milliseconds. */
export interface BackOff {
  /** A host that failed is the last choice for this time. */
  readonly failedMs: number;
  /** A host that refused is not asked again for this time. */
  readonly refusedMs: number;
}

/** A place that is promised: for the agent of its host. */
export interface Promised {
  readonly host: ClusterHost;
  /** Of the reservation. */
  readonly id: string;
}

/** The agent is to start the place, or to end it and take the promise back. */
export type AgentCall = Promised & { readonly kind: 'start' | 'end' };

/** As agents say it; 'silent' when nothing is heard from it in time. */
export interface AgentReply {
  readonly kind: string;
  readonly reason?: string;
}

export type PlaceSteps<T> = Steps<T, RegistryCall | AgentCall>;

export interface FinderParts {
  readonly pair: string;
  /** The host that asks. */
  readonly from: string;
  readonly version: string;
  readonly sameHost: boolean;
  readonly backOff: BackOff;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Of a reservation: unique for ever. */
  readonly newId: () => string;
  /**
   * Promised in vain: the agent is to be told, beside whatever is done. One that cannot be told takes it back by
   * itself: nobody else knows whether the place is there and takes its memory.
   */
  readonly inVain: (promised: Promised) => void;
}

export class PlaceFinder {
  readonly #parts: FinderParts;
  /** When. */
  readonly #failed = new Map<string, number>();
  /** What hosts said, and when. */
  readonly #refusals = new Map<string, { readonly reason: string; readonly at: number }>();

  constructor(parts: FinderParts) {
    this.#parts = parts;
  }

  /** Something of the pair was lost on this host. */
  avoid(host: string): void {
    this.#failed.set(host, this.#parts.now());
  }

  /** A place that is promised and has been started there; or why there is none. `bytes`: all that it takes. */
  *find(bytes: number): PlaceSteps<Promised | string> {
    const { pair, from, version, sameHost, now, backOff } = this.#parts;
    const since = now() - backOff.failedMs;
    const failed = new Set([...this.#failed].filter(([, at]) => at > since).map(([host]) => host));
    const request: PlaceRequest = { pair, from, bytes, version, failed, sameHost };
    const { hosts } = yield* viewed();
    const { hosts: fit, refused } = place(hosts, request);
    const reasons: Refusal[] = refused.map((each) => this.#refusalOf(each.host) ?? each);
    for (const host of fit) {
      const before = this.#refusalOf(host.name);
      const got = before?.reason ?? (yield* this.#at(host, request));
      if (typeof got !== 'string') return got;
      reasons.push({ host: host.name, reason: got });
    }
    return `no host can take a backup: ${refusalText(reasons)}`;
  }

  /** The place has no use any more. `refusal`: what it would say again. */
  failed(promised: Promised, refusal: string | undefined): void {
    const { name } = promised.host;
    this.avoid(name);
    if (refusal !== undefined) this.#refusals.set(name, { reason: refusal, at: this.#parts.now() });
    this.#parts.inVain(promised);
  }

  /** Promised and started there; or why not. */
  *#at(host: ClusterHost, request: PlaceRequest): PlaceSteps<Promised | string> {
    const promised: Promised = { host, id: this.#parts.newId() };
    const { pair, bytes } = request;
    const refused = yield* reserved(host.name, request, { id: promised.id, pair, bytes });
    if (refused !== undefined) return refused;
    const answer = (yield { kind: 'start', ...promised }) as AgentReply;
    if (answer.kind === 'listening') return promised;
    const reason = answer.reason ?? 'its agent answers with something else';
    this.failed(promised, answer.kind === 'silent' ? undefined : reason);
    return reason;
  }

  /** What the host said not long ago. */
  #refusalOf(host: string): Refusal | undefined {
    const refusal = this.#refusals.get(host);
    if (refusal === undefined || this.#parts.now() - refusal.at >= this.#parts.backOff.refusedMs) return undefined;
    return { host, reason: refusal.reason };
  }
}
