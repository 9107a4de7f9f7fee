/**
 * The other ends of a VXLAN segment, and which address is behind which: what RFC 7348 (4.1, 4.2) calls learning, with
 * the list of remotes in place of a multicast group. Without a list the peers are those that were heard; one that has
 * been silent for as long as an address is believed stays, for it may only listen, but gives way to who comes when
 * there are too many. No clock in here: calls say what time it is, in milliseconds that never go back.
 */

import { MacTable } from './mac-table.ts';

export interface Peer {
  /** An IP address, not a name. */
  readonly host: string;
  readonly port: number;
}

const ADDRESSES_MAX = 16_384;
/** Heard ones: a stranger who makes addresses up costs no more than this. */
const PEERS_MAX = 256;

export class VxlanPeers {
  readonly #listed: readonly Peer[];
  readonly #ownPort: number;
  readonly #heard = new Map<string, { readonly peer: Peer; seenMs: number }>();
  readonly #ageMs: number;
  readonly #table: MacTable<Peer>;

  /** `ownPort`: what a peer that was only heard listens at too. */
  constructor(listed: readonly Peer[], ownPort: number, ageMs: number) {
    this.#listed = listed;
    this.#ownPort = ownPort;
    this.#ageMs = ageMs;
    this.#table = new MacTable({ ageMs, entriesMax: ADDRESSES_MAX });
  }

  /**
   * Who sent a datagram from `host`:`port`; undefined when that is nobody of the segment. The source port says nothing
   * about where a peer listens (RFC 7348, 5: it is a hash), but tells two listed peers of one host apart.
   */
  sender(host: string, port: number, nowMs: number): Peer | undefined {
    if (this.#listed.length > 0) {
      const there = this.#listed.filter((peer) => peer.host === host);
      return there.find((peer) => peer.port === port) ?? there[0];
    }
    const known = this.#heard.get(host);
    if (known !== undefined) {
      known.seenMs = nowMs;
      return known.peer;
    }
    if (this.#heard.size >= PEERS_MAX && !this.#makeRoom(nowMs)) return undefined;
    const peer = { host, port: this.#ownPort };
    this.#heard.set(host, { peer, seenMs: nowMs });
    return peer;
  }

  learn(mac: number, at: Peer, nowMs: number): void {
    this.#table.learn(mac, at, nowMs);
  }

  /** `mac` is behind no peer: a frame of its came from this side. */
  leave(mac: number): void {
    this.#table.drop(mac);
  }

  /** Where a frame for `mac` goes: to one peer, or to all while it is not known where it is. */
  for(mac: number, nowMs: number): readonly Peer[] {
    const at = this.#table.find(mac, nowMs);
    return at === undefined ? this.all() : [at];
  }

  all(): readonly Peer[] {
    return this.#listed.length > 0 ? this.#listed : [...this.#heard.values()].map(({ peer }) => peer);
  }

  /** False: all have been heard lately. */
  #makeRoom(nowMs: number): boolean {
    let oldest: string | undefined;
    let beforeMs = nowMs - this.#ageMs;
    for (const [host, { seenMs }] of this.#heard) {
      if (seenMs >= beforeMs) continue;
      oldest = host;
      beforeMs = seenMs;
    }
    return oldest !== undefined && this.#heard.delete(oldest);
  }
}
