/**
 * The simulated storage: a block server that both hosts reach, and the arbiter, which is the same server or one of its
 * own. Requests carry an epoch; one older than the newest that was claimed (or used, where the arbiter is apart) is
 * refused, unless it reads. Keeps all its state when it is restarted; what it was doing is lost, or done in part.
 */

import type { DiskOperation } from '../../../src/emu/machine/events.ts';
import type { ClaimResult } from '../../../src/ft/arbiter.ts';
import { SECTOR_BYTES } from '../guest/program.ts';
import type { HostName, Network } from './network.ts';
import type { Random } from './random.ts';
import { Way } from './way.ts';

export const SECTORS = 24;

export interface BlockRequest {
  readonly id: number;
  readonly epoch: number;
  readonly operation: DiskOperation;
  /** Of the client's connection: what belongs to an older one is lost. */
  readonly connection: number;
}

export type BlockReply =
  | { readonly kind: 'done'; readonly id: number; readonly status: number; readonly data: Uint8Array }
  | { readonly kind: 'stale'; readonly id: number; readonly epoch: number }
  | { readonly kind: 'reconnected'; readonly connection: number };

export interface StorageWatch {
  applied(who: string, request: BlockRequest): void;
  claimed(epoch: number, who: string, result: ClaimResult): void;
  did(what: string): void;
}

interface Client {
  readonly who: string;
  readonly replies: Way<BlockReply>;
  /** What belongs to an older one is lost. */
  connection: number;
}

const NOTHING = new Uint8Array(0);

export class Storage {
  readonly image = new Uint8Array(SECTORS * SECTOR_BYTES);
  readonly #network: Network;
  readonly #random: Random;
  readonly #watch: StorageWatch;
  /** Everybody who has connected. */
  readonly #clients: Client[] = [];
  /** Of the epochs claimed, the highest. */
  #claimed = 0;
  #holder = '';
  /** Requests of an older epoch are refused. */
  #fence = 0;
  /** What came while it stood still. */
  #frozen: (() => void)[] | undefined;
  #life = 0;
  /** Where claims are answered: here, or on a host of its own. */
  readonly arbiterHost: 'S' | 'R';
  latencyUs = 200;
  errors = 0;
  /** Claims are applied this much later than they come. */
  claimDelayUs = 0;
  losesReplies = false;
  /** Nothing can be written. */
  isFull = false;
  readonly #underWay = new Set<BlockRequest>();

  constructor(network: Network, random: Random, watch: StorageWatch, arbiterHost: 'S' | 'R') {
    this.#network = network;
    this.#random = random;
    this.#watch = watch;
    this.arbiterHost = arbiterHost;
  }

  get epoch(): number {
    return this.#claimed;
  }
  get holder(): string {
    return this.#holder;
  }

  /** Connects a node: gives the way for its requests. */
  connect(host: HostName, who: string, deliver: (reply: BlockReply) => void): Way<BlockRequest> {
    const replies = new Way(this.#network, this.#network.link('S', host), deliver);
    const client: Client = { who, replies, connection: 0 };
    this.#clients.push(client);
    return new Way(this.#network, this.#network.link(host, 'S'), (request) => this.#arrived(client, request));
  }

  freeze(): void {
    this.#frozen ??= [];
  }

  thaw(): void {
    const frozen = this.#frozen ?? [];
    this.#frozen = undefined;
    for (const run of frozen) run();
  }

  restart(): void {
    this.#life++;
    for (const request of this.#underWay) this.#tear(request);
    this.#underWay.clear();
    for (const client of this.#clients)
      client.replies.put({ kind: 'reconnected', connection: ++client.connection }, 64);
  }

  /** Asked by a node; `answer` is called when the reply has come to it, if it ever does. */
  claim(node: HostName, epoch: number, who: string, answer: (result: ClaimResult) => void): void {
    this.#network.carry(node, this.arbiterHost, () => {
      const delay = this.claimDelayUs + this.#random.between(20, 100);
      this.#later(delay, () => {
        if (this.isFull) {
          this.#watch.did('claim not kept');
          return;
        }
        const result = this.decide(epoch, who);
        if (this.losesReplies) this.#watch.did('claim reply lost');
        else this.#network.carry(this.arbiterHost, node, () => answer(result));
      });
    });
  }

  /** The test-and-set. */
  decide(epoch: number, who: string): ClaimResult {
    let result: ClaimResult;
    if (epoch > this.#claimed) {
      this.#claimed = epoch;
      this.#holder = who;
      if (this.arbiterHost === 'S') this.#fence = epoch;
      result = { kind: 'won' };
    } else if (epoch === this.#claimed && who === this.#holder) result = { kind: 'won' };
    else result = { kind: 'lost', holder: this.#holder };
    this.#watch.claimed(epoch, who, result);
    return result;
  }

  /** Whether a request of this epoch may be done. */
  protected admits(epoch: number): boolean {
    return epoch >= this.#fence;
  }

  #arrived(client: Client, request: BlockRequest): void {
    if (request.connection !== client.connection) return;
    const life = this.#life;
    this.#underWay.add(request);
    const straggles = this.#random.chance(0.02) ? 8_000 : 0;
    this.#later(this.latencyUs * this.#random.between(0.5, 1.5) + straggles, () => {
      if (!this.#underWay.delete(request) || life !== this.#life) return;
      this.#do(client, request);
    });
  }

  #do({ who, replies: way }: Client, request: BlockRequest): void {
    const { id, epoch, operation } = request;
    if (operation.op !== 'read' && !this.admits(epoch)) {
      this.#watch.did('stale request refused');
      way.put({ kind: 'stale', id, epoch }, 64);
      return;
    }
    this.#fence = Math.max(this.#fence, epoch);
    if (this.isFull && operation.op === 'write') {
      this.#watch.did('disk full');
      way.put({ kind: 'done', id, status: 1, data: NOTHING }, 64);
      return;
    }
    if (this.errors > 0 && this.#random.chance(this.errors)) {
      this.#watch.did('disk error');
      way.put({ kind: 'done', id, status: 1, data: NOTHING }, 64);
      return;
    }
    this.#watch.applied(who, request);
    way.put({ kind: 'done', id, status: 0, data: perform(this.image, operation) }, 128);
  }

  /** A write of several sectors that is cut short has done the first of them, or nothing. */
  #tear({ epoch, operation }: BlockRequest): void {
    if (operation.op !== 'write' || operation.data.length <= SECTOR_BYTES || !this.admits(epoch)) return;
    if (this.#random.chance(0.5)) return;
    this.#watch.did('torn write');
    perform(this.image, { ...operation, data: operation.data.subarray(0, SECTOR_BYTES) });
  }

  /** Not while frozen. */
  #later(delay: number, run: () => void): void {
    this.#network.clockwork.after(delay, () => {
      if (this.#frozen === undefined) run();
      else this.#frozen.push(run);
    });
  }
}

/** Does the operation to an image; gives what was read. */
export function perform(image: Uint8Array, operation: DiskOperation): Uint8Array {
  if (operation.op === 'write') image.set(operation.data, operation.offset);
  return operation.op === 'read' ? image.slice(operation.offset, operation.offset + operation.length) : NOTHING;
}
