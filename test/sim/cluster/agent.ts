/**
 * A host's agent, after src/host/cluster/agent.ts: what it does about its ledger is the real `KeptPromises`. It may be
 * ended and started again without the places that it has started.
 */

import type { SideCall } from '../../../src/ft/cluster/emptied.ts';
import { KeptPromises } from '../../../src/ft/cluster/kept-promises.ts';
import { enrolled } from '../../../src/ft/cluster/ledgers.ts';
import type { AgentReply } from '../../../src/ft/cluster/place-finder.ts';
import { type HostReport, hostKey, type Reservation } from '../../../src/ft/cluster/records.ts';
import type { Steps } from '../../../src/ft/cluster/steps.ts';
import type { Clockwork } from '../world/clockwork.ts';
import type { Random } from '../world/random.ts';
import type { ClusterHost, Side } from './cluster-host.ts';
import { LEASE_US } from './keeper.ts';
import { type Caller, type Wire, walk } from './wire.ts';

const REFRESH_US = 12_000;
/** A promise that nobody comes for within this time is taken back. */
const CLAIM_MS = 50;
/** Until a place listens, microseconds. */
const START_US = [500, 4_000] as const;
const FAILS = 0.04;

export interface AgentParts {
  readonly host: ClusterHost;
  readonly clockwork: Clockwork;
  readonly random: Random;
  readonly wire: Wire;
  /** A place for a pair; undefined: it cannot be started. */
  readonly start: (host: ClusterHost, reservation: Reservation) => Side | undefined;
  /** It is asked to start a place, now, and does at the end. */
  readonly admitting: (host: ClusterHost) => () => void;
  /** A side of the pair that is here is to go, in this way. */
  readonly go: (host: ClusterHost, kind: SideCall['kind'], pair: string, answer: (reply: AgentReply) => void) => void;
  readonly did: (what: string) => void;
}

export class Agent {
  readonly #parts: AgentParts;
  readonly #caller: Caller;
  readonly #promises: KeptPromises;
  /** As it knows them: what is gone is taken out when it looks. */
  readonly #places: Map<string, Side>;
  #isOver = false;
  #isBusy = false;
  #isWanted = false;

  constructor(parts: AgentParts) {
    const { host } = parts;
    this.#parts = parts;
    this.#promises = new KeptPromises(host.name, CLAIM_MS);
    this.#places = new Map(host.living.flatMap((side) => (side.id === undefined ? [] : [[side.id, side]])));
    this.#caller = { host: host.name, isAlive: () => !this.#isOver, post: (job) => this.#isOver || job() };
    this.#walk(enrolled(host.name, true), () => {});
    this.#renew();
    this.#refresh();
  }

  end(): void {
    this.#isOver = true;
  }

  start(id: string, pair: string, answer: (reply: AgentReply) => void): void {
    if (this.#isOver) return;
    if (this.#places.has(id)) {
      answer({ kind: 'listening' });
      return;
    }
    const begins = this.#parts.admitting(this.#parts.host);
    this.#walk(this.#promises.admit(id, pair), (reservation) => {
      if (typeof reservation === 'string') {
        answer({ kind: 'refused', reason: reservation });
        return;
      }
      begins();
      this.#start(reservation, answer);
    });
  }

  finish(id: string, answer: (reply: AgentReply) => void): void {
    if (this.#isOver) return;
    this.#places.get(id)?.kill(false);
    this.#promises.free(id);
    this.soon();
    answer({ kind: 'done' });
  }

  /** A side of the pair is to go. */
  go(kind: SideCall['kind'], pair: string, answer: (reply: AgentReply) => void): void {
    if (this.#isOver) return;
    this.#parts.go(this.#parts.host, kind, pair, (reply) => {
      this.soon();
      answer(reply);
    });
  }

  /** Something may be to be done. */
  soon(): void {
    if (this.#isOver) return;
    if (this.#isBusy) {
      this.#isWanted = true;
      return;
    }
    this.#isBusy = true;
    this.#isWanted = false;
    for (const [id, { isAlive }] of this.#places) {
      if (isAlive()) continue;
      this.#places.delete(id);
      this.#promises.free(id);
      this.#parts.did('a place is free again');
    }
    const held = (): Reservation[] => [...this.#places].map(([id, { pair, bytes }]) => ({ id, pair, bytes }));
    const ended = (): void => {
      this.#isBusy = false;
      if (this.#isWanted) this.soon();
    };
    this.#walk(this.#promises.reconcile(held, this.#parts.clockwork.now / 1000), ended, ended);
  }

  #start(reservation: Reservation, answer: (reply: AgentReply) => void): void {
    const { clockwork, random, host, start, did } = this.#parts;
    const { id } = reservation;
    clockwork.after(random.between(...START_US), () => {
      if (this.#isOver) return;
      const side = random.chance(FAILS) ? undefined : start(host, reservation);
      if (side !== undefined) this.#places.set(id, side);
      if (this.#promises.started(id) && side !== undefined) {
        answer({ kind: 'listening' });
        return;
      }
      if (side === undefined) this.#promises.free(id);
      else {
        did('a place is given back while it is started');
        side.kill(false);
      }
      this.soon();
      answer({ kind: 'refused', reason: 'its process has ended' });
    });
  }

  #renew(): void {
    if (this.#isOver) return;
    const { host, wire, clockwork } = this.#parts;
    const { name, version, ramBytes, freeBytes } = host;
    const report: HostReport = { name, agent: name, version, cpus: 4, load: 1, ramBytes, freeBytes };
    wire.renew(this.#caller, hostKey(name), JSON.stringify(report));
    clockwork.after(LEASE_US / 4, () => this.#renew());
  }

  #refresh(): void {
    if (this.#isOver) return;
    this.soon();
    this.#parts.clockwork.after(REFRESH_US, () => this.#refresh());
  }

  #walk<T>(steps: Steps<T>, done: (result: T) => void, failed: () => void = () => {}): void {
    const { wire } = this.#parts;
    walk(steps, (call, answered) => wire.call(this.#caller, call, answered), { done, failed });
  }
}
