/**
 * The receiving end of an image copy, after src/host/mirror/mirror-target.ts: messages are done one after another, and
 * until all is there the image is not whole.
 */

import type { MirrorMessage } from '../../../src/ft/disk/mirror-message.ts';
import type { LogName } from '../monitors/primary-log.ts';
import type { Node } from '../node/node.ts';
import type { Connection } from '../world/connection.ts';
import { digestsOf } from './blocks.ts';
import { MirrorWire } from './mirror-wire.ts';
import type { OwnImage } from './own-image.ts';

export interface TargetFacts {
  readonly epoch: number;
  /** Who is followed, and which of its copies. */
  readonly source: LogName;
}

export class MirrorTarget {
  readonly #node: Node;
  readonly #image: OwnImage;
  readonly #facts: () => TargetFacts;
  readonly #wire: MirrorWire;
  readonly #waiting: MirrorMessage[] = [];
  #isBusy = false;
  #opened = false;
  #isOver = false;
  /** The copy that the image is whole for. */
  whole: LogName | undefined;

  constructor(node: Node, image: OwnImage, connection: Connection, facts: () => TargetFacts) {
    this.#node = node;
    this.#image = image;
    this.#facts = facts;
    this.#wire = new MirrorWire(node, connection, {
      message: (message) => {
        this.#waiting.push(message);
        this.#next();
      },
      closed: () => this.stop(),
    });
  }

  get connections(): Connection[] {
    return this.#wire.isOpen ? [this.#wire.connection] : [];
  }

  stop(): void {
    this.#isOver = true;
    if (this.#wire.isOpen) this.#wire.close('another has come');
  }

  #next(): void {
    if (this.#isBusy || this.#isOver) return;
    const message = this.#waiting.shift();
    if (message === undefined) return;
    this.#isBusy = true;
    this.#do(message, () =>
      this.#node.main.post(() => {
        this.#isBusy = false;
        this.#next();
      }),
    );
  }

  #do(message: MirrorMessage, done: () => void): void {
    const answer = (reply: MirrorMessage): void => {
      if (!this.#isOver) this.#wire.send(reply);
      done();
    };
    if (!this.#opened && message.kind !== 'open') {
      this.#end(`'${message.kind}' before 'open'`);
      return;
    }
    switch (message.kind) {
      case 'open':
        this.#open(message, answer);
        return;
      case 'compare': {
        const { drive, offset, length } = message;
        this.#image.carryOut({ op: 'read', offset, length }, (bytes) =>
          answer({ kind: 'digests', drive, offset, length, digests: digestsOf(bytes) }),
        );
        return;
      }
      case 'write': {
        const { offset, length, data } = message;
        const bytes = data.length === 0 ? new Uint8Array(length) : data;
        this.#node.world.monitor.blocksCame(this.#facts().source, this.#image.bytes, offset, bytes);
        this.#image.carryOut({ op: 'write', offset, data: bytes }, () => answer({ kind: 'written', length }));
        return;
      }
      case 'sync':
        this.#image.carryOut({ op: 'flush' }, () => answer({ kind: 'synced' }));
        return;
      case 'complete':
        this.#image.carryOut({ op: 'flush' }, () => this.#complete(answer));
        return;
      default:
        this.#end(`'${message.kind}' from a source`);
    }
  }

  #open(open: MirrorMessage & { readonly kind: 'open' }, answer: (reply: MirrorMessage) => void): void {
    const { epoch, source } = this.#facts();
    if (open.epoch !== epoch || open.who !== source.primary || open.copy !== source.copy) {
      this.#node.world.did('a mirror is refused');
      answer({ kind: 'refused', reason: 'it follows another guest, or another copy of it' });
      return;
    }
    this.#opened = true;
    answer({ kind: 'ready' });
  }

  #complete(answer: (reply: MirrorMessage) => void): void {
    const { source } = this.#facts();
    this.#node.world.monitor.imageWhole(source, this.#image.bytes);
    this.#node.world.did('an image is made equal');
    this.whole = source;
    answer({ kind: 'completed' });
    this.#isOver = true;
  }

  #end(reason: string): void {
    this.#isOver = true;
    this.#wire.close(reason);
  }
}
