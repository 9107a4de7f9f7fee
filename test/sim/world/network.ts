/**
 * The simulated network: links between hosts, each way its own, that delay, lose, double, reorder, damage and break;
 * datagrams and connections over them. A connection keeps its bytes in order and whole, but not when they come: they
 * wait while the link is down.
 */

import type { Clockwork } from './clockwork.ts';
import type { Random } from './random.ts';

/** The two of the pair, the storage, an arbiter apart from it, the clients' side. */
export type HostName = 'A' | 'B' | 'S' | 'R' | 'C';

/** What faults change of a link. */
export interface LinkState {
  readonly up: boolean;
  /** A filter lets datagrams through; connections. */
  readonly datagrams: boolean;
  readonly streams: boolean;
  readonly delayUs: number;
  readonly bytesPerUs: number;
  /** Of datagrams. */
  readonly loss: number;
  readonly duplicate: number;
  readonly reorder: number;
  /** Probability that a datagram, or a piece of a connection, has a bit turned. */
  readonly corrupt: number;
  /** Probability that of a datagram only the beginning arrives. */
  readonly truncate: number;
}

const SOUND: LinkState = {
  up: true,
  datagrams: true,
  streams: true,
  delayUs: 100,
  bytesPerUs: 1000,
  loss: 0,
  duplicate: 0,
  reorder: 0,
  corrupt: 0,
  truncate: 0,
};

export class Link {
  #state = SOUND;
  readonly jitterUs = 30;
  /** Told when connections come through again. */
  readonly waiters: (() => void)[] = [];

  get state(): LinkState {
    return this.#state;
  }
  /** Connections come through. */
  get up(): boolean {
    return this.#state.up && this.#state.streams;
  }
  get delayUs(): number {
    return this.#state.delayUs;
  }
  get bytesPerUs(): number {
    return this.#state.bytesPerUs;
  }

  become(state: LinkState): void {
    this.#state = state;
    if (!this.up) return;
    for (const waiter of this.waiters.splice(0)) waiter();
  }
}

export class Network {
  readonly #clockwork: Clockwork;
  readonly #random: Random;
  readonly #links = new Map<string, Link>();

  constructor(clockwork: Clockwork, random: Random) {
    this.#clockwork = clockwork;
    this.#random = random;
  }

  get clockwork(): Clockwork {
    return this.#clockwork;
  }

  get random(): Random {
    return this.#random;
  }

  link(from: HostName, to: HostName): Link {
    const name = from + to;
    let link = this.#links.get(name);
    if (link === undefined) {
      link = new Link();
      this.#links.set(name, link);
    }
    return link;
  }

  links(): Iterable<Link> {
    return this.#links.values();
  }

  /** Delivers `bytes` once, twice, later or never. */
  datagram(from: HostName, to: HostName, bytes: Uint8Array, deliver: (bytes: Uint8Array) => void): void {
    const link = this.link(from, to);
    const { up, datagrams, loss, duplicate, reorder, corrupt, truncate, delayUs } = link.state;
    if (!up || !datagrams || this.#random.chance(loss)) return;
    const copies = this.#random.chance(duplicate) ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      const late = this.#random.chance(reorder) ? delayUs * this.#random.between(1, 10) : 0;
      const whole = this.#random.chance(corrupt) ? this.turnBit(bytes) : bytes;
      const arriving = truncate > 0 && this.#random.chance(truncate) ? this.cutShort(whole) : whole;
      this.#clockwork.after(this.delay(link, bytes.length) + late, () => deliver(arriving));
    }
  }

  /** The same for what is no bytes here; never damaged. */
  carry(from: HostName, to: HostName, deliver: () => void): void {
    const link = this.link(from, to);
    if (!link.up || this.#random.chance(link.state.loss)) return;
    this.#clockwork.after(this.delay(link, 64), deliver);
  }

  delay(link: Link, length: number): number {
    return link.delayUs + this.#random.fraction() * link.jitterUs + length / link.bytesPerUs;
  }

  cutShort(bytes: Uint8Array): Uint8Array {
    return bytes.subarray(0, this.#random.below(bytes.length));
  }

  turnBit(bytes: Uint8Array): Uint8Array {
    if (bytes.length === 0) return bytes;
    const damaged = bytes.slice();
    const at = this.#random.below(bytes.length);
    damaged[at] = damaged[at]! ^ (1 << this.#random.below(8));
    return damaged;
  }
}
