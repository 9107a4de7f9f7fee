/**
 * Judges a world while it runs. Knows what the primary's guest has logged, what the backup's guest has been given, what
 * the arbiter has answered and what has left each host; asks no node what it believes.
 */

import type { Output } from '../../../src/emu/machine/events.ts';
import type { ClaimResult } from '../../../src/ft/arbiter.ts';
import { decodeReply } from '../guest/packets.ts';
import { CONSOLE, DISK, NET } from '../guest/program.ts';
import type { HostName } from '../world/network.ts';
import type { BlockRequest } from '../world/storage.ts';
import { Coverage } from './coverage.ts';
import { LoggedFrame } from './logged-frame.ts';

export interface Violation {
  readonly invariant: string;
  readonly what: string;
  readonly us: number;
}

export interface Released {
  readonly node: 'A' | 'B';
  readonly device: string;
  /** Units that have left the device up to and including this. */
  readonly unit: number;
  readonly payload: Output;
}

/** Bytes over a limit that are no fault: what is on its way when the limit is met. */
const SLACK_BYTES = 6_000;

export class Monitor {
  readonly violations: Violation[] = [];
  readonly released: Released[] = [];
  /** The primary's log as its guest wrote it. */
  readonly frames: LoggedFrame[] = [];
  /** The backup's own log. */
  readonly backupFrames: LoggedFrame[] = [];
  readonly #now: () => number;
  readonly #did: (what: string) => void;
  readonly #who: { readonly A: string; readonly B: string };
  readonly #limits: { readonly send: number; readonly receive: number };
  /** Of the frames that the backup holds. */
  readonly #held = new Coverage();
  /** State of the primary's machine at each count of its guest. */
  readonly #states = new Map<number, string>();
  #mustLeave: ReadonlyMap<string, number> = new Map();
  #buffered = 0;
  #loggedBytes = 0;
  #bufferedBytes = 0;
  #epoch = 1;
  #holder: 'A' | 'B' = 'A';
  #usedEpoch = 1;
  #live: 'A' | 'B' | undefined;
  #off = false;
  #begunAt: number | undefined;

  constructor(
    now: () => number,
    did: (what: string) => void,
    who: { readonly A: string; readonly B: string },
    limits: { readonly send: number; readonly receive: number },
  ) {
    this.#now = now;
    this.#did = did;
    this.#who = who;
    this.#limits = limits;
  }

  get hasBegun(): boolean {
    return this.#begunAt !== undefined;
  }
  /** The backup has been given some of the guest's history: there is something that it may take over. */
  get hasHeir(): boolean {
    return this.#held.hasEvents;
  }
  /** Who holds the newest epoch, and whether it is one that was claimed after the pair began. */
  get holder(): 'A' | 'B' {
    return this.#holder;
  }
  get epoch(): number {
    return this.#epoch;
  }
  /** Who has gone live. */
  get wentLive(): 'A' | 'B' | undefined {
    return this.#live;
  }
  get isOff(): boolean {
    return this.#off;
  }

  /** Taken some time before the end: what the backup's buffer covers by now must have left by then. */
  noteCovered(): void {
    this.#mustLeave = new Map([CONSOLE, NET].map((device) => [device, this.#held.of(device)]));
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
  }

  logged(sequence: number, bytes: Uint8Array): void {
    if (sequence !== this.frames.length) this.fail('I15', `the primary logs frame ${sequence}`);
    this.frames.push(new LoggedFrame(bytes));
    this.#loggedBytes += bytes.length;
    const open = this.#loggedBytes - this.#bufferedBytes;
    if (this.#epoch === 1 && open > this.#limits.send + SLACK_BYTES)
      this.fail('I9', `${open} bytes are logged and not with the backup`);
  }

  /** The backup's guest is given a frame: it is in the backup's buffer. */
  buffered(sequence: number, bytes: Uint8Array): void {
    const original = this.frames[sequence];
    if (sequence !== this.#buffered) this.fail('I15', `frame ${sequence} is fed after ${this.#buffered - 1}`);
    if (original === undefined || !same(original.bytes, bytes))
      this.fail('I15', `frame ${sequence} is not what was logged`);
    else this.#held.add(original);
    this.#buffered++;
    this.#bufferedBytes += bytes.length;
  }

  /** Bytes that the backup's guest has and has not executed. */
  backlog(bytes: number): void {
    if (bytes > this.#limits.receive + SLACK_BYTES) this.fail('I9', `${bytes} bytes wait at the backup`);
  }

  followed(sequence: number, bytes: Uint8Array): void {
    if (sequence !== this.backupFrames.length) this.fail('I2', `the backup writes frame ${sequence} to its log`);
    const original = this.frames[sequence];
    this.backupFrames.push(original !== undefined && same(original.bytes, bytes) ? original : new LoggedFrame(bytes));
  }

  /** Something leaves a node. `unit`: the node's own count, taken for consoles alone, as their bytes are compared. */
  left(node: 'A' | 'B', device: string, unit: bigint, payload: Output): void {
    const own = payload.kind === 'console' ? Number(unit) : unitOf(payload);
    this.released.push({ node, device, unit: own, payload });
    this.#judge(node, device, own, 'leaves');
  }

  /** The storage has done a request. */
  applied(node: HostName, { epoch, operation, id }: BlockRequest): void {
    if (node !== 'A' && node !== 'B') return;
    if (epoch < this.#usedEpoch) this.fail('I3', `the disk takes a request of epoch ${epoch} after ${this.#usedEpoch}`);
    this.#usedEpoch = Math.max(this.#usedEpoch, epoch);
    if (operation.op !== 'read') this.#judge(node, DISK, id + 1, 'is written to disk');
  }

  claimed(epoch: number, who: string, result: ClaimResult): void {
    const node = who === this.#who.A ? 'A' : 'B';
    if (node === 'B' && this.#held.ended) this.fail('I8', 'the backup claims an epoch after the end of the log');
    if (result.kind !== 'won') {
      this.#did('claim lost at the arbiter');
      return;
    }
    if (epoch === this.#epoch && node !== this.#holder) this.fail('I3', `epoch ${epoch} is won twice`);
    this.#epoch = Math.max(epoch, this.#epoch);
    this.#holder = node;
  }

  live(node: 'A' | 'B'): void {
    this.#did(`${node} goes live`);
    if (this.#epoch < 2 || this.#holder !== node) this.fail('I3', `${node} goes live and has not won`);
    if (this.#live !== undefined && this.#live !== node) this.fail('I3', `${node} goes live beside ${this.#live}`);
    // A primary whose guest is off, and who cannot learn that the backup knows, wins the epoch and then ends.
    if (this.#off && node === 'B') this.fail('I8', 'the backup goes live after the guest was off');
    this.#live = node;
  }

  /** A node tells the network that the guest is with it. */
  announced(node: 'A' | 'B'): void {
    if (this.#live !== node) this.fail('I6', `${node} draws the network to itself and is not live`);
  }

  halted(node: 'A' | 'B', why: string): void {
    this.#did(`${node} halts: ${why}`);
    if (why === 'lost' && this.#holder === node && this.#epoch > 1) this.fail('I11', `${node} halts and has won`);
  }

  off(node: 'A' | 'B'): void {
    this.#did(`${node} is off`);
    this.#off = true;
  }

  /** The guest of a node has counted to `count`, in this state. Compared while the backup replays. */
  counted(node: 'A' | 'B', count: number, state: string): void {
    if (node === 'A') this.#states.set(count, state);
    else if (this.#live !== 'B' && this.#states.get(count) !== state)
      this.fail('I5', `the states differ at count ${count}, and nobody has noticed`);
  }

  diverged(report: string): void {
    this.fail('I5', report);
  }

  dmaTouched(page: number, tick: number): void {
    this.fail('I14', `page ${page} was changed before tick ${tick}, at which its read was done`);
  }

  /** The Output Rule, and who may speak at all. */
  #judge(node: 'A' | 'B', device: string, unit: number, how: string): void {
    const holds = this.#epoch > 1 && this.#holder === node;
    if (holds) return;
    if (node === 'B') this.fail('I6', `${device} ${unit} ${how} at the backup`);
    else if (this.#held.of(device) < unit)
      this.fail('I1', `${device} ${unit} ${how}; the backup's buffer covers ${this.#held.of(device)}`);
  }
}

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
