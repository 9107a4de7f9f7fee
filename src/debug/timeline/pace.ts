/** How long operations let the world in: progress, and giving up. */

import type { Tick } from '../../lib/brands.ts';

export interface Progress {
  readonly at: Tick;
  readonly from: Tick;
  /** Where the operation ends at the latest; below `from` when it goes backwards. */
  readonly to: Tick;
}

export interface Pace {
  /**
   * Called every 20 ms of work or so. False gives up: the operation stops where it is consistent and rejects with
   * Interrupted.
   */
  pause(progress: Progress): Promise<boolean>;
}

/** Given up by Pace.pause. The timeline is usable, and stands where `now` says. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}
