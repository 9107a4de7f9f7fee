/**
 * The image that a host has for its side of the pair, after src/host/mirror/own-image.ts. It outlives the processes
 * that use it; what was not flushed is there in part when the host has lost its power.
 */

import type { DiskOperation } from '../../../src/emu/machine/events.ts';
import type { BlockMap } from '../../../src/ft/disk/block-map.ts';
import { SECTOR_BYTES } from '../guest/program.ts';
import type { Clockwork } from '../world/clockwork.ts';
import type { Random } from '../world/random.ts';
import { perform, SECTORS } from '../world/storage.ts';

export const IMAGE_BYTES: number = SECTORS * SECTOR_BYTES;

type Done = (data: Uint8Array) => void;

export class OwnImage {
  bytes: Uint8Array = new Uint8Array(IMAGE_BYTES);
  readonly #clockwork: Clockwork;
  readonly #random: Random;
  readonly #latencyUs: () => number;
  /** As the last flush left it, and what was written since. */
  #flushed = new Uint8Array(IMAGE_BYTES);
  #written: DiskOperation[] = [];
  /** What has changed; taken down while there is one. */
  changes: BlockMap | undefined;
  /** Blocks that were taken down, again and again. */
  touched = 0;
  #changing = 0;
  /** Changes that wait. */
  #held: (() => void)[] | undefined;
  #calm: (() => void) | undefined;
  #life = 0;

  constructor(clockwork: Clockwork, random: Random, latencyUs: () => number) {
    this.#clockwork = clockwork;
    this.#random = random;
    this.#latencyUs = latencyUs;
  }

  /** `done` is called when it is done, unless the process is gone. Several are done at a time, in any order. */
  carryOut(operation: DiskOperation, done: Done): void {
    if (operation.op === 'flush') this.#flush(done);
    else if (operation.op === 'read') this.#later(() => done(perform(this.bytes, operation)));
    else this.#change(operation, done);
  }

  /** From now on changes wait, until `release`; `calm` is called when those under way are done. */
  hold(calm: () => void): void {
    this.#held ??= [];
    if (this.#changing === 0) calm();
    else this.#calm = calm;
  }

  release(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const begin of held) begin();
  }

  /** Who used it is gone; what was under way is not done. */
  left(): void {
    this.#life++;
    this.#changing = 0;
    this.#held = undefined;
    this.#calm = undefined;
    this.changes = undefined;
  }

  /** Of what was not flushed some is there. */
  powerLost(): void {
    this.left();
    this.bytes = this.#flushed.slice();
    for (const operation of this.#written) if (this.#random.chance(0.5)) perform(this.bytes, operation);
    this.#flushed = this.bytes.slice();
    this.#written = [];
  }

  #flush(done: Done): void {
    const before = this.#written.length;
    this.#later(() => {
      // What is written while it is made may be on the storage or not.
      for (const operation of this.#written.splice(0, before)) perform(this.#flushed, operation);
      done(NOTHING);
    });
  }

  #change(operation: DiskOperation, done: Done): void {
    if (this.#held !== undefined) {
      this.#held.push(() => this.#change(operation, done));
      return;
    }
    this.#changing++;
    this.#later(() => {
      perform(this.bytes, operation);
      this.#written.push(operation);
      if (operation.op === 'write' && this.changes !== undefined) {
        this.changes.mark(operation.offset, operation.data.length);
        this.touched += operation.data.length / SECTOR_BYTES;
      }
      this.#changing--;
      if (this.#changing === 0) {
        const calm = this.#calm;
        this.#calm = undefined;
        calm?.();
      }
      done(NOTHING);
    });
  }

  #later(run: () => void): void {
    const life = this.#life;
    this.#clockwork.after(this.#latencyUs() * this.#random.between(0.5, 1.5), () => {
      if (life === this.#life) run();
    });
  }
}

const NOTHING = new Uint8Array(0);
