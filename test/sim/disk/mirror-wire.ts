/** One end of a connection over which an image is made equal: real encoding, messages are jobs of the main thread. */

import { encodeMirror, type MirrorMessage, MirrorSplitter } from '../../../src/ft/disk/mirror-message.ts';
import type { Node } from '../node/node.ts';
import type { Connection } from '../world/connection.ts';

export interface MirrorEars {
  message(message: MirrorMessage): void;
  closed(reason: string): void;
}

export class MirrorWire {
  readonly connection: Connection;
  readonly #node: Pick<Node, 'name' | 'main' | 'world'>;
  readonly #ears: MirrorEars;
  readonly #splitter = new MirrorSplitter();
  #open = true;

  constructor(node: Pick<Node, 'name' | 'main' | 'world'>, connection: Connection, ears: MirrorEars) {
    this.#node = node;
    this.connection = connection;
    this.#ears = ears;
    connection.attach(connection.endAt(node.name), {
      bytes: (bytes) => node.main.post(() => this.#received(bytes)),
      closed: (reason) => node.main.post(() => this.#closed(reason)),
    });
  }

  get isOpen(): boolean {
    return this.#open;
  }

  send(message: MirrorMessage): void {
    this.#node.world.probe(`${this.#node.name}.mirror.${message.kind}`);
    if (this.#open) this.connection.send(this.connection.endAt(this.#node.name), encodeMirror(message));
  }

  close(reason: string): void {
    this.#open = false;
    this.connection.close(this.connection.endAt(this.#node.name), reason);
  }

  #received(bytes: Uint8Array): void {
    try {
      for (const message of this.#splitter.push(bytes)) if (this.#open) this.#ears.message(message);
    } catch (error) {
      this.#node.world.did('damaged message of a mirror refused');
      this.close((error as Error).message);
      this.#ears.closed((error as Error).message);
    }
  }

  #closed(reason: string): void {
    if (!this.#open) return;
    this.#open = false;
    this.#ears.closed(reason);
  }
}
