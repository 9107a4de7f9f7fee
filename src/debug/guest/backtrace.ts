/**
 * The calls that led to the present instruction, by frame pointers: each frame holds the return address below its
 * pointer and the caller's pointer below that (psABI, "Frame Pointer Convention"). Code built without frame pointers
 * ends it or makes it wrong, so a frame is believed only while it lies above the one before and its return address can
 * be fetched.
 */

import type { Board } from '../../emu/machine/board.ts';
import { readNumber } from './memory.ts';
import { walk } from './page-walk.ts';
import { readRegisters } from './registers.ts';

export interface CallFrame {
  readonly pc: bigint;
  /** Undefined for the innermost. */
  readonly frame: bigint | undefined;
}

/** Largest frame that is believed. */
const FRAME_BYTES_MAX = 1n << 20n;
const WORD = 8n;

/** Innermost first: the present pc, then return addresses. */
export function backtrace(board: Board, depth = 16): readonly CallFrame[] {
  const registers = readRegisters(board, ['pc', 'sp', 's0']);
  const frames: CallFrame[] = [{ pc: registers.get('pc')!, frame: undefined }];
  let low = registers.get('sp')!;
  let frame = registers.get('s0')!;
  while (frames.length < depth) {
    if (frame <= low || frame - low > FRAME_BYTES_MAX || frame % WORD !== 0n) break;
    const pc = readNumber(board, frame - WORD, 8);
    const caller = readNumber(board, frame - 2n * WORD, 8);
    if (pc === undefined || caller === undefined || pc % 2n !== 0n || !isCode(board, pc)) break;
    frames.push({ pc, frame });
    low = frame;
    frame = caller;
  }
  return frames;
}

function isCode(board: Board, pc: bigint): boolean {
  if (readNumber(board, pc, 2) === undefined) return false;
  const leaf = walk(board, pc).levels.at(-1);
  return leaf === undefined || leaf.flags.includes('X');
}
