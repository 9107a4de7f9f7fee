/**
 * A learning Ethernet switch (IEEE 802.1D bridging without a spanning tree): a frame goes to the port where its
 * destination was seen last, or to every other port when that is not known. VLAN tags pass untouched. Nothing waits in
 * here: a port that does not take a frame loses it, and no other port notices. Frames come in, frames go out, time is
 * told: no sockets and no clock.
 */

import { destinationOf, HEADER_BYTES, isGroup, isLinkLocal, macText, sourceOf } from './ethernet.ts';
import { MacTable } from './mac-table.ts';
import type { Attachment, SwitchPort } from './switch-port.ts';

/** More addresses than this and the oldest are forgotten. */
const ADDRESSES_MAX = 16_384;

export interface PortStatus {
  readonly port: string;
  readonly up: boolean;
  /** From the port's other end. */
  readonly framesIn: number;
  readonly bytesIn: number;
  /** Taken by the port. */
  readonly framesOut: number;
  readonly bytesOut: number;
  /** Not taken: the port was down, or its queue full. */
  readonly lost: number;
  /** Came in and were no frames for this switch. */
  readonly refused: number;
}

export interface AddressStatus {
  readonly mac: string;
  readonly port: string;
  /** Since its last frame. */
  readonly ageMs: number;
}

export interface SwitchStatus {
  readonly ports: readonly PortStatus[];
  readonly addresses: readonly AddressStatus[];
  /** How often an address was seen at another port than before. */
  readonly moves: number;
}

interface Plugged {
  readonly port: SwitchPort;
  up: boolean;
  framesIn: number;
  bytesIn: number;
  framesOut: number;
  bytesOut: number;
  lost: number;
  refused: number;
}

export interface SwitchOptions {
  /** Milliseconds that never go back. */
  readonly now: () => number;
  /** How long an address is believed after its last frame. */
  readonly ageMs: number;
}

export class EthernetSwitch {
  readonly #now: () => number;
  readonly #table: MacTable<Plugged>;
  readonly #plugged = new Set<Plugged>();
  #moves = 0;

  constructor({ now, ageMs }: SwitchOptions) {
    this.#now = now;
    this.#table = new MacTable({ ageMs, entriesMax: ADDRESSES_MAX });
  }

  attach(port: SwitchPort): Attachment {
    const counters = { framesIn: 0, bytesIn: 0, framesOut: 0, bytesOut: 0, lost: 0, refused: 0 };
    const plugged: Plugged = { port, up: true, ...counters };
    this.#plugged.add(plugged);
    return {
      receive: (frame) => this.#receive(frame, plugged),
      refuse: () => {
        plugged.refused++;
      },
      setUp: (isUp) => {
        plugged.up = isUp;
        if (!isUp) this.#table.forget(plugged);
      },
      detach: () => {
        this.#plugged.delete(plugged);
        this.#table.forget(plugged);
      },
    };
  }

  status(): SwitchStatus {
    const now = this.#now();
    const addresses = this.#table.entries(now).map(({ mac, place, seenMs }) => ({
      mac: macText(mac),
      port: place.port.name,
      ageMs: Math.round(now - seenMs),
    }));
    const ports = [...this.#plugged].map(({ port, ...counters }) => ({ port: port.name, ...counters }));
    return { ports, addresses, moves: this.#moves };
  }

  #receive(frame: Uint8Array, from: Plugged): void {
    if (!this.#plugged.has(from) || frame.length < HEADER_BYTES || isGroup(sourceOf(frame))) {
      from.refused++;
      return;
    }
    from.framesIn++;
    from.bytesIn += frame.length;
    const now = this.#now();
    if (this.#table.learn(sourceOf(frame), from, now)) this.#moves++;
    const destination = destinationOf(frame);
    if (isLinkLocal(destination)) return;
    const to = isGroup(destination) ? undefined : this.#table.find(destination, now);
    if (to === undefined) this.#flood(frame, from);
    else if (to !== from) pass(frame, to);
  }

  #flood(frame: Uint8Array, from: Plugged): void {
    for (const to of this.#plugged) if (to !== from && to.up) pass(frame, to);
  }
}

function pass(frame: Uint8Array, to: Plugged): void {
  if (!to.up || !to.port.send(frame)) {
    to.lost++;
    return;
  }
  to.framesOut++;
  to.bytesOut += frame.length;
}
