/** A guest that writes to its memory without end, page by page, and is copied while it does. */

import { createTranslator } from '../../src/emu/cpu/translator/translator.ts';
import { Board } from '../../src/emu/machine/board.ts';
import type { MachineConfig } from '../../src/emu/machine/machine.ts';
import { zstd } from '../../src/host/zstd.ts';
import { tick } from '../../src/lib/brands.ts';
import { COPY_VERSION, type LogHeader } from '../../src/logformat/header.ts';
import { LogWriter } from '../../src/logformat/writer.ts';
import { beginning, CheckpointLog } from '../../src/session/checkpoint-log.ts';
import { Doors } from '../../src/session/doors.ts';
import { GuestCopy } from '../../src/session/guest-copy.ts';
import { configToCbor } from '../../src/session/machine-config.ts';

const RAM = 0x8000_0000n;
const PAGE_BYTES = 4096;
/** Instructions of the loop, which writes to one page each time around. */
const LOOP_TICKS = 5n;
/** Written to, over and over; the rest of the used half of RAM lies still. */
const WORKING_SET_PAGES = 4096;
/** As the shield of a pair slows a guest. */
const SLOWER = 0.7;
const SHARE_LEAST = 0.05;

/** x5: page; x6: end; x7: start; x8: what is written; x9: 4096. */
const PROGRAM = [
  0x000014b7, // lui x9, 1
  0x00100393, // addi x7, x0, 1
  0x01f39393, // slli x7, x7, 31
  0x00100313, // addi x6, x0, 1
  0x01831313, // slli x6, x6, 24      16 MiB
  0x00730333, // add x6, x6, x7
  0x009383b3, // add x7, x7, x9       behind the program
  0x00038293, // addi x5, x7, 0       around
  0x0082b023, // sd x8, 0(x5)         loop
  0x00140413, // addi x8, x8, 1
  0x009282b3, // add x5, x5, x9
  0x0062c463, // blt x5, x6, +8       to the jump back
  0xfedff06f, // jal x0, around
  0xfedff06f, // jal x0, loop
];

export interface CopiedOnce {
  readonly pausedMs: number;
  /** Of the thread, in what ended with the pause; coarse: only a mean of many says something. */
  readonly pauseCpuMs: number;
  readonly rounds: number;
  readonly bytes: number;
  /** From begin to end, the guest's slices in it. */
  readonly copyingMs: number;
  readonly leastShare: number;
}

export class CopiedGuest {
  readonly #config: MachineConfig;
  readonly #board: Board;

  /** Half of its memory is in use. */
  constructor(mebibytes: number) {
    this.#config = {
      memoryBytes: mebibytes << 20,
      harts: 1,
      bootArgs: '',
      clock: 'host',
      epochNs: 0n,
      rngSeed: new Uint8Array(32),
      devices: [],
    };
    const doors = new Doors();
    doors.connect({ emit: () => {}, nondet: () => 0n });
    const firmware = new Uint8Array(Uint32Array.from(PROGRAM).buffer);
    this.#board = new Board(this.#config, { firmware }, doors, createTranslator);
    const page = new Uint8Array(PAGE_BYTES);
    for (let at = 1; at < this.#board.ram.pages / 2; at++) {
      for (let i = 0; i < PAGE_BYTES; i += 16) page[i] = (at * 31 + i) ^ (i >> 4);
      this.#board.ram.write(RAM + BigInt(at * PAGE_BYTES), page);
    }
    this.#run(WORKING_SET_PAGES);
  }

  /** `pagesPerMs`: written to in a millisecond of the guest's time on the processor, which is its slice. */
  copy(pagesPerMs: number): CopiedOnce {
    const header: LogHeader = {
      version: COPY_VERSION,
      tool: 'bench',
      createdNs: 0n,
      command: [],
      machine: configToCbor(this.#config),
      images: {},
      digestTicks: { small: 1n << 20n, all: 1n << 24n },
      begins: 'checkpoint',
    };
    const log = new LogWriter({ write: () => {} }, zstd, header);
    const checkpoints = new CheckpointLog(this.#board, (at, payload) => log.checkpoint(at, payload));
    const past = { units: {}, randomBytes: 0n };
    const copy = new GuestCopy({
      state: beginning(
        checkpoints,
        () => past,
        () => new Uint8Array(0),
      ),
      pages: this.#board.ram.pages,
      log,
      images: {},
      unacknowledged: () => 0,
      nowNs: () => process.hrtime.bigint(),
    });
    const from = performance.now();
    let share = 1;
    let leastShare = 1;
    let before = process.threadCpuUsage();
    while (!copy.done) {
      this.#run(pagesPerMs * share);
      before = process.threadCpuUsage();
      if (copy.work() && copy.progress.slow) share = Math.max(SHARE_LEAST, share * SLOWER);
      leastShare = Math.min(leastShare, share);
    }
    const { user, system } = process.threadCpuUsage(before);
    const { round: rounds, bytes, pausedNs = 0 } = copy.progress;
    const [pausedMs, pauseCpuMs] = [pausedNs / 1e6, (user + system) / 1000];
    return { pausedMs, pauseCpuMs, rounds, bytes, copyingMs: performance.now() - from, leastShare };
  }

  #run(pages: number): void {
    const board = this.#board;
    board.run(tick(board.tick + LOOP_TICKS * BigInt(Math.ceil(pages))));
  }
}
