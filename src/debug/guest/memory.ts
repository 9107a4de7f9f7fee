/**
 * Guest memory as a debugger reads it: bytes by virtual address through the present page tables, without a trace in the
 * machine. What may be read is what is mapped to RAM (page-walk.ts says what is not looked at).
 */

import { PAGE_BYTES } from '../../emu/cpu/memory-layout.ts';
import type { Board } from '../../emu/machine/board.ts';
import { type WalkOptions, walk } from './page-walk.ts';
import { readPhysical } from './physical.ts';

export { readPhysical } from './physical.ts';

/** A copy of `length` bytes from `va`, as far as mapped to RAM: empty when the first one is not. */
export function readVirtual(board: Board, va: bigint, length: number, options: WalkOptions = {}): Uint8Array {
  const parts: Uint8Array[] = [];
  let done = 0;
  while (done < length) {
    const at = BigInt.asUintN(64, va + BigInt(done));
    const toPageEnd = PAGE_BYTES - Number(at & BigInt(PAGE_BYTES - 1));
    const { pa } = walk(board, at, options);
    const wanted = Math.min(length - done, toPageEnd);
    const part = pa === undefined ? new Uint8Array(0) : readPhysical(board, pa, wanted);
    parts.push(part);
    done += part.length;
    if (part.length < wanted) break;
  }
  const bytes = new Uint8Array(done);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** An unsigned little-endian number of `width` bytes at `va`; undefined where not all of it can be read. */
export function readNumber(
  board: Board,
  va: bigint,
  width: 1 | 2 | 4 | 8,
  options: WalkOptions = {},
): bigint | undefined {
  const bytes = readVirtual(board, va, width, options);
  if (bytes.length < width) return undefined;
  return bytes.reduceRight((number, byte) => (number << 8n) | BigInt(byte), 0n);
}
