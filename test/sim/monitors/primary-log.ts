/**
 * A log that somebody follows, as the monitors see it: what its primary has written, and what its backup has been given
 * of it. Copy 0 is of a guest that began with its backup; others begin with a checkpoint, and with what had left until
 * then.
 */

import { Coverage } from './coverage.ts';
import { LoggedFrame } from './logged-frame.ts';

/** Which log a connection is for: its dialler's, and which of the attempts. */
export interface LogName {
  readonly primary: string;
  readonly copy: number;
}

/** How many units have left each device. */
export interface DeviceUnits {
  readonly [device: string]: bigint;
}

export class PrimaryLog {
  readonly primary: string;
  readonly copy: number;
  readonly frames: (LoggedFrame | undefined)[] = [];
  /** The frames that the backup holds. */
  readonly held = new Coverage();
  /** Who has been given frames of it. */
  backup: string | undefined;
  /** Its primary has given it up before anybody was given the state. */
  isAbandoned = false;
  /** Blocks of an image that were sent for it and were as they are there already. */
  equalBlocks = 0;
  loggedBytes = 0;
  /** Of the frames that waited for the main thread, the most since the buffer was no fuller than it may be. */
  waitingBytes = 0;
  /** `loggedBytes` before each frame, and now. */
  readonly #logged = [0];
  bufferedBytes = 0;
  /** Number of the frame that is to be buffered next. */
  buffered = 0;
  /** Of a copy: what had left each device before its state. */
  #before: DeviceUnits | undefined;
  /** Frame with the state. */
  #state: number | undefined;
  /** Records of the primary's own log that are its past. */
  pastRecords = 0;

  constructor(primary: string, copy: number) {
    this.primary = primary;
    this.copy = copy;
  }

  add(bytes: Uint8Array): void {
    this.frames.push(new LoggedFrame(bytes));
    this.loggedBytes += bytes.length;
    this.#logged.push(this.loggedBytes);
  }

  /** Of the newest so many frames. */
  newestBytes(frames: number): number {
    return this.loggedBytes - this.#logged[Math.max(0, this.frames.length - frames)]!;
  }

  /** It has been judged. */
  forget(sequence: number): void {
    this.frames[sequence] = undefined;
  }

  /** The frame written next is the state. */
  commit(before: DeviceUnits, pastRecords: number): void {
    this.#before = before;
    this.#state = this.frames.length;
    this.pastRecords = pastRecords;
  }

  /** From here on what leaves is to be covered. */
  get isCommitted(): boolean {
    return this.copy === 0 || this.#before !== undefined;
  }

  /** The backup has something that it may go on from. */
  get hasHeir(): boolean {
    return this.held.hasEvents || (this.#state !== undefined && this.buffered > this.#state);
  }

  /** Units of a device that may have left. */
  covered(device: string): number {
    return Number(this.#before?.[device] ?? 0n) + this.held.of(device);
  }
}
