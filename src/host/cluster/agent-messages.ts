/**
 * What a host's agent is asked, and what it answers: one line of JSON each way, one exchange for each connection, which
 * only who holds the cluster's key can make.
 */

import type { Endpoint } from '../ft/endpoint.ts';
import type { Tuning } from '../ft/pair-options.ts';

/** A place for a backup is wanted, that is promised in the host's ledger. */
export interface StartRequest {
  readonly kind: 'start';
  readonly reservation: string;
  readonly pair: string;
  readonly arbiter: string;
  readonly tuning: Tuning;
}

export type AgentRequest =
  | StartRequest
  /** The place has no use any more: its pair is in a later epoch, or it never had the guest. */
  | { readonly kind: 'end'; readonly reservation: string }
  /** The pair's backup on this host goes, if the guest does not live in it. */
  | { readonly kind: 'leave'; readonly pair: string }
  /** The pair's guest, which lives on this host, is to live where its backup is: a planned switch. */
  | { readonly kind: 'handOver'; readonly pair: string }
  | { readonly kind: 'places' }
  | { readonly kind: 'who' };

/** A process of the agent's, as it is told to operators. */
export interface PlaceReport {
  readonly reservation: string;
  readonly pair: string;
  readonly pid: number;
  readonly listens: Endpoint;
  /** What it says: `LOG.out` is its guest's console, `LOG.err` its own words. */
  readonly log: string;
}

export type AgentAnswer =
  | { readonly kind: 'listening'; readonly endpoint: Endpoint }
  | { readonly kind: 'done' }
  /** The agent's own process, on its host. */
  | { readonly kind: 'agent'; readonly pid: number }
  | { readonly kind: 'places'; readonly places: readonly PlaceReport[] }
  | { readonly kind: 'refused'; readonly reason: string };

/** Undefined: it is no request of this version. */
export function decodeRequest(line: string): AgentRequest | undefined {
  try {
    const value = JSON.parse(line) as Record<string, unknown>;
    const texts: Readonly<Record<string, readonly string[]>> = {
      start: ['reservation', 'pair', 'arbiter'],
      end: ['reservation'],
      leave: ['pair'],
      handOver: ['pair'],
      places: [],
      who: [],
    };
    const needed = texts[String(value.kind)];
    if (needed === undefined || !needed.every((name) => typeof value[name] === 'string')) return undefined;
    if (value.kind === 'start' && (typeof value.tuning !== 'object' || value.tuning === null)) return undefined;
    return value as unknown as AgentRequest;
  } catch {
    return undefined;
  }
}
