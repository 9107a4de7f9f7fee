/**
 * The machine of a backup that replays nothing: states come in, frame by frame, and the last whole one is kept.
 *
 *     take: pages ... pages, state ──> RAM is that of this state      restore: all else is too, and the machine may run
 *
 * Invariant: RAM is that of the last whole state; pages of a state that is not whole yet wait outside. Before the first
 * state there is none to keep, and nothing waits.
 */

import type { Board } from '../emu/machine/board.ts';
import { RAM_BASE } from '../emu/machine/memory-map.ts';
import { CHECKPOINT_PAGE_BYTES as PAGE_BYTES } from '../logformat/checkpoint.ts';
import { type Codec, decodeFrame, unpack } from '../logformat/frame.ts';
import { decodePageContents, decodeTransferred, type PageContents, type TransferredState } from './state-frames.ts';

export class ReceivedStates {
  readonly #board: Board;
  readonly #codec: Codec;
  #waiting: PageContents[] = [];
  #last: TransferredState | undefined;

  /** `board` is as at power on, and does not run before `restore`. */
  constructor(board: Board, codec: Codec) {
    this.#board = board;
    this.#codec = codec;
    board.ram.fill(BigInt(RAM_BASE), board.ram.bytes.length);
  }

  /** The last whole state. */
  get last(): TransferredState | undefined {
    return this.#last;
  }

  /** A checkpoint frame, whole; its bytes are kept. Gives the state that is whole with it. FormatError else. */
  take(bytes: Uint8Array): TransferredState | undefined {
    const frame = decodeFrame(bytes);
    const payload = unpack(frame, this.#codec);
    if (frame.firstTick === 0n) {
      this.#waiting.push(...decodePageContents(payload));
      if (this.#last === undefined) this.#apply();
      return undefined;
    }
    this.#last = decodeTransferred(payload);
    this.#apply();
    return this.#last;
  }

  /** Makes the machine that of the last whole state, which there is; what came after it is forgotten. */
  restore(): TransferredState {
    const state = this.#last;
    if (state === undefined) throw new Error('no state is whole yet');
    this.#waiting = [];
    this.#board.restoreSmall(state.machine);
    return state;
  }

  #apply(): void {
    const { ram } = this.#board;
    for (const { page, bytes } of this.#waiting) {
      const at = BigInt(RAM_BASE + page * PAGE_BYTES);
      if (bytes === undefined) ram.fill(at, PAGE_BYTES);
      else ram.write(at, bytes);
    }
    this.#waiting = [];
  }
}
