/**
 * The shared memory of a live guest: two rings, a bell for each thread, and the counters that the main thread looks at.
 *
 *     main thread  -- toGuest: inputs -->  guest thread
 *     main thread  <-- toHost: outputs --  guest thread
 *
 * Only the guest thread writes the counters, `heldBytes`, `awaited` and `recordingFd`; only the main thread asks for
 * the stop, for standing still, and for less than the whole processor, and tells what a backup has acknowledged.
 */

import type { Operator } from '../../emu/machine/operator.ts';
import { ringMemory } from '../ring.ts';

/** What goes to the other thread as it is. */
export interface SharedState {
  readonly toGuest: SharedArrayBuffer;
  readonly toHost: SharedArrayBuffer;
  readonly guestBell: SharedArrayBuffer;
  readonly hostBell: SharedArrayBuffer;
  readonly counters: SharedArrayBuffer;
  readonly control: SharedArrayBuffer;
}

export function sharedState(): SharedState {
  return {
    toGuest: ringMemory(),
    toHost: ringMemory(),
    guestBell: new SharedArrayBuffer(4),
    hostBell: new SharedArrayBuffer(4),
    counters: new SharedArrayBuffer(8 * (NAMES.length + 2)),
    control: new SharedArrayBuffer(32),
  };
}

/** How far a guest is. */
export interface Progress {
  readonly ticks: bigint;
  /** Guest time, units of 100 ns. */
  readonly time: bigint;
  /** Records in the log, and its bytes on the disk. */
  readonly events: bigint;
  readonly logBytes: bigint;
  /** Bytes the guest has sent to its consoles. */
  readonly consoleBytes: bigint;
  /** Host time spent waiting because the guest waited, nanoseconds. */
  readonly idleNs: bigint;
  /** What the operator has set. */
  readonly operator: Operator;
}

const NAMES = ['ticks', 'time', 'events', 'logBytes', 'consoleBytes', 'idleNs'] as const;
/** Words behind these: both 0 at first, as at power on. */
const SUSPENDED = NAMES.length;
const PERCENT_LEFT_OUT = NAMES.length + 1;

export class Counters {
  readonly #words: BigInt64Array;

  constructor(memory: SharedArrayBuffer) {
    this.#words = new BigInt64Array(memory);
  }

  set(progress: Progress): void {
    for (const [i, name] of NAMES.entries()) Atomics.store(this.#words, i, progress[name]);
    const { suspended, sharePercent } = progress.operator;
    Atomics.store(this.#words, SUSPENDED, suspended ? 1n : 0n);
    Atomics.store(this.#words, PERCENT_LEFT_OUT, BigInt(100 - sharePercent));
  }

  get(): Progress {
    const value = (name: (typeof NAMES)[number]): bigint => Atomics.load(this.#words, NAMES.indexOf(name));
    return {
      ticks: value('ticks'),
      time: value('time'),
      events: value('events'),
      logBytes: value('logBytes'),
      consoleBytes: value('consoleBytes'),
      idleNs: value('idleNs'),
      operator: {
        suspended: Atomics.load(this.#words, SUSPENDED) !== 0n,
        sharePercent: 100 - Number(Atomics.load(this.#words, PERCENT_LEFT_OUT)),
      },
    };
  }
}

const STOP = 0;
const HELD = 1;
const STALLED = 2;
const SHARE_LEFT_OUT = 3;
const QUIESCED = 4;
const ACKNOWLEDGED = 5;
const AWAITED = 6;
const RECORDING_FD = 7;
const SHARE_ONE = 1 << 16;
/** Console bytes that wait in the guest thread; with more, consoles are not read. */
const HELD_BYTES_MAX = 65536;

export class ControlWords {
  readonly #words: Int32Array;

  constructor(memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory);
  }

  /** The guest is to end where it stands. */
  get stopAsked(): boolean {
    return Atomics.load(this.#words, STOP) !== 0;
  }
  askStop(): void {
    Atomics.store(this.#words, STOP, 1);
  }

  /** The guest is to stand still until this is false again. */
  get stalled(): boolean {
    return Atomics.load(this.#words, STALLED) !== 0;
  }
  set stalled(stalled: boolean) {
    Atomics.store(this.#words, STALLED, stalled ? 1 : 0);
  }

  /** A guest that has been told to come to a stop stands still until this is false. */
  get quiesced(): boolean {
    return Atomics.load(this.#words, QUIESCED) !== 0;
  }
  set quiesced(quiesced: boolean) {
    Atomics.store(this.#words, QUIESCED, quiesced ? 1 : 0);
  }

  /** Share of the processor that the guest may take, above 0 and at most 1. */
  get share(): number {
    return 1 - Atomics.load(this.#words, SHARE_LEFT_OUT) / SHARE_ONE;
  }
  set share(share: number) {
    Atomics.store(this.#words, SHARE_LEFT_OUT, Math.min(SHARE_ONE - 1, Math.round((1 - share) * SHARE_ONE)));
  }

  /** Frames that the backup has acknowledged, of the log that it follows; of no use to a guest that nobody follows. */
  get acknowledged(): number {
    return Atomics.load(this.#words, ACKNOWLEDGED);
  }
  set acknowledged(frames: number) {
    Atomics.store(this.#words, ACKNOWLEDGED, frames);
  }

  /** The guest thread sleeps until more is acknowledged: then its bell is to be rung. */
  get awaited(): boolean {
    return Atomics.load(this.#words, AWAITED) !== 0;
  }
  set awaited(awaited: boolean) {
    Atomics.store(this.#words, AWAITED, awaited ? 1 : 0);
  }

  /** The file that is recorded to, where that is not the one that the guest thread was given any more. */
  get recordingFd(): number | undefined {
    const fd = Atomics.load(this.#words, RECORDING_FD);
    return fd === 0 ? undefined : fd;
  }
  set recordingFd(fd: number) {
    Atomics.store(this.#words, RECORDING_FD, fd);
  }

  get holdsMuch(): boolean {
    return Atomics.load(this.#words, HELD) > HELD_BYTES_MAX;
  }
  set heldBytes(bytes: number) {
    Atomics.store(this.#words, HELD, bytes);
  }
}
