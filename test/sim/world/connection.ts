/**
 * One connection between two hosts: an ordered stream of bytes each way. Pieces arrive as the network likes to cut
 * them. A process that is gone says so (`reset`), a host that is gone does not (`vanish`).
 */

import type { LogName } from '../monitors/primary-log.ts';
import type { HostName, Network } from './network.ts';
import { Way } from './way.ts';

/** What one end is told, at the time of arrival. */
export interface EndHandler {
  bytes(bytes: Uint8Array): void;
  closed(reason: string): void;
}

export type End = 0 | 1;
const other = (end: End): End => (end === 0 ? 1 : 0);

/** Bytes of one piece at most. */
const PIECE_BYTES = 1400;

type Item = { readonly bytes: Uint8Array } | { readonly closed: string };

export class Connection {
  readonly #network: Network;
  readonly #handlers: (EndHandler | undefined)[] = [undefined, undefined];
  /** By sending end. */
  readonly #ways: readonly [Way<Item>, Way<Item>];
  readonly #closed: [boolean, boolean] = [false, false];
  readonly #from: HostName;
  /** What it was dialled for. */
  readonly log: LogName;

  /** End 0 is at `from`, end 1 at `to`. */
  constructor(network: Network, from: HostName, to: HostName, log: LogName) {
    this.#network = network;
    this.#from = from;
    this.log = log;
    this.#ways = [
      new Way(network, network.link(from, to), (item) => this.#arrived(1, item)),
      new Way(network, network.link(to, from), (item) => this.#arrived(0, item)),
    ];
  }

  endAt(host: HostName): End {
    return host === this.#from ? 0 : 1;
  }

  /** Who is told of what arrives at `end`. */
  attach(end: End, handler: EndHandler): void {
    this.#handlers[end] = handler;
  }

  send(end: End, bytes: Uint8Array): void {
    if (this.#closed[end]) return;
    const { random } = this.#network;
    for (let at = 0; at < bytes.length; ) {
      const most = random.chance(0.1) ? 1 + random.below(200) : PIECE_BYTES;
      const piece = at === 0 && most >= bytes.length ? bytes : bytes.subarray(at, Math.min(at + most, bytes.length));
      at += piece.length;
      this.#ways[end].put({ bytes: piece }, piece.length);
    }
  }

  setReading(end: End, reading: boolean): void {
    this.#ways[other(end)].reading = reading;
  }

  /** The end closes: what it has sent still arrives, nothing comes to it any more. */
  close(end: End, reason: string): void {
    if (this.#closed[end]) return;
    this.#closed[end] = true;
    this.#ways[end].put({ closed: reason }, 0);
    this.#ways[other(end)].end();
  }

  /** The end's process is gone: of what it had sent a part arrives, perhaps half a message, and then the end. */
  reset(end: End): void {
    if (this.#closed[end]) return;
    const { random } = this.#network;
    const half = random.chance(0.5);
    this.#ways[end].cut(random.below(this.#ways[end].length + 1), (item) =>
      half && 'bytes' in item ? { bytes: item.bytes.slice(0, item.bytes.length >> 1) } : item,
    );
    this.close(end, 'reset');
  }

  /** Somebody between the ends breaks it: both are told, and part of what was on its way is lost. */
  break(): void {
    const { random } = this.#network;
    for (const way of this.#ways) {
      way.cut(random.below(way.length + 1), (item) => item);
      way.put({ closed: 'broken' }, 0);
    }
  }

  /** The end's host is gone: nothing arrives any more, and nobody says so. */
  vanish(end: End): void {
    this.#closed[end] = true;
    for (const way of this.#ways) way.end();
  }

  #arrived(end: End, item: Item): void {
    if (this.#closed[end]) return;
    const handler = this.#handlers[end];
    if ('closed' in item) {
      this.#closed[end] = true;
      handler?.closed(item.closed);
      return;
    }
    const network = this.#network;
    const { corrupt } = this.#ways[other(end)].link.state;
    handler?.bytes(corrupt > 0 && network.random.chance(corrupt) ? network.turnBit(item.bytes) : item.bytes);
  }
}
