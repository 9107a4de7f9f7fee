/**
 * The clients' side: a switch that learns where the guest is, and clients that ask one thing after another and ask
 * again until they are answered.
 */

import { decodeReply, encodeRequest, Op, type Request } from '../guest/packets.ts';
import type { Alarm, Clockwork } from './clockwork.ts';
import type { HostName, Network } from './network.ts';
import type { Random } from './random.ts';

export interface Operation {
  readonly request: Request;
  readonly invoked: number;
  /** Undefined while nothing has been answered. */
  completed: number | undefined;
  value: number;
}

export interface SwitchWatch {
  /** A frame of the guest's has come to the clients' side. */
  heard(node: HostName, frame: Uint8Array): void;
}

/** One port for each host; a frame goes to where the guest's address was seen last. */
export class Switch {
  readonly #network: Network;
  readonly #watch: SwitchWatch;
  readonly #hosts = new Map<HostName, (frame: Uint8Array) => void>();
  readonly #clients: ((frame: Uint8Array) => void)[] = [];
  #port: HostName = 'A';

  constructor(network: Network, watch: SwitchWatch) {
    this.#network = network;
    this.#watch = watch;
  }

  get port(): HostName {
    return this.#port;
  }

  attach(host: HostName, receive: (frame: Uint8Array) => void): void {
    this.#hosts.set(host, receive);
  }
  attachClient(receive: (frame: Uint8Array) => void): void {
    this.#clients.push(receive);
  }

  /** From a host: a frame of the guest's, or the announcement (no bytes) that the guest is there. */
  fromHost(host: HostName, frame: Uint8Array): void {
    this.#network.datagram(host, 'C', frame, (bytes) => {
      this.#port = host;
      if (bytes.length === 0) return;
      this.#watch.heard(host, bytes);
      for (const receive of this.#clients) receive(bytes);
    });
  }

  toGuest(frame: Uint8Array): void {
    const host = this.#port;
    this.#network.datagram('C', host, frame, (bytes) => this.#hosts.get(host)?.(bytes));
  }
}

export class Client {
  readonly history: Operation[] = [];
  readonly #clockwork: Clockwork;
  readonly #random: Random;
  readonly #switch: Switch;
  readonly #id: number;
  readonly #thinkUs: number;
  readonly #retryUs: number;
  #current: Operation | undefined;
  #again: Alarm | undefined;
  #active = true;
  #number = 0;
  #only: Op | undefined;

  constructor(clockwork: Clockwork, random: Random, hub: Switch, id: number, thinkUs: number, retryUs: number) {
    this.#clockwork = clockwork;
    this.#random = random;
    this.#switch = hub;
    this.#id = id;
    this.#thinkUs = thinkUs;
    this.#retryUs = retryUs;
    hub.attachClient((frame) => this.#receive(frame));
  }

  /** What it waits for an answer to. */
  get waitingFor(): Operation | undefined {
    return this.#current;
  }

  start(): void {
    this.#clockwork.after(this.#random.between(0, this.#thinkUs), () => this.#ask());
  }

  /** Asks nothing new. */
  finish(): void {
    this.#active = false;
  }

  /** Asks for this next, and for nothing after it. */
  last(op: Op): void {
    this.#only = op;
    this.#active = true;
    if (this.#current === undefined) this.#ask();
  }

  #ask(): void {
    if (!this.#active || this.#current !== undefined) return;
    const op = this.#only ?? this.#random.pick([Op.add, Op.add, Op.durable, Op.durable, Op.read, Op.random]);
    if (this.#only !== undefined) this.#active = false;
    const request = { client: this.#id, number: ++this.#number, op, key: this.#random.below(2) };
    this.#current = { request, invoked: this.#clockwork.now, completed: undefined, value: 0 };
    this.history.push(this.#current);
    this.#send(this.#retryUs);
  }

  #send(retryUs: number): void {
    const operation = this.#current;
    if (operation === undefined) return;
    this.#switch.toGuest(encodeRequest(operation.request));
    this.#again = this.#clockwork.after(retryUs, () => this.#send(Math.min(retryUs * 1.5, this.#retryUs * 3)));
  }

  #receive(frame: Uint8Array): void {
    const reply = decodeReply(frame);
    const operation = this.#current;
    if (reply === undefined || operation === undefined) return;
    if (reply.client !== this.#id || reply.number !== operation.request.number) return;
    operation.completed = this.#clockwork.now;
    operation.value = reply.value;
    this.#current = undefined;
    this.#again?.cancel();
    this.#clockwork.after(this.#thinkUs * this.#random.between(0.2, 2), () => this.#ask());
  }
}
