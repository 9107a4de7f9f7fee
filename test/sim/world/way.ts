/**
 * One way over a link, in order: things arrive one after the other, wait while the link is down, and while the receiver
 * does not read. For the bytes of a connection and for requests to the storage.
 */

import type { Link, Network } from './network.ts';

/** What waited for its link is sent again this much later. */
const RESEND_US = 3_000;

export class Way<T> {
  readonly link: Link;
  readonly #network: Network;
  readonly #deliver: (item: T) => void;
  #queue: { readonly item: T; readonly arrival: number }[] = [];
  #last = 0;
  #pumping = false;
  #reading = true;
  #open = true;

  constructor(network: Network, link: Link, deliver: (item: T) => void) {
    this.#network = network;
    this.link = link;
    this.#deliver = deliver;
  }

  /** Things on the way. */
  get length(): number {
    return this.#queue.length;
  }

  set reading(reading: boolean) {
    this.#reading = reading;
    this.#pump();
  }

  put(item: T, length: number): void {
    if (!this.#open) return;
    const { clockwork } = this.#network;
    const earliest = clockwork.now + this.#network.delay(this.link, 0);
    this.#last = Math.max(this.#last, earliest) + length / this.link.bytesPerUs;
    this.#queue.push({ item, arrival: this.#last });
    this.#pump();
  }

  /** Nothing arrives any more. */
  end(): void {
    this.#open = false;
    this.#queue = [];
  }

  /** All but the first `keep` things are lost; `change` may alter the last of them. */
  cut(keep: number, change: (last: T) => T): void {
    this.#queue = this.#queue.slice(0, keep);
    const last = this.#queue.pop();
    if (last !== undefined) this.#queue.push({ item: change(last.item), arrival: last.arrival });
  }

  #pump(): void {
    const head = this.#queue[0];
    if (this.#pumping || head === undefined || !this.#reading || !this.#open) return;
    this.#pumping = true;
    const { clockwork } = this.#network;
    if (this.link.up) clockwork.at(head.arrival, () => this.#arrive());
    else this.link.waiters.push(() => clockwork.after(RESEND_US, () => this.#again()));
  }

  #again(): void {
    this.#pumping = false;
    this.#pump();
  }

  #arrive(): void {
    this.#pumping = false;
    if (!this.#open || !this.#reading) return;
    const head = this.#queue[0];
    if (this.link.up && head !== undefined && head.arrival <= this.#network.clockwork.now) {
      this.#queue.shift();
      this.#deliver(head.item);
    }
    this.#pump();
  }
}
