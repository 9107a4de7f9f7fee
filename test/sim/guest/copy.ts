/**
 * A backup made from a running guest, as src/session/guest-copy.ts does it for a board: pages in rounds while the guest
 * runs, then what is left and the state in one pause. The frames are those of a log that begins with a checkpoint; what
 * is in them is the simulated machine's.
 */

import { deserialize, serialize } from 'node:v8';
import { tick } from '../../../src/lib/brands.ts';
import { decodeFrame } from '../../../src/logformat/frame.ts';
import type { LogWriter } from '../../../src/logformat/writer.ts';
import type { SimMachine } from './machine.ts';

/** Pages in a frame. */
const TOGETHER = 3;
/** Frames on their way at most. */
const ON_THE_WAY = 4;
/** What is left for the pause. */
const SHORT = 2;
const ROUNDS_MAX = 8;
/** A round that leaves more than this share of the one before does not shrink. */
const SHRINKS = 0.7;
const NO_TICK = tick(0);

/** What a copy begins with besides the machine: what has left each device. */
export interface Past {
  readonly units: { readonly [device: string]: bigint };
}

interface State extends Past {
  readonly machine: ReturnType<SimMachine['capture']>;
}

export class GuestCopy {
  readonly #machine: SimMachine;
  readonly #log: LogWriter;
  readonly #past: () => Past;
  round = 0;
  /** The guest changes pages as fast as they are copied. */
  slow = false;
  done = false;
  acked = -1;
  #from = 0;
  #before = Number.POSITIVE_INFINITY;

  /** Its state may be taken, as far as images go. */
  imagesNear: boolean;

  /** `log`: of the backup, with nothing in it but its header. */
  constructor(machine: SimMachine, log: LogWriter, past: () => Past, imagesNear: boolean) {
    this.imagesNear = imagesNear;
    this.#machine = machine;
    this.#log = log;
    this.#past = past;
    machine.allChanged();
  }

  get busy(): boolean {
    return !this.done && this.#log.frames - 1 - this.acked < ON_THE_WAY;
  }

  /** A little of it, between two slices. True when a round has ended or the state is written. */
  work(): boolean {
    if (!this.busy) return false;
    const pages = this.#machine.takeChanged(this.#from, TOGETHER);
    if (pages.length > 0) {
      this.#write(pages);
      this.#from = pages.at(-1)![0] + 1;
      return false;
    }
    this.#from = 0;
    const left = this.#machine.changedPages;
    if (!this.imagesNear && (left <= SHORT || this.round >= ROUNDS_MAX)) return false;
    this.round++;
    if (left <= SHORT || this.round >= ROUNDS_MAX) this.#finish();
    this.slow = !this.done && left > this.#before * SHRINKS;
    this.#before = left;
    return true;
  }

  #finish(): void {
    const pages = this.#machine.takeChanged(0, Number.POSITIVE_INFINITY);
    if (pages.length > 0) this.#write(pages);
    const state: State = { ...this.#past(), machine: this.#machine.capture() };
    this.#log.checkpoint(this.#machine.tick, new Uint8Array(serialize(state)));
    this.done = true;
  }

  #write(pages: readonly (readonly [number, number])[]): void {
    this.#log.checkpoint(NO_TICK, new Uint8Array(Int32Array.from(pages.flat()).buffer));
  }
}

/** The other end: frames of a copy as they come, until the state is there. */
export class CopiedGuest {
  readonly #pages = new Map<number, number>();
  #state: State | undefined;

  /** A frame of any kind. */
  add(bytes: Uint8Array): void {
    const frame = decodeFrame(bytes);
    if (frame.kind !== 'checkpoint') return;
    if (frame.firstTick > 0n) {
      this.#state = deserialize(frame.stored) as State;
      return;
    }
    const numbers = new Int32Array(frame.stored.slice().buffer);
    for (let i = 0; i < numbers.length; i += 2) this.#pages.set(numbers[i]!, numbers[i + 1]!);
  }

  /** What had left each device; undefined while the state is not here. */
  get past(): Past | undefined {
    return this.#state;
  }

  putInto(machine: SimMachine): void {
    machine.put(this.#state!.machine, this.#pages);
  }
}
