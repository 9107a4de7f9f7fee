/**
 * A node's end of the storage: sends what the guest asks for and gives back what comes; asks again when the server was
 * restarted and, for what was refused because its epoch is over, when the node has a later one. What is asked for at a
 * time is free of races (machine.ts). Answers come in the order in which the server gave them.
 */

import type { Output } from '../../../src/emu/machine/events.ts';
import type { HostName } from '../world/network.ts';
import type { BlockReply, BlockRequest, Storage } from '../world/storage.ts';
import type { Way } from '../world/way.ts';

export type DiskOutput = Output & { readonly kind: 'disk' };

interface Asked {
  readonly output: DiskOutput;
  sent: boolean;
  /** The epoch that was over. */
  refused: number | undefined;
}

export interface DiskClientParts {
  readonly storage: Storage;
  readonly host: HostName;
  readonly who: string;
  readonly epoch: () => number;
  /** Called when a reply has come to the host; `take` is to be run by the node's main thread. */
  readonly arrived: (take: () => void) => void;
  readonly done: (output: DiskOutput, status: number, data: Uint8Array) => void;
  readonly did: (what: string) => void;
}

export class DiskClient {
  readonly #parts: DiskClientParts;
  readonly #way: Way<BlockRequest>;
  /** In the order of asking. */
  readonly #asked = new Map<number, Asked>();
  #connection = 0;

  constructor(parts: DiskClientParts) {
    this.#parts = parts;
    this.#way = parts.storage.connect(parts.host, parts.who, (reply) => parts.arrived(() => this.#reply(reply)));
  }

  get outstanding(): number {
    return this.#asked.size;
  }

  submit(output: DiskOutput): void {
    if (this.#asked.has(output.request)) return;
    this.#asked.set(output.request, { output, sent: false, refused: undefined });
    this.#sendReady();
  }

  #reply(reply: BlockReply): void {
    if (reply.kind === 'reconnected') {
      this.#connection = reply.connection;
      for (const asked of this.#asked.values()) asked.sent = false;
      this.#parts.did('storage reconnected');
    } else {
      const asked = this.#asked.get(reply.id);
      if (asked === undefined) return;
      if (reply.kind === 'done') {
        this.#asked.delete(reply.id);
        this.#parts.done(asked.output, reply.status, reply.data);
      } else asked.refused = reply.epoch;
    }
    this.raised();
  }

  /** The node may be in a later epoch than before. */
  raised(): void {
    for (const asked of this.#asked.values()) {
      if (asked.refused === undefined || asked.refused >= this.#parts.epoch()) continue;
      asked.refused = undefined;
      asked.sent = false;
    }
    this.#sendReady();
  }

  #sendReady(): void {
    for (const asked of this.#asked.values()) {
      if (asked.sent) continue;
      asked.sent = true;
      const { operation, request: id } = asked.output;
      this.#way.put({ id, epoch: this.#parts.epoch(), operation, connection: this.#connection }, 128);
    }
  }
}
