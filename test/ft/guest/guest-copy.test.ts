import { describe, expect, it } from 'vitest';
import { createInterpreter } from '../../../src/emu/cpu/interpreter/interpreter.ts';
import { Board } from '../../../src/emu/machine/board.ts';
import { tick } from '../../../src/lib/brands.ts';
import { CheckpointLog } from '../../../src/session/checkpoint-log.ts';
import { Doors } from '../../../src/session/doors.ts';
import { config, flat } from '../../emu/machine/guest.ts';
import { tryCopy } from './clone-trial.ts';

describe.each(['count', 'race'])('a copy of the running guest %s', (name) => {
  it.each([1, 2, 3, 4, 5, 6])('goes on as the guest does, seed %i', (seed) => tryCopy(name, seed));
});

/** An endless loop. */
const LOOP = 0x0000006f;

it('copies what was written to and no more, with the digest of RAM as it is', () => {
  const board = new Board(config(), { kernel: flat([LOOP]) }, new Doors(), createInterpreter);
  const frames: { readonly at: bigint; readonly bytes: number }[] = [];
  const log = new CheckpointLog(board, (at, payload) => frames.push({ at, bytes: payload.length }));
  const round = (): number => {
    for (let written = 0; ; ) {
      const some = log.copySome();
      written += some.written;
      if (some.done) return written;
    }
  };
  const digest = board.digest('all');
  for (let page = 100; page < 300; page++)
    board.ram.write(BigInt(0x8000_0000 + page * 4096), Uint8Array.of(page & 0xff, page >> 8, 1));
  // The 200 pages, the program and the device tree.
  expect(round()).toBe(202);
  expect(log.stale).toBe(0);
  expect(round()).toBe(0);
  board.ram.write(0x8000_0000n + 150n * 4096n, Uint8Array.of(7));
  board.ram.write(0x8000_0000n + 151n * 4096n, Uint8Array.of(151, 0, 1));
  expect(log.stale).toBe(2);
  // What was written again as it was is not copied.
  expect(round()).toBe(1);
  expect(new Set(frames.map(({ at }) => at))).toEqual(new Set([tick(0)]));
  expect(board.digest('all')).not.toBe(digest);
  const fresh = new Board(config(), { kernel: flat([LOOP]) }, new Doors(), createInterpreter);
  fresh.restore({ ...board.saveSmall(), pages: pagesOf(board) });
  expect(fresh.digest('all')).toBe(board.digest('all'));
});

/** As without a keeper. */
function pagesOf(board: Board): Map<number, Uint8Array> {
  return new Map(Array.from({ length: board.ram.pages }, (_, page) => [page, board.ram.page(page).slice()]));
}
