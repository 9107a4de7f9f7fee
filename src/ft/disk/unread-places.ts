/**
 * Places of a shared disk that the backup has still to read: the primary's read of them is done, and what the guest
 * changes there waits until the backup's is too, which is when it has executed the frame with the completion. After
 * Scales and others (2010), section 4.2.
 */

import { overlap, type Place } from './place.ts';

interface Unread {
  readonly place: Place;
  /** The frame that says that it was read. */
  readonly frame: number;
}

export class UnreadPlaces {
  /** Frames do not decrease. */
  #unread: Unread[] = [];

  /** Frame `frame` says that `place` was read. */
  add(place: Place, frame: number): void {
    this.#unread.push({ place, frame });
  }

  /** The last frame that must be executed before `place` may change; undefined: none. */
  lastAt(place: Place): number | undefined {
    return this.#unread.findLast((unread) => overlap(unread.place, place))?.frame;
  }

  /** Every frame up to `frame` is executed. */
  executed(frame: number): void {
    const first = this.#unread.findIndex((unread) => unread.frame > frame);
    this.#unread = first < 0 ? [] : this.#unread.slice(first);
  }
}
