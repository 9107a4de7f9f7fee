/**
 * The cluster of a world: three or four hosts with agents and a registry, the pair whose guest is simulated, and other
 * pairs that want the same memory. The pair's two ends of the network, A and B, are on whatever host a side of it is.
 * Everything here is drawn from streams of its own.
 */

import type { SideCall } from '../../../src/ft/cluster/emptied.ts';
import type { AgentReply, Promised } from '../../../src/ft/cluster/place-finder.ts';
import { ledgerKey, type PairReport, pairKeyOf, type Reservation } from '../../../src/ft/cluster/records.ts';
import { PromisesMonitor } from '../monitors/promises.ts';
import type { Clockwork } from '../world/clockwork.ts';
import { Random } from '../world/random.ts';
import { Agent } from './agent.ts';
import type { ClusterHost, Side } from './cluster-host.ts';
import { Keeper, LEASE_US } from './keeper.ts';
import { LightPair } from './light-pair.ts';
import { PairPlaces } from './pair-places.ts';
import { drawPopulation, PAIR, type Rival, SIDE_BYTES, VERSION } from './population.ts';
import { planTrouble } from './trouble.ts';
import { type Answered, type Caller, Wire } from './wire.ts';

/** Until a host is back, microseconds. */
const REBOOT_US = [40_000, 90_000] as const;
/** Another pair's backup is lost when a place is asked for. */
const RIVALS = 0.5;
/** A switch that is not made by then has come to nothing; between two looks; and until an agent is given up. */
const HAND_OVER_US = 30_000;
const LOOK_US = 500;
const ANSWER_US = 45_000;
const ENDS = ['A', 'B'] as const;

export interface ClusterParts {
  readonly clockwork: Clockwork;
  readonly seed: number;
  readonly troubleUs: number;
  readonly did: (what: string) => void;
  readonly fail: (invariant: string, what: string) => void;
  /** The network of an end is cut. */
  readonly isCut: (end: 'A' | 'B') => boolean;
  /** A backup of the simulated pair begins; undefined: it cannot. */
  readonly begin: (end: 'A' | 'B') => PairSide | undefined;
  /** The backup there is to leave. False: there is none that could be let go. */
  readonly leave: (end: 'A' | 'B') => boolean;
  /** The guest there is to live where its backup is. */
  readonly handOver: (end: 'A' | 'B') => void;
  /** What the pair's node says of itself if the guest lives there and its process runs. */
  readonly report: (end: 'A' | 'B') => Living | undefined;
}

export interface Living {
  readonly who: string;
  readonly epoch: number;
  readonly isProtected: boolean;
}

/** A node of the simulated pair. */
export type PairSide = Pick<Side, 'isAlive' | 'isOfPair' | 'kill'>;

export class SimCluster {
  readonly wire: Wire;
  readonly monitor: PromisesMonitor;
  readonly #parts: ClusterParts;
  readonly #random: Random;
  readonly keeper: Keeper;
  readonly #hosts = new Map<string, ClusterHost>();
  readonly rivals: LightPair[] = [];
  readonly #ends: { A: ClusterHost; B: ClusterHost };
  /** Of the simulated pair, the last at each end. */
  readonly #sides = new Map<'A' | 'B', Side>();
  readonly #first: Promised;
  #ids = 0;
  isMended = false;

  constructor(parts: ClusterParts) {
    const { clockwork, seed, did, fail } = parts;
    this.#parts = parts;
    this.#random = new Random(seed, 'cluster');
    this.keeper = new Keeper(clockwork, { did, swapped: (key, text) => this.monitor.swapped(key, text) });
    const isCut = (name: string): boolean => this.#isCut(this.host(name));
    this.wire = new Wire(clockwork, new Random(seed, 'cluster wire'), this.keeper, isCut, did);
    this.monitor = new PromisesMonitor(this.#hosts, VERSION, fail);
    const { hosts, rivals } = drawPopulation(this.#random);
    for (const host of hosts) this.#hosts.set(host.name, host);
    this.#ends = { A: this.host('h0'), B: this.host('h1') };
    this.#first = this.#promisedAt(this.host('h1'), `${PAIR}-0`);
    this.#begin(rivals);
    planTrouble(this, parts);
    clockwork.after(0, () => {
      for (const host of this.hosts) this.startAgent(host);
      this.#renew();
    });
  }

  get hosts(): readonly ClusterHost[] {
    return [...this.#hosts.values()];
  }
  host(name: string): ClusterHost {
    return this.#hosts.get(name)!;
  }
  /** Where an end of the simulated pair's network is. */
  at(end: 'A' | 'B'): ClusterHost {
    return this.#ends[end];
  }

  /** The backup that the simulated pair begins with. */
  get first(): Promised {
    return this.#first;
  }

  /** A node that the pair begins with; the backup's place was promised. */
  began(end: 'A' | 'B', side: PairSide): void {
    const id = end === 'B' ? this.#first.id : undefined;
    this.#put(end, { pair: PAIR, id, bytes: SIDE_BYTES, ...side });
  }

  /** A node of the pair has come to its end. */
  ended(end: 'A' | 'B'): void {
    this.at(end).agent?.soon();
  }

  /** Where a node of the pair finds places. */
  placesOf(caller: Omit<Caller, 'host'>, end: 'A' | 'B'): PairPlaces {
    return this.#places({ ...caller, host: this.at(end).name }, PAIR, VERSION);
  }

  next(places: PairPlaces, found: Parameters<PairPlaces['next']>[1]): void {
    if (!this.isMended && this.#random.chance(RIVALS))
      this.#random.pick(this.rivals).loseBackup(this.#random.between(0, 1_500));
    places.next(SIDE_BYTES, found);
  }

  /** Everything on it is gone; it is back after a while, with its agent. */
  crash(host: ClusterHost): void {
    if (!host.isUp) return;
    this.#parts.did('a host of the cluster is lost');
    host.isUp = false;
    host.agent?.end();
    host.agent = undefined;
    for (const side of host.living) side.kill(true);
    this.#parts.clockwork.after(this.#random.between(...REBOOT_US), () => {
      host.isUp = true;
      this.startAgent(host);
    });
  }

  /** Who empties a host asks its agent. */
  askToGo(from: Caller, { kind, host, pair }: SideCall, { done }: Answered): void {
    const question = (answer: (reply: AgentReply) => void): void => {
      const back = (reply: AgentReply): void => this.wire.carry(host.name, () => answer(reply));
      this.wire.carry(host.name, () => this.host(host.name).agent?.go(kind, pair, back));
    };
    this.wire.ask(from, ANSWER_US, question, done, () => done({ kind: 'silent', reason: 'no answer' }));
  }

  /** Nothing goes wrong any more. */
  mend(): void {
    this.isMended = true;
    this.wire.isCalm = true;
    this.keeper.isAway = false;
    for (const host of this.hosts) host.isCut = false;
  }

  /** Whether a host has room for the backup of the node that is there. */
  hasRoomFor(nodes: readonly { readonly name: 'A' | 'B'; readonly isGone: boolean }[]): boolean {
    const survivor = nodes.find(({ isGone }) => !isGone);
    return survivor !== undefined && this.#room(PAIR, SIDE_BYTES, VERSION, this.at(survivor.name)) !== undefined;
  }

  /** Why it is not at rest; or nothing. */
  get unrest(): readonly [invariant: string, what: string] | undefined {
    for (const host of this.hosts) {
      const wrong = host.agent === undefined ? `${host.name} is not back` : this.monitor.agrees(host);
      if (wrong !== undefined) return ['P3', wrong];
    }
    for (const { name, bytes, version, livesOn, isProtected } of this.rivals) {
      if (livesOn === undefined || isProtected) continue;
      const room = this.#room(name, bytes, version, livesOn);
      if (room !== undefined) return ['P4', `${name} has no backup, and ${room.name} has room for it`];
    }
    return undefined;
  }

  #room(pair: string, bytes: number, version: string, from: ClusterHost): ClusterHost | undefined {
    return this.hosts.find(
      (host) =>
        host !== from &&
        host.agent !== undefined &&
        host.version === version &&
        !this.monitor.isDraining(host.name) &&
        !host.living.some((side) => side.pair === pair) &&
        host.freeBytes >= bytes,
    );
  }

  /** What is on the hosts in the beginning. */
  #begin(rivals: readonly Rival[]): void {
    const places = (caller: Caller, pair: string, version: string): PairPlaces => this.#places(caller, pair, version);
    const { hosts } = this;
    const { wire } = this;
    const { clockwork, seed } = this.#parts;
    const promised: [string, Reservation][] = [['h1', { id: `${PAIR}-0`, pair: PAIR, bytes: SIDE_BYTES }]];
    for (const { name, bytes, sides } of rivals) {
      const id = `${name}-0`;
      promised.push([sides[1], { id, pair: name, bytes }]);
      const light = {
        ...{ name, version: VERSION, bytes, wire, hosts, places, clockwork, random: new Random(seed, name) },
        began: (host: ClusterHost, side: Side) => this.#add(host, side),
        ended: (host: ClusterHost) => host.agent?.soon(),
      };
      this.rivals.push(new LightPair(light, this.host(sides[0]), this.host(sides[1]), id));
    }
    for (const { name } of hosts) {
      const reservations = promised.flatMap(([host, each]) => (host === name ? [each] : []));
      this.keeper.swap(ledgerKey(name), 0, JSON.stringify({ enrolled: true, draining: false, reservations }));
    }
  }

  #put(end: 'A' | 'B', side: Side): void {
    this.#sides.set(end, side);
    this.#add(this.at(end), side);
  }

  #add(host: ClusterHost, side: Side): void {
    host.sides.add(side);
    this.monitor.began(host, side);
  }

  startAgent(host: ClusterHost): void {
    const { clockwork, seed, did } = this.#parts;
    host.agent = new Agent({
      host,
      clockwork,
      random: new Random(seed, `agent ${host.name} ${++this.#ids}`),
      wire: this.wire,
      start: (...what) => this.#start(...what),
      go: (...what) => this.#go(...what),
      admitting: ({ name }) => {
        const wasDraining = this.monitor.ledger(name).draining;
        return () => {
          if (wasDraining && this.monitor.ledger(name).draining)
            this.#parts.fail('P5', `${name} is draining, and a place is started there`);
        };
      },
      did,
    });
  }

  #start(host: ClusterHost, reservation: Reservation): Side | undefined {
    const rival = this.rivals.find(({ name }) => name === reservation.pair);
    if (rival !== undefined) return rival.start(host, reservation);
    const end = this.#freeEnd(host);
    const side = end === undefined ? undefined : this.#parts.begin(end);
    if (end === undefined || side === undefined) return undefined;
    const begun = { pair: PAIR, id: reservation.id, bytes: SIDE_BYTES, ...side };
    this.#put(end, begun);
    return begun;
  }

  #go(host: ClusterHost, kind: SideCall['kind'], pair: string, answer: (reply: AgentReply) => void): void {
    const rival = this.rivals.find(({ name }) => name === pair);
    const said = (refused: string | undefined): void =>
      answer(refused === undefined ? { kind: 'done' } : { kind: 'refused', reason: refused });
    if (rival !== undefined) said(kind === 'leave' ? rival.leave(host) : rival.handOver(host));
    else if (kind === 'leave') said(this.#leave(host));
    else this.#handOver(host, said);
  }

  /** The simulated pair's. One that has come to its end goes by itself. */
  #endAt(host: ClusterHost): 'A' | 'B' | undefined {
    return ENDS.find((end) => this.at(end) === host && this.#sides.get(end)?.isAlive() === true);
  }

  #leave(host: ClusterHost): string | undefined {
    const end = this.#endAt(host);
    return end === undefined || this.#parts.leave(end) ? undefined : 'the guest lives here, or may';
  }

  /** Answered when the guest lives there no more, or after a while. */
  #handOver(host: ClusterHost, said: (refused: string | undefined) => void): void {
    const { clockwork, handOver, report } = this.#parts;
    const end = this.#endAt(host);
    if (end === undefined || report(end)?.isProtected !== true) {
      said('it has no backup');
      return;
    }
    handOver(end);
    const until = clockwork.now + HAND_OVER_US;
    const look = (): void => {
      if (this.#endAt(host) === undefined) said(undefined);
      else if (clockwork.now >= until) said('the switch has come to nothing');
      else clockwork.after(LOOK_US, look);
    };
    look();
  }

  /** The end of the network that a new side gets: that of a node that is gone. */
  #freeEnd(host: ClusterHost): 'A' | 'B' | undefined {
    const end = ENDS.find((each) => this.#sides.get(each)?.isAlive() !== true);
    if (end !== undefined) this.#ends[end] = host;
    return end;
  }

  #isCut(host: ClusterHost): boolean {
    if (host.isCut || !host.isUp) return true;
    return ENDS.some(
      (end) => this.at(end) === host && this.#sides.get(end)?.isAlive() === true && this.#parts.isCut(end),
    );
  }

  #places(caller: Caller, pair: string, version: string): PairPlaces {
    const { clockwork, did } = this.#parts;
    return new PairPlaces({
      ...{ caller, pair, version, did, wire: this.wire },
      nowMs: () => clockwork.now / 1000,
      newId: () => `${pair}-${++this.#ids}`,
      host: (name) => this.host(name),
    });
  }

  #promisedAt({ name, version, ramBytes }: ClusterHost, id: string): Promised {
    const report = { name, agent: name, version, cpus: 4, load: 1, ramBytes, freeBytes: ramBytes };
    const ledger = { enrolled: true, draining: false, reservations: [] };
    return { host: { name, report, proven: true, ledger, carries: [] }, id };
  }

  /** The pair is in the registry while a node runs in which its guest lives. */
  #renew(): void {
    for (const end of ENDS) {
      const living = this.#parts.report(end);
      if (living === undefined) continue;
      const { who, epoch, isProtected } = living;
      const host = this.at(end).name;
      const state = isProtected ? 'protected' : 'alone';
      const backup = isProtected ? { backup: this.at(end === 'A' ? 'B' : 'A').name } : {};
      const report: PairReport = { name: PAIR, epoch, state, primary: host, ...backup, memoryBytes: 16 << 20 };
      const isAlive = (): boolean => this.#sides.get(end)?.isAlive() === true;
      this.wire.renew({ host, isAlive, post: (job) => job() }, pairKeyOf(PAIR, who), JSON.stringify(report));
    }
    this.#parts.clockwork.after(LEASE_US / 4, () => this.#renew());
  }
}
