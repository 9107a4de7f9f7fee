/**
 * Judges what hosts promise, by the ledgers as the registry's keeper has them and the sides that are on the hosts; asks
 * nobody what it believes.
 */

import { decodeLedger, type Ledger, NO_LEDGER, PREFIX, type Reservation } from '../../../src/ft/cluster/records.ts';
import type { ClusterHost, Side } from '../cluster/cluster-host.ts';

export class PromisesMonitor {
  readonly #hosts: ReadonlyMap<string, ClusterHost>;
  /** Of all pairs. */
  readonly #version: string;
  readonly #fail: (invariant: string, what: string) => void;
  readonly #ledgers = new Map<string, Ledger>();
  /** Hosts that the operator has been told are draining. */
  readonly #told = new Set<string>();
  #wasLost = false;

  constructor(
    hosts: ReadonlyMap<string, ClusterHost>,
    version: string,
    fail: (invariant: string, what: string) => void,
  ) {
    this.#hosts = hosts;
    this.#version = version;
    this.#fail = fail;
  }

  ledger(host: string): Ledger {
    return this.#ledgers.get(host) ?? NO_LEDGER;
  }

  /** A host is being emptied, as its ledger or the operator has it. */
  isDraining(host: string): boolean {
    return this.#told.has(host) || this.ledger(host).draining;
  }

  /** The registry has nothing any more: nor does anybody know what was drained. */
  lost(): void {
    this.#wasLost = true;
    this.#ledgers.clear();
    this.#told.clear();
  }

  /** The operator is told that nothing new comes to the host. */
  drained(host: string): void {
    if (!this.ledger(host).draining) this.#fail('P5', `${host} is said to be draining, and its ledger does not say so`);
    this.#told.add(host);
  }

  /** The operator has been told that the pair has nothing there any more. */
  isGone(host: ClusterHost, pair: string): void {
    if (host.living.some((side) => side.pair === pair && side.isOfPair()))
      this.#fail('P7', `${pair} is said to be gone from ${host.name}, and is there`);
  }

  /** A record has changed, and from this moment says so. */
  swapped(key: string, text: string): void {
    if (!key.startsWith(PREFIX.ledgers)) return;
    const name = key.slice(PREFIX.ledgers.length);
    const host = this.#hosts.get(name)!;
    const before = this.ledger(name);
    const after = decodeLedger(text)!;
    const added = after.reservations.filter(({ id }) => !before.reservations.some((each) => each.id === id));
    const promised = added.filter(({ id }) => !host.hasHad(id));
    for (const { pair } of promised) {
      if (before.draining || this.#told.has(name))
        this.#fail('P5', `${name} is draining, and promises ${pair} a place`);
      if (host.version !== this.#version) this.#fail('P6', `${name} is of another version than ${pair}`);
    }
    const bytes = sumOf(after.reservations);
    // What is there already is put into a ledger that was lost, however much has been promised meanwhile.
    const judged = promised.length > 0 || (added.length > 0 && !this.#wasLost);
    if (judged && bytes > host.ramBytes)
      this.#fail('P2', `${name} promises ${bytes} bytes of ${host.ramBytes}: ${textOf(after.reservations)}`);
    this.#ledgers.set(name, after);
  }

  /** A side of a pair begins on a host. */
  began(host: ClusterHost, side: Side): void {
    const { pair } = side;
    if (host.living.some((other) => other !== side && other.pair === pair && other.isOfPair()))
      this.#fail('P1', `two sides of ${pair} are on ${host.name}`);
  }

  /** In the end: promises are places, places are promised, and who is there is enrolled. */
  agrees(host: ClusterHost): string | undefined {
    const { reservations, enrolled } = this.ledger(host.name);
    if (!enrolled) return `${host.name} is there, and not enrolled`;
    for (const { id } of reservations)
      if (host.side(id) === undefined) return `${host.name} promises ${id}, and nothing is there`;
    for (const { id } of host.living)
      if (id !== undefined && !reservations.some((each) => each.id === id))
        return `${id} is on ${host.name}, and is not promised`;
    return undefined;
  }
}

const sumOf = (reservations: readonly Reservation[]): number => reservations.reduce((sum, { bytes }) => sum + bytes, 0);
const textOf = (reservations: readonly Reservation[]): string => reservations.map(({ id }) => id).join(' ');
