/**
 * Makes a backup from a guest that runs: a log that begins with a checkpoint of it (docs/log-format.md). Paper, section
 * 3.1, where it is a VMotion that leaves the source running.
 *
 *     header, images ── pages, round by round, while the guest runs ──> the last pages and the state, in one pause
 *                       each round: what was written to since the round before
 *
 * `work` is called between two slices and does a little. Rounds end when what is left makes a short pause; when rounds
 * do not shrink it says so ('slow'), so that the guest can be slowed, and after many it takes the pause as it is.
 *
 * Invariant: at the moment of the state frame everything recorded so far has happened and nothing else, so that the
 * records after it go on from there. Nothing here can be seen by the guest.
 */

import type { MachineImages } from '../emu/machine/machine.ts';
import { imagePayloads } from '../logformat/image.ts';
import type { LogWriter } from '../logformat/writer.ts';

/** Where pages and state go. */
export interface CopiedState {
  /** Pages that are not there as they are now. */
  readonly stale: number;
  /** Sends some of these; `done`: a round has ended, the next call begins anew. */
  copySome(): { readonly written: number; readonly done: boolean };
  /** Sends the rest and the state, in one pause. Gives the pages sent. */
  write(): number;
}

export interface GuestCopyParts {
  readonly state: CopiedState;
  /** Pages of RAM. */
  readonly pages: number;
  /** Of the backup, with nothing in it but its header. */
  readonly log: LogWriter;
  readonly images: MachineImages;
  /** Frames of `log` that are on their way and not yet held by the backup. */
  readonly unacknowledged: () => number;
  /** What is copied elsewhere is nearly there: the state may be taken. At once when left out. */
  readonly ready?: () => boolean;
  /** A monotonic clock, nanoseconds; it decides about pace alone. */
  readonly nowNs: () => bigint;
  /** The pause that rounds go on for, nanoseconds. */
  readonly pauseNs?: number;
  /** After so many the pause is taken as it is. */
  readonly roundsMax?: number;
}

export interface CopyProgress {
  /** From 1: pages of a later round were copied before, and have changed since. */
  readonly round: number;
  /** Pages written so far, and those that are left or changed again. */
  readonly pages: number;
  readonly left: number;
  readonly bytes: number;
  /** Of the guest, in the end, nanoseconds; undefined while it is copied. */
  readonly pausedNs: number | undefined;
  /** The guest changes pages as fast as they are copied: it is to be slowed. */
  readonly slow: boolean;
}

/** Frames on their way at most: 4 MiB of pages. */
const ON_THE_WAY = 32;
/** What `work` takes at once, about: one frame of pages more than this. */
const WORK_NS = 2_000_000n;
const PAUSE_NS = 20e6;
/** What a page costs until it is measured, nanoseconds. */
const PAGE_NS = 10_000;
/** A round that leaves more than this share of the one before does not shrink. */
const SHRINKS = 0.7;
const ROUNDS_MAX = 40;

export class GuestCopy {
  readonly #parts: GuestCopyParts;
  readonly #steps: Iterator<void>;
  #round = 0;
  #pages = 0;
  #left: number;
  #copyingNs = 0;
  #workedFromNs = 0n;
  #pagesFromNs = 0n;
  /** The way has been full. */
  #linkBound = false;
  #slow = false;
  #waiting = false;
  #pausedNs: number | undefined;

  constructor(parts: GuestCopyParts) {
    this.#parts = parts;
    this.#left = parts.pages;
    this.#steps = this.#run();
  }

  get progress(): CopyProgress {
    return {
      round: this.#round,
      pages: this.#pages,
      left: this.#left,
      bytes: this.#parts.log.offset,
      pausedNs: this.#pausedNs,
      slow: this.#slow,
    };
  }

  /** The state is written: records follow. */
  get done(): boolean {
    return this.#pausedNs !== undefined;
  }

  /** There is something to do now. */
  get busy(): boolean {
    return !this.done && this.#parts.unacknowledged() < ON_THE_WAY && !(this.#waiting && !this.#isReady);
  }

  /** A little of it. True when a round has ended or the copy is done: there is new progress. */
  work(): boolean {
    const { nowNs } = this.#parts;
    this.#workedFromNs = nowNs();
    const until = this.#workedFromNs + WORK_NS;
    const { round } = this.progress;
    while (this.busy && nowNs() < until) if (this.#steps.next().done === true) break;
    if (!this.done && !this.busy && !this.#waiting) this.#linkBound = true;
    return this.done || this.#round !== round;
  }

  /** All of it, at once: the guest is over. Not for a copy that may have to wait for `ready`. */
  complete(): void {
    while (!this.done) this.#steps.next();
  }

  *#run(): Generator<void, void> {
    const { log, images, nowNs, state } = this.#parts;
    // One image at a time: to look at one may be to read it.
    for (const role of Object.keys(images)) {
      for (const payload of imagePayloads(role, images[role as keyof MachineImages]!)) {
        log.imagePart(payload);
        yield;
      }
    }
    this.#pagesFromNs = nowNs();
    for (let before = Number.POSITIVE_INFINITY; ; before = this.#left) {
      this.#round++;
      for (let done = false; !done; ) {
        const from = nowNs();
        const some = state.copySome();
        this.#copyingNs += Number(nowNs() - from);
        this.#pages += some.written;
        done = some.done;
        if (!done) yield;
      }
      this.#left = state.stale;
      if (this.#isShort() || this.#round >= (this.#parts.roundsMax ?? ROUNDS_MAX)) {
        if (this.#isReady) break;
        yield* this.#others();
        if (this.#isShort()) break;
        continue;
      }
      this.#slow = this.#left > before * SHRINKS;
      yield;
    }
    this.#finish();
  }

  get #isReady(): boolean {
    return this.#parts.ready?.() ?? true;
  }

  /** Waits for what is copied elsewhere. */
  *#others(): Generator<void, void> {
    const from = this.#parts.nowNs();
    this.#waiting = true;
    while (!this.#isReady) yield;
    this.#waiting = false;
    this.#pagesFromNs += this.#parts.nowNs() - from;
    this.#left = this.#parts.state.stale;
    // What has changed meanwhile says nothing of how fast it changes.
    this.#slow = false;
  }

  /**
   * What is left makes a short pause, by what pages have cost so far: here, and on a way that is slower than this
   * side, for what the guest says after the pause waits until the backup has the state.
   */
  #isShort(): boolean {
    const sinceNs = this.#linkBound ? Number(this.#parts.nowNs() - this.#pagesFromNs) : 0;
    const pageNs = this.#pages < 64 ? PAGE_NS : Math.max(this.#copyingNs, sinceNs) / this.#pages;
    return this.#left * pageNs <= (this.#parts.pauseNs ?? PAUSE_NS);
  }

  #finish(): void {
    const { state, nowNs } = this.#parts;
    this.#pages += state.write();
    this.#left = 0;
    this.#slow = false;
    // What came before it since the guest ran last is of the pause too.
    this.#pausedNs = Number(nowNs() - this.#workedFromNs);
  }
}
