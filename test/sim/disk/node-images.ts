/**
 * What a node does with its host's image, after src/host/ft/side-images.ts and src/host/mirror/backup-mirror.ts: makes
 * that of a new backup equal to it, or has it made equal, and keeps it so for the guest that it replays.
 */

import type { DiskOutput } from '../node/disk-client.ts';
import type { Node } from '../node/node.ts';
import type { Connection } from '../world/connection.ts';
import { Follower } from './follower.ts';
import { ImageCopy } from './image-copy.ts';
import { MirrorTarget, type TargetFacts } from './mirror-target.ts';
import type { OwnImage } from './own-image.ts';

export interface NodeImagesEars {
  near(copy: number): void;
  slow(copy: number): void;
  /** The copy of that number cannot be completed. */
  giveUp(copy: number): void;
  facts(): TargetFacts;
}

export class NodeImages {
  readonly image: OwnImage;
  readonly follower: Follower;
  readonly #node: Node;
  readonly #ears: NodeImagesEars;
  #copy: ImageCopy | undefined;
  #target: MirrorTarget | undefined;
  /** What the guest's thread says behind the state of a copy whose images are not whole. */
  #line: (() => void)[] | undefined;

  constructor(node: Node, image: OwnImage, ears: NodeImagesEars) {
    this.#node = node;
    this.image = image;
    this.#ears = ears;
    this.follower = new Follower(image, (stalled) => {
      if (stalled) node.world.did('an image is behind its guest');
      if (node.guest !== undefined) node.guest.stalled = stalled;
    });
  }

  get connections(): Connection[] {
    return [...(this.#copy?.connections ?? []), ...(this.#target?.connections ?? [])];
  }

  /** The image holds what the guest had asked when its state was taken. */
  get isWhole(): boolean {
    const { source } = this.#ears.facts();
    const whole = this.#target?.whole;
    return whole?.primary === source.primary && whole.copy === source.copy;
  }

  /** A backup is made there. */
  begin(copy: number): void {
    this.#copy?.stop();
    this.#copy = new ImageCopy(this.#node, this.image, copy, {
      near: () => this.#ears.near(copy),
      slow: () => this.#ears.slow(copy),
      failed: () => {
        this.#node.world.did('an image cannot be made equal');
        this.#ears.giveUp(copy);
      },
    });
  }

  stop(copy: number): void {
    if (copy === this.#copy?.copy) this.#copy.stop();
  }

  /** Somebody comes to make the image equal: the last to come does it. */
  accept(connection: Connection): void {
    this.#target?.stop();
    this.#target = new MirrorTarget(this.#node, this.image, connection, () => this.#ears.facts());
  }

  /** Of the guest that is replayed here. */
  take(output: DiskOutput): void {
    this.follower.take(output);
  }

  /** The state of that copy is said now: it and all behind it waits for the image. */
  hold(copy: number): void {
    if (copy !== this.#copy?.copy) return;
    if (this.#node.world.hooks.imagesWait === false) {
      this.#copy.finish(() => {});
      return;
    }
    this.#line ??= [];
    // Who gives a copy up is done with that first.
    this.#copy.finish(() => this.#node.main.again(() => this.#go()));
  }

  /** Behind everything that was said before. */
  after(run: () => void): void {
    if (this.#line === undefined) run();
    else this.#line.push(run);
  }

  #go(): void {
    const line = this.#line ?? [];
    while (line.length > 0) line.shift()!();
    this.#line = undefined;
  }
}
