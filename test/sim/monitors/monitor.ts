/**
 * Judges a world while it runs. Knows what each guest has logged, what each backup's guest has been given, what the
 * arbiter has answered and what has left each host; asks no node what it believes. Nodes go by the names that they have
 * for ever: a host's second node is somebody else.
 */

import type { Output } from '../../../src/emu/machine/events.ts';
import type { ClaimResult } from '../../../src/ft/arbiter.ts';
import { decodeReply } from '../guest/packets.ts';
import { CONSOLE, DISK, NET, SECTOR_BYTES } from '../guest/program.ts';
import type { BlockRequest } from '../world/storage.ts';
import { LoggedFrame } from './logged-frame.ts';
import { type DeviceUnits, type LogName, PrimaryLog } from './primary-log.ts';

export interface Violation {
  readonly invariant: string;
  readonly what: string;
  readonly us: number;
}

export interface Released {
  readonly who: string;
  readonly device: string;
  /** Units that have left the device up to and including this. */
  readonly unit: number;
  readonly payload: Output;
}

/** An image while no change of it is under way; `touched`: blocks that have changed since its copy began. */
export interface HeldImage {
  readonly bytes: Uint8Array;
  readonly touched: number;
}

/** Bytes over a limit that are no fault, before the channel and behind it: what is on its way when the limit is met. */
const SLACK_BYTES = 3_500;

export class Monitor {
  readonly violations: Violation[] = [];
  readonly released: Released[] = [];
  /** Each node's own log. */
  readonly #own = new Map<string, LoggedFrame[]>();
  /** By primary; a copy is where its number is. */
  readonly #logs = new Map<string, PrimaryLog[]>();
  /** By backup. */
  readonly #followed = new Map<string, PrimaryLog>();
  /** The last log of each node that is to cover what leaves. */
  readonly #covering = new Map<string, PrimaryLog>();
  /** What must be acknowledged now before it leaves; undefined while one serves alone. */
  #protection: PrimaryLog | undefined;
  readonly #now: () => number;
  readonly #did: (what: string) => void;
  readonly #first: string;
  /** False: what is judged is forgotten, and no history is left to be replayed in the end. */
  readonly #keeps: boolean;
  /** The log of the first backup is not its primary's own. */
  readonly #apart: boolean;
  #compared = 0;
  /** Bytes of the longest frame: what comes after a stall comes together. */
  #longest = 0;
  readonly #limits: { readonly send: number; readonly receive: number };
  /** State of each living machine at each count of its guest. */
  readonly #states = new Map<string, Map<number, string>>();
  #mustLeave: ReadonlyMap<string, number> = new Map();
  #epoch = 1;
  #holder: string;
  #usedEpoch = 1;
  /** By epoch. */
  readonly #lived = new Map<number, string>();
  #live: string | undefined;
  #off = false;
  #begunAt: number | undefined;
  #beganAlone = false;
  /** Of copies: the image as it was when the state was taken. */
  readonly #heldImages = new Map<PrimaryLog, HeldImage>();

  /** `first`: who runs the guest from power on. */
  constructor(
    now: () => number,
    did: (what: string) => void,
    first: string,
    limits: { readonly send: number; readonly receive: number },
    { keeps, reads, own }: { readonly keeps: boolean; readonly reads: boolean; readonly own: boolean },
  ) {
    this.#now = now;
    this.#did = did;
    this.#first = first;
    this.#keeps = keeps;
    this.#apart = reads || own;
    this.#holder = first;
    this.#limits = limits;
  }

  get hasBegun(): boolean {
    return this.#begunAt !== undefined;
  }
  /** A backup has something that it may take over, or somebody serves alone. */
  get hasHeir(): boolean {
    return this.#protection === undefined ? this.#epoch > 1 || this.#beganAlone : this.#protection.hasHeir;
  }
  /** Who may go on: who holds the newest epoch, and a backup that follows it. */
  get candidates(): readonly string[] {
    const log = this.#protection;
    return log?.backup !== undefined && log.hasHeir ? [this.#holder, log.backup] : [this.#holder];
  }
  /** Who holds the newest epoch. */
  get holder(): string {
    return this.#holder;
  }
  /** 1: nobody has taken over. */
  get epoch(): number {
    return this.#epoch;
  }
  /** Whose log is the guest's history: who lived last. */
  get historian(): string {
    return this.#live ?? this.#first;
  }
  /** Frames of the first log. */
  get frames(): number {
    return this.#log({ primary: this.#first, copy: 0 }).frames.length;
  }
  /** States of two machines compared, all equal but for what was found. */
  get compared(): number {
    return this.#compared;
  }
  get isOff(): boolean {
    return this.#off;
  }

  /** A node's own log, and where it begins if that is not at power on. */
  ownLog(who: string): { readonly frames: readonly LoggedFrame[]; readonly from: PrimaryLog | undefined } {
    const followed = this.#followed.get(who);
    return { frames: this.#own.get(who) ?? [], from: followed?.copy === 0 ? undefined : followed };
  }

  /** Taken some time before the end: what the backup's buffer covers by now must have left by then. */
  noteCovered(): void {
    const log = this.#protection;
    this.#mustLeave = new Map([CONSOLE, NET].map((device) => [device, log?.covered(device) ?? 0]));
  }
  /** Units of a device that must have left a protected pair. */
  mustHaveLeft(device: string): number {
    return this.#mustLeave.get(device) ?? 0;
  }

  fail(invariant: string, what: string): void {
    if (this.violations.length < 20) this.violations.push({ invariant, what, us: this.#now() });
  }

  begun(): void {
    this.#begunAt ??= this.#now();
    const log = this.#log({ primary: this.#first, copy: 0 });
    this.#covering.set(this.#first, log);
    this.#protection = log;
  }

  /** The guest begins without a backup: nothing is to be covered. */
  begunAlone(): void {
    this.#begunAt ??= this.#now();
    this.#beganAlone = true;
  }

  /** A copy is given up. Of one whose state nobody has been given nothing is to be covered any more. */
  abandoned(name: LogName): void {
    const log = this.#log(name);
    if (log.hasHeir) return;
    log.isAbandoned = true;
    if (this.#protection === log) this.#protection = undefined;
    if (this.#covering.get(name.primary) === log) this.#covering.delete(name.primary);
  }

  /** No change of the image is under way, and none is begun: it is to be the new backup's. */
  imageHeld(primary: string, copy: number, { bytes, touched }: HeldImage): void {
    this.#heldImages.set(this.#log({ primary, copy }), { bytes: bytes.slice(), touched });
  }

  /** The new backup takes its image for whole. */
  imageWhole(name: LogName, image: Uint8Array): void {
    const log = this.#log(name);
    const held = this.#heldImages.get(log);
    if (held === undefined || !same(held.bytes, image))
      this.fail('D1', `the image for copy ${name.copy} of ${name.primary} is not that of the state`);
    else if (log.equalBlocks > held.touched)
      this.fail('D4', `${log.equalBlocks} blocks were sent that were there, and ${held.touched} have changed`);
  }

  /** Blocks for a new backup's image, before they are written. Only what differs, or has changed since, is sent. */
  blocksCame(name: LogName, image: Uint8Array, offset: number, data: Uint8Array): void {
    const log = this.#log(name);
    for (let at = 0; at < data.length; at += SECTOR_BYTES) {
      const isEqual = same(
        image.subarray(offset + at, offset + at + SECTOR_BYTES),
        data.subarray(at, at + SECTOR_BYTES),
      );
      if (isEqual) log.equalBlocks++;
    }
  }

  /** A frame of a node's own log. `waiting`: things that its main thread has not taken from the guest's so far. */
  written(who: string, sequence: number, bytes: Uint8Array, waiting: number): void {
    this.#longest = Math.max(this.#longest, bytes.length);
    const frames = this.#own.get(who) ?? [];
    this.#own.set(who, frames);
    if (this.#keeps && sequence !== frames.length) this.fail('I15', `${who} writes frame ${sequence} to its log`);
    const original = this.#followed.get(who)?.frames[sequence];
    if (this.#keeps)
      frames.push(original !== undefined && same(original.bytes, bytes) ? original : new LoggedFrame(bytes));
    if (who === this.#first && !this.#apart) this.#sent(who, bytes, waiting);
  }

  /** A frame for the backup that the guest began with. */
  #sent(who: string, bytes: Uint8Array, waiting: number): void {
    const log = this.#log({ primary: who, copy: 0 });
    log.add(bytes);
    const open = log.loggedBytes - log.bufferedBytes;
    // A main thread that stands still takes nothing from the guest's thread, and when it goes on all at once.
    if (open <= this.#limits.send) log.waitingBytes = 0;
    log.waitingBytes = Math.max(log.waitingBytes, log.newestBytes(waiting));
    const isAlone = this.#hasLived(who) || (this.#epoch > 1 && this.#holder === who);
    if (!isAlone && open > this.#limits.send + SLACK_BYTES + log.waitingBytes + this.#longest)
      this.fail('I9', `${open} bytes are logged and not with the backup`);
  }

  /** A frame of a log that is not the own one; `before`, with the state of a copy: what had left each device. */
  branched(name: LogName, bytes: Uint8Array, before: DeviceUnits | undefined, waiting = 0): void {
    if (name.copy === 0) {
      this.#sent(name.primary, bytes, waiting);
      return;
    }
    const log = this.#log(name);
    if (before !== undefined) {
      const past = this.#own.get(name.primary) ?? [];
      log.commit(
        before,
        past.reduce((sum, { records }) => sum + records.length, 0),
      );
      // The guest's thread may hear of the end of a copy later: what it says of it until then goes nowhere.
      if (!log.isAbandoned) {
        this.#covering.set(name.primary, log);
        if (this.#holder === name.primary) this.#protection = log;
      }
    }
    log.add(bytes);
  }

  /** The backup's guest is given a frame, which came over a connection for this log: it is in the backup's buffer. */
  buffered(who: string, name: LogName, sequence: number, bytes: Uint8Array): void {
    const log = this.#log(name);
    const before = this.#followed.get(who);
    if (before !== undefined && before !== log && before.buffered > 0)
      this.fail('I15', `${who} goes on with another log, from frame ${sequence}`);
    this.#followed.set(who, log);
    log.backup ??= who;
    if (log.backup !== who) this.fail('I15', `${who} follows the log of ${log.backup}`);
    const original = log.frames[sequence];
    if (sequence !== log.buffered) this.fail('I15', `frame ${sequence} is fed after ${log.buffered - 1}`);
    if (original === undefined || !same(original.bytes, bytes))
      this.fail('I15', `frame ${sequence} is not what was logged`);
    else log.held.add(original);
    if (!this.#keeps) log.forget(sequence);
    log.buffered++;
    if (log.isAbandoned && log.hasHeir) this.fail('I1', `${who} has the state of a copy that was given up`);
    log.bufferedBytes += bytes.length;
  }

  /** Bytes that a backup's guest has and has not executed. */
  backlog(bytes: number): void {
    if (bytes > this.#limits.receive + SLACK_BYTES + this.#longest)
      this.fail('I9', `${bytes} bytes wait at the backup`);
  }

  /** Something leaves a node. `unit`: the node's own count, taken for consoles alone, as their bytes are compared. */
  left(who: string, device: string, unit: bigint, payload: Output): void {
    const own = payload.kind === 'console' ? Number(unit) : unitOf(payload);
    if (this.#keeps) this.released.push({ who, device, unit: own, payload });
    this.#judge(who, device, own, 'leaves');
  }

  /** The storage has done a request. */
  applied(who: string, { epoch, operation, id }: BlockRequest): void {
    if (operation.op === 'read') return;
    if (epoch < this.#usedEpoch) this.fail('I3', `the disk takes a request of epoch ${epoch} after ${this.#usedEpoch}`);
    this.#usedEpoch = Math.max(this.#usedEpoch, epoch);
    this.#judge(who, DISK, id + 1, 'is written to disk');
  }

  claimed(epoch: number, who: string, result: ClaimResult): void {
    const followed = this.#followed.get(who);
    if (followed?.held.ended === true && !this.#hasLived(who))
      this.fail('I8', 'the backup claims an epoch after the end of the log');
    if (followed !== undefined && !followed.hasHeir) this.fail('I8', `${who} claims an epoch and has no guest`);
    if (result.kind !== 'won') {
      this.#did('claim lost at the arbiter');
      return;
    }
    if (epoch === this.#epoch && who !== this.#holder) this.fail('I3', `epoch ${epoch} is won twice`);
    if (epoch > this.#epoch) this.#protection = undefined;
    this.#epoch = Math.max(epoch, this.#epoch);
    this.#holder = who;
  }

  live(who: string): void {
    this.#did(`${hostOf(who)} goes live`);
    if (this.#epoch > 2) this.#did('a later generation goes live');
    if (this.#epoch < 2 || this.#holder !== who) this.fail('I3', `${who} goes live and has not won`);
    const other = this.#lived.get(this.#epoch);
    if (other !== undefined && other !== who) this.fail('I3', `${who} goes live beside ${other}`);
    // A primary whose guest is off, and who cannot learn that the backup knows, wins the epoch and then ends.
    if (this.#off && this.#followed.has(who) && !this.#hasLived(who))
      this.fail('I8', 'the backup goes live after the guest was off');
    this.#lived.set(this.#epoch, who);
    this.#live = who;
  }

  /** A node tells the network that the guest is with it. */
  announced(who: string): void {
    // Who served until a moment ago may not know; who serves now says so again.
    if (!this.#hasLived(who)) this.fail('I6', `${who} draws the network to itself and is not live`);
  }

  halted(who: string, why: string): void {
    this.#did(`${hostOf(who)} halts: ${why}`);
    if (['lost', 'letGo', 'handedOver'].includes(why) && this.#holder === who && this.#epoch > 1)
      this.fail('I11', `${who} halts and has won`);
  }

  off(who: string): void {
    this.#did(`${hostOf(who)} is off`);
    this.#off = true;
  }

  /** The guest of a node has counted to `count`, in this state. Compared while it replays. */
  counted(who: string, count: number, state: string): void {
    const log = this.#followed.get(who);
    if (log === undefined || this.#hasLived(who)) {
      const states = this.#states.get(who) ?? new Map<number, string>();
      this.#states.set(who, states.set(count, state));
      return;
    }
    const states = this.#states.get(log.primary);
    this.#compared++;
    if (states?.get(count) !== state) this.fail('I5', `the states differ at count ${count}, and nobody has noticed`);
    if (!this.#keeps) states?.delete(count);
  }

  /** A node tells that its guest is protected, by the backup that follows this log: of a copy it has the state then. */
  saysProtected(name: LogName): void {
    if (name.copy > 0 && !this.#log(name).hasHeir)
      this.fail('I17', `${name.primary} says that its guest is protected, and copy ${name.copy} has none`);
  }

  diverged(report: string): void {
    this.fail('I5', report);
  }

  /** A backup has read what its primary did not. Of no account when somebody else has the guest already. */
  readDiffers(who: string, request: number): void {
    if (this.candidates.includes(who))
      this.fail('L5', `${who} reads other bytes than its primary for request ${request}`);
  }

  dmaTouched(page: number, tick: number): void {
    this.fail('I14', `page ${page} was changed before tick ${tick}, at which its read was done`);
  }

  /** The Output Rule, and who may speak at all. */
  #judge(who: string, device: string, unit: number, how: string): void {
    if (this.#holder === who && this.#protection === undefined) return;
    const log = this.#covering.get(who);
    if (log === undefined) this.fail('I6', `${device} ${unit} ${how} at ${who}, which does not serve`);
    else if (log.covered(device) < unit)
      this.fail('I1', `${device} ${unit} ${how}; the backup's buffer covers ${log.covered(device)}`);
  }

  #hasLived(who: string): boolean {
    for (const one of this.#lived.values()) if (one === who) return true;
    return false;
  }

  #log(name: LogName): PrimaryLog {
    const logs = this.#logs.get(name.primary) ?? [];
    if (logs.length === 0) this.#logs.set(name.primary, logs);
    const log = logs[name.copy] ?? new PrimaryLog(name.primary, name.copy);
    logs[name.copy] = log;
    return log;
  }
}

const hostOf = (who: string): string => who[0]!.toUpperCase();

/** Which of its device's units an output is, from what it says itself. */
export function unitOf(payload: Output, before = 0): number {
  if (payload.kind === 'packet') return decodeReply(payload.frame)?.ordinal ?? 0;
  if (payload.kind === 'console') return before + payload.bytes.length;
  return payload.request + 1;
}

export function same(a: Uint8Array, b: Uint8Array): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
