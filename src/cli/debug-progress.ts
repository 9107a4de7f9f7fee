/**
 * A line on the terminal about a long way through a recording, from the moment it gets long. Writes nothing when
 * standard error is not a terminal.
 */

import type { Progress } from '../debug/timeline/timeline.ts';
import { count } from './text.ts';

const SHOWN_AFTER_MS = 500;
const INTERVAL_MS = 100;
const HEARD_MS = 1000;

export class TravelLine {
  readonly #shown = process.stderr.isTTY === true;
  #beganMs: number | undefined;
  #drawnMs = 0;
  #heardMs = 0;

  /** Lets other things happen. True once a second. */
  async breathe({ at, from, to }: Progress): Promise<boolean> {
    const now = performance.now();
    this.#beganMs ??= now;
    if (this.#shown && now - this.#beganMs > SHOWN_AFTER_MS && now - this.#drawnMs > INTERVAL_MS) {
      this.#drawnMs = now;
      const direction = to < from ? 'back' : 'on';
      process.stderr.write(`\r\x1b[Klockstep: going ${direction}, at tick ${count(at)}; Ctrl-C stops`);
    }
    await new Promise(setImmediate);
    if (now - this.#heardMs < HEARD_MS) return false;
    this.#heardMs = now;
    return true;
  }

  /** Takes the line away: there is nothing to wait for. */
  rested(): void {
    if (this.#drawnMs > 0) process.stderr.write('\r\x1b[K');
    this.#beganMs = undefined;
    this.#drawnMs = 0;
  }
}
