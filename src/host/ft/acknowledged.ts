/** What of the frames of a guest's log its backup has, as the guest thread sees it, which may wait for it. */

import { Doorbell } from '../doorbell.ts';
import { ControlWords, type SharedState } from '../live/shared-state.ts';

/** More than any log has frames: there is nobody to wait for. */
export const ALL_FRAMES = 0x7fff_ffff;

export class Acknowledged {
  readonly #control: ControlWords;
  readonly #bell: Doorbell;

  constructor(shared: SharedState) {
    this.#control = new ControlWords(shared.control);
    this.#bell = new Doorbell(shared.guestBell);
  }

  get frames(): number {
    return this.#control.acknowledged;
  }

  /** Whether the first `frames` frames are. */
  covers(frames: number): boolean {
    return this.frames >= frames;
  }

  /** Blocks the thread until they are, or the guest is to stop. */
  wait(frames: number): void {
    if (this.covers(frames)) return;
    this.#control.awaited = true;
    for (let seen = this.#bell.rings; !this.covers(frames) && !this.#control.stopAsked; seen = this.#bell.rings)
      this.#bell.wait(seen, Number.POSITIVE_INFINITY);
    this.#control.awaited = false;
  }
}
