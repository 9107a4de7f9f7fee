/**
 * Makes the image of a new backup equal to that of the guest that lives here, after src/host/mirror/image-copy.ts, by
 * the steps of the real MirrorSource.
 */

import { BlockMap } from '../../../src/ft/disk/block-map.ts';
import { MIRROR_VERSION } from '../../../src/ft/disk/mirror-message.ts';
import { MirrorSource, type MirrorStep } from '../../../src/ft/disk/mirror-source.ts';
import { DISK } from '../guest/program.ts';
import type { Node } from '../node/node.ts';
import { Connection } from '../world/connection.ts';
import { digestsOf, isZero, LIMITS } from './blocks.ts';
import { MirrorWire } from './mirror-wire.ts';
import { IMAGE_BYTES, type OwnImage } from './own-image.ts';

const DIAL_TIMEOUT_US = 25_000;
const IDLE_US = 300;
/** Nothing is heard for so many times of detection: a damaged length can have swallowed all that came after it. */
const SILENCE = 4;
const NOTHING = new Uint8Array(0);

export interface ImageCopyEars {
  near(): void;
  slow(): void;
  /** It cannot be done; nothing follows. */
  failed(reason: string): void;
}

export class ImageCopy {
  readonly copy: number;
  readonly #node: Node;
  readonly #image: OwnImage;
  readonly #ears: ImageCopyEars;
  readonly #source: MirrorSource;
  readonly #steps: ReturnType<MirrorSource['steps']>;
  #wire: MirrorWire | undefined;
  #awaits: 'nothing' | 'heard' | 'still' = 'nothing';
  /** Questions and answers so far. */
  #heard = 0;
  #isStill = false;
  #isOver = false;
  #gone = false;
  #whole: (() => void) | undefined;

  constructor(node: Node, image: OwnImage, copy: number, ears: ImageCopyEars) {
    const { settings, epoch, name } = node;
    this.copy = copy;
    this.#node = node;
    this.#image = image;
    this.#ears = ears;
    const changes = new BlockMap(IMAGE_BYTES, LIMITS.block);
    image.changes = changes;
    image.touched = 0;
    this.#source = new MirrorSource({
      open: {
        kind: 'open',
        version: MIRROR_VERSION,
        pair: settings.pair,
        epoch,
        who: settings.who,
        host: settings.host,
        copy,
        drives: [{ device: DISK, sizeBytes: IMAGE_BYTES, file: `image of ${name}` }],
      },
      limits: LIMITS,
      changes: [changes],
      digestsOf,
      isZero,
      send: (message) => this.#wire!.send(message),
      near: () => ears.near(),
      slow: () => ears.slow(),
      release: () => this.#letGo(),
    });
    this.#steps = this.#source.steps();
    this.#dial();
  }

  get connections(): Connection[] {
    return this.#wire?.isOpen === true ? [this.#wire.connection] : [];
  }

  /** Takes the image as it is at this moment; `whole` is called however that ends. */
  finish(whole: () => void): void {
    if (this.#isOver) {
      whole();
      return;
    }
    this.#whole = whole;
    this.#image.hold(() => {
      this.#isStill = true;
      this.#node.world.monitor.imageHeld(this.#node.who, this.copy, this.#image);
      if (this.#awaits === 'still') this.#node.main.post(() => this.#go());
    });
    this.#source.finish();
  }

  /** Nothing more is sent, and nothing is told. */
  stop(): void {
    if (this.#isOver) return;
    this.#end('it was given up');
  }

  #dial(): void {
    const { world, name, main } = this.#node;
    const { network, clockwork } = world;
    const there = name === 'A' ? 'B' : 'A';
    clockwork.after(DIAL_TIMEOUT_US, () => {
      if (this.#wire === undefined) main.post(() => this.#fail('no answer'));
    });
    network.carry(name, there, () => {
      const other = world.node(there);
      if (!other.isListening) return;
      network.carry(there, name, () => {
        if (this.#isOver || this.#wire !== undefined || main.state === 'dead') return;
        const connection = new Connection(network, name, there, { primary: this.#node.who, copy: this.copy });
        this.#wire = new MirrorWire(this.#node, connection, {
          message: (message) => {
            this.#heard++;
            this.#source.heard(message);
            if (this.#awaits === 'heard') this.#go();
          },
          closed: (reason) => this.#fail(reason),
        });
        if (other.isListening) other.images?.accept(connection);
        else connection.reset(1);
        main.post(() => this.#go());
      });
    });
  }

  #go(bytes: Uint8Array = NOTHING): void {
    if (this.#isOver) return;
    this.#awaits = 'nothing';
    try {
      const step = this.#steps.next(bytes);
      if (step.done === true) this.#end('the images are equal');
      else this.#take(step.value);
    } catch (error) {
      this.#fail((error as Error).message);
    }
  }

  #take(step: MirrorStep): void {
    const { main, world } = this.#node;
    switch (step.kind) {
      case 'read': {
        const { offset, length } = step;
        this.#image.carryOut({ op: 'read', offset, length }, (bytes) => main.post(() => this.#go(bytes)));
        return;
      }
      case 'rest':
        world.clockwork.after(IDLE_US, () => main.post(() => this.#go()));
        return;
      case 'still':
        if (this.#isStill) main.post(() => this.#go());
        else this.#awaits = 'still';
        return;
      default:
        this.#awaits = 'heard';
        this.#awaitAnswer();
    }
  }

  #awaitAnswer(): void {
    const { main, settings, world } = this.#node;
    const before = this.#heard;
    world.clockwork.after(SILENCE * 1000 * settings.detectMs, () =>
      main.post(() => {
        if (this.#awaits === 'heard' && this.#heard === before) this.#fail('no answer');
      }),
    );
  }

  /** Once: another copy may use the image afterwards. */
  #letGo(): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#image.changes = undefined;
    if (this.#node.alive) this.#image.release();
  }

  #fail(reason: string): void {
    if (this.#isOver) return;
    this.#end(reason);
    this.#ears.failed(reason);
  }

  #end(reason: string): void {
    this.#isOver = true;
    this.#letGo();
    this.#wire?.close(reason);
    const whole = this.#whole;
    this.#whole = undefined;
    whole?.();
  }
}
