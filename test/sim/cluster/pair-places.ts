/**
 * Where one side of a pair finds places for its next backup, after src/host/cluster/cluster-places.ts: hosts are chosen
 * and promises made by the real `PlaceFinder`.
 */

import {
  type AgentCall,
  type AgentReply,
  PlaceFinder,
  type PlaceSteps,
  type Promised,
} from '../../../src/ft/cluster/place-finder.ts';
import type { RegistryCall } from '../../../src/ft/cluster/steps.ts';
import type { ClusterHost } from './cluster-host.ts';
import { type Answered, type Caller, type Wire, walk } from './wire.ts';

const BACK_OFF = { failedMs: 100, refusedMs: 40 } as const;
/** Until an agent is given up, microseconds. */
const START_US = 30_000;
const END_US = 15_000;
const UNHEARD: Answered = { done: () => {}, failed: () => {} };

export interface PlacesParts {
  readonly caller: Caller;
  readonly wire: Wire;
  readonly pair: string;
  readonly version: string;
  readonly nowMs: () => number;
  readonly newId: () => string;
  readonly host: (name: string) => ClusterHost;
  readonly did: (what: string) => void;
}

export interface FoundPlace {
  readonly promised: Promised;
  failed(refused: boolean): void;
}

export class PairPlaces {
  readonly #parts: PlacesParts;
  readonly #finder: PlaceFinder;

  constructor(parts: PlacesParts) {
    const { caller, pair, version, nowMs, newId } = parts;
    this.#parts = parts;
    this.#finder = new PlaceFinder({
      pair,
      from: caller.host,
      version,
      sameHost: false,
      backOff: BACK_OFF,
      now: nowMs,
      newId,
      inVain: (promised) => this.#carryOut({ kind: 'end', ...promised }, UNHEARD),
    });
  }

  /** Something of the pair was lost there. */
  avoid(host: string): void {
    this.#finder.avoid(host);
  }

  /** Undefined: there is none at present. */
  next(bytes: number, found: (place: FoundPlace | undefined) => void): void {
    const result = (got: Promised | string): void => {
      if (typeof got === 'string') {
        if (got.includes('for guests left')) this.#parts.did('no memory is left for a place');
        if (got.includes('draining')) this.#parts.did('a host is drained while a place is wanted');
        found(undefined);
      } else found(this.place(got));
    };
    this.#walk(this.#finder.find(bytes), result, () => found(undefined));
  }

  place(promised: Promised): FoundPlace {
    const refused = 'its place refused the guest, or was refused';
    return { promised, failed: (isRefused) => this.#finder.failed(promised, isRefused ? refused : undefined) };
  }

  #walk<T>(steps: PlaceSteps<T>, done: (result: T) => void, failed: () => void = () => {}): void {
    walk(steps, (call, answered) => this.#carryOut(call, answered), { done, failed });
  }

  #carryOut(call: RegistryCall | AgentCall, answered: Answered): void {
    const { caller, wire } = this.#parts;
    if (!('host' in call)) {
      wire.call(caller, call, answered);
      return;
    }
    const { kind, id, host } = call;
    const question = (answer: (reply: AgentReply) => void): void => {
      const { agent } = this.#parts.host(host.name);
      const there = (): void => (kind === 'start' ? agent?.start(id, this.#parts.pair, back) : agent?.finish(id, back));
      const back = (reply: AgentReply): void => wire.carry(host.name, () => answer(reply));
      wire.carry(host.name, there);
    };
    const silent = (): void => answered.done({ kind: 'silent', reason: 'no answer' } satisfies AgentReply);
    wire.ask(caller, kind === 'start' ? START_US : END_US, question, answered.done, silent);
  }
}
