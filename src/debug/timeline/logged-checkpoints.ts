/**
 * The checkpoints that a recording holds. Which there are is known from the index alone; one is read when it is needed,
 * its frames of pages by way of logged-pages.ts.
 */

import type { Page } from '../../emu/machine/page-table.ts';
import { decodeState } from '../../logformat/checkpoint.ts';
import type { IndexEntry } from '../../logformat/closing.ts';
import { stateFromCbor } from '../../session/machine-state.ts';
import type { Checkpoint } from './checkpoint.ts';
import type { LoadableCheckpoint } from './checkpoint-store.ts';
import type { History } from './history.ts';
import { LoggedPages } from './logged-pages.ts';

export class LoggedCheckpoints {
  readonly #history: History;
  readonly #pages: LoggedPages;

  /** `isHeld`: whether a page is held by a checkpoint in memory. */
  constructor(history: History, ramPages: number, isHeld: (page: Page) => boolean = () => false) {
    this.#history = history;
    this.#pages = new LoggedPages(history, ramPages, isHeld);
  }

  /** In order of their ticks, as the recording is now. */
  list(): readonly LoadableCheckpoint[] {
    const { frames, end } = this.#history;
    // The last of some checkpoint frames in a row with the same first tick holds the state.
    const states = frames.filter(({ kind, firstTick }, i) => {
      const next = frames[i + 1];
      return kind === 'checkpoint' && (next?.kind !== 'checkpoint' || next.firstTick !== firstTick);
    });
    return states
      .filter(({ firstTick }) => firstTick > 0n && firstTick <= end)
      .map((entry) => ({ tick: entry.firstTick, load: () => this.#load(entry) }));
  }

  /** FormatError when it is damaged, or is no whole checkpoint. */
  #load({ offset, firstTick }: IndexEntry): Checkpoint {
    const { reader } = this.#history;
    const state = decodeState(reader.payloadOf(reader.frameAt(offset)));
    return {
      tick: firstTick,
      machine: stateFromCbor(state.machine),
      pages: this.#pages.table(state.ram),
      position: {
        place: this.#history.placeAt(offset, state.left),
        replayer: { marks: state.marks, agreed: firstTick, proved: firstTick },
      },
      line: state.line,
      digest: state.digest.toString(16).padStart(16, '0'),
      ...(state.past === undefined ? {} : { past: state.past }),
    };
  }
}
