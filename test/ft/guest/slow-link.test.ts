/**
 * A guest that writes to its memory faster than the way to its new backup carries it, in model time: a slice of a
 * millisecond of the guest, then a little of the copy, and a link that carries so many frames in a millisecond.
 */

import { expect, test } from 'vitest';
import { createInterpreter } from '../../../src/emu/cpu/interpreter/interpreter.ts';
import { Board } from '../../../src/emu/machine/board.ts';
import { zstd } from '../../../src/host/zstd.ts';
import { LogWriter } from '../../../src/logformat/writer.ts';
import { beginning, CheckpointLog } from '../../../src/session/checkpoint-log.ts';
import { Doors } from '../../../src/session/doors.ts';
import { GuestCopy } from '../../../src/session/guest-copy.ts';
import { config, flat } from '../../emu/machine/guest.ts';
import { header } from '../../logformat/support.ts';

const LOOP = 0x0000006f;
/** Pages that the guest writes to, over and over, and how many in a millisecond with all of the processor. */
const WORKING_SET = 4000;
const DIRTIED = 64;
const PAGES_PER_FRAME = 32;
const FIRST_PAGE = 100;
const LIMIT_MS = 20_000;

interface Copied {
  readonly rounds: number;
  /** Pages in the last round, which the guest and who talks to it wait for. */
  readonly inPause: number;
  readonly saidSlow: number;
}

/** `linkFrames`: a millisecond; `slower`: what is left of the guest's share at each word that it is too fast. */
function copied(linkFrames: number, slower: number): Copied {
  const board = new Board(config({ memoryBytes: 32 << 20 }), { kernel: flat([LOOP]) }, new Doors(), createInterpreter);
  let ns = 0n;
  let acked = 0;
  const log = new LogWriter({ write: () => {} }, zstd, header);
  const checkpoints = new CheckpointLog(board, (at, payload) => log.checkpoint(at, payload));
  const past = { units: {}, randomBytes: 0n };
  const copy = new GuestCopy({
    state: beginning(
      checkpoints,
      () => past,
      () => new Uint8Array(0),
    ),
    pages: board.ram.pages,
    log,
    images: {},
    unacknowledged: () => log.frames - 1 - Math.floor(acked),
    nowNs: () => {
      ns += 1000n;
      return ns;
    },
  });
  let [share, saidSlow, next, owed, before] = [1, 0, 0, 0, 0];
  const write = (): void => {
    const at = 0x8000_0000n + BigInt(FIRST_PAGE + (next++ % WORKING_SET)) * 4096n;
    board.ram.write(at, new Uint8Array(BigUint64Array.of(BigInt(next)).buffer));
  };
  while (next < WORKING_SET) write();
  for (let ms = 0; ms < LIMIT_MS && !copy.done; ms++) {
    ns = BigInt(ms) * 1_000_000n;
    for (owed += DIRTIED * share; owed >= 1; owed--) write();
    before = copy.progress.pages;
    if (copy.busy && copy.work() && copy.progress.slow) {
      saidSlow++;
      share = Math.max(0.05, share * slower);
    }
    acked = Math.min(acked + linkFrames, log.frames - 1);
  }
  expect(copy.done).toBe(true);
  return { rounds: copy.progress.round, inPause: copy.progress.pages - before, saidSlow };
}

test('a guest that is not slowed makes the copy give up after many rounds, with a long pause', () => {
  const { rounds, inPause, saidSlow } = copied(1, 1);
  expect(rounds).toBe(40);
  expect(saidSlow).toBeGreaterThan(30);
  expect(inPause).toBeGreaterThan(WORKING_SET / 2);
});

test('one that is slowed is copied, and what is left for the pause is what the link carries in it', () => {
  const { rounds, inPause, saidSlow } = copied(1, 0.7);
  expect(saidSlow).toBeGreaterThan(2);
  expect(rounds).toBeLessThan(40);
  // 20 ms of one frame each.
  expect(inPause).toBeLessThan(25 * PAGES_PER_FRAME);
});

test('a link that carries it needs no slowing', () => {
  const { rounds, saidSlow } = copied(40, 0.7);
  expect(saidSlow).toBe(0);
  expect(rounds).toBeLessThan(6);
});
