/**
 * Who follows a guest that lives here, and what its thread does for that: nothing, while nobody does; the method's,
 * while a backup follows; in between the guest is copied, while it runs.
 *
 *     not followed ── order 'copy' ──> copying ── the state is written ──> followed ── order 'endCopy' ──> not followed
 *
 * Invariant: while it is followed an output comes, in the ring to the main thread, after the frame that covers it. What
 * left before the state of a copy was taken is in the ring before that state.
 */

import { Board } from '../../emu/machine/board.ts';
import type { Machine } from '../../emu/machine/machine.ts';
import type { CoveredGateParts } from '../../ft/guest/covered-gate.ts';
import type { ForkedLog } from '../../ft/guest/forked-log.ts';
import type { Method, MethodSettings } from '../../ft/guest/method.ts';
import { methodOf } from '../../ft/guest/method-of.ts';
import type { ReadReferences } from '../../ft/guest/read-references.ts';
import type { NumberedOutput } from '../../ft/guest/units.ts';
import type { Past } from '../../logformat/checkpoint.ts';
import type { LogHeader } from '../../logformat/header.ts';
import type { InputSource } from '../../session/source.ts';
import { monotonicNs } from '../clock.ts';
import type { KeptImages } from '../kept-images.ts';
import type { RingSender } from '../live/ring-sender.ts';
import type { SharedState } from '../live/shared-state.ts';
import { Acknowledged } from './acknowledged.ts';
import { Branch } from './branch.ts';
import type { OwnDevices } from './job.ts';
import type { JoinedOutputs } from './joined-outputs.ts';
import { encodeReport, type Order } from './ring-messages.ts';

/** How often it is looked whether the backup has room for more of a copy, while the guest waits. */
const LOOK_NS = 1_000_000n;

export interface FollowingParts {
  readonly machine: Machine;
  /** Of the own log. */
  readonly header: LogHeader;
  readonly images: KeptImages;
  readonly log: ForkedLog;
  /** Backups read disks themselves: what their logs go through. */
  readonly references: ReadReferences | undefined;
  readonly live: InputSource;
  readonly sender: RingSender;
  readonly outputs: JoinedOutputs;
  readonly shared: SharedState;
  readonly method: MethodSettings;
  readonly inside: OwnDevices;
  /** A backup has been there from the beginning. */
  readonly followed: boolean;
  readonly past: () => Past;
  readonly line: () => Uint8Array;
}

export class Following implements Required<Pick<CoveredGateParts, 'flush' | 'pass' | 'passed'>> {
  /** Stands between the recorder and the live source. */
  readonly source: InputSource;
  readonly #parts: FollowingParts;
  readonly #method: Method;
  readonly #acknowledged: Acknowledged;
  #followed: boolean;
  #branch: Branch | undefined;
  #copyingNs = 0n;

  constructor(parts: FollowingParts) {
    const { live, log, outputs, shared, method, followed } = parts;
    this.#parts = parts;
    this.#followed = followed;
    this.#acknowledged = new Acknowledged(shared);
    this.#method = methodOf(method, {
      live,
      log,
      pass: (output) => outputs.pass(output),
      nowNs: monotonicNs,
      standStill: () => {
        outputs.flush();
        this.#acknowledged.wait((this.#branch ?? log.own).frames);
      },
      state: {
        transfer: (said) => this.#branch?.stream?.write({ said, past: parts.past() }) ?? 0,
        begun: () => this.#branch?.guest.done === true,
        complete: () => this.#complete(),
        caughtUp: () => this.#acknowledged.covers(this.#branch?.frames ?? 0),
      },
    });
    this.source = {
      next: (now) => {
        this.work();
        return (this.#followed ? this.#method.source : live).next(now);
      },
      nondet: (kind, at) => live.nondet(kind, at),
    };
    if (followed && !this.#sendsRecords) this.#begin(0);
  }

  /** Whether the backup that has been there from the beginning is given frames. */
  get isOwnFollowed(): boolean {
    return this.#followed && this.#branch === undefined;
  }

  /** A backup waits for what is recorded. */
  get isRecordAwaited(): boolean {
    return this.#followed && this.#sendsRecords;
  }

  /** Time that the thread has spent on copies, nanoseconds. */
  get copyingNs(): bigint {
    return this.#copyingNs;
  }

  /** There is more to copy: the thread does not block. */
  get busy(): boolean {
    return this.#branch?.guest.busy === true;
  }

  /** Host time until which the thread may block at most, as far as the backup is concerned. */
  get dueNs(): bigint | undefined {
    if (this.#branch?.guest.done === false) return monotonicNs() + LOOK_NS;
    return this.#followed ? this.#method.dueNs : undefined;
  }

  order(order: Order): void {
    if (order.kind === 'copy') this.#begin(order.copy);
    else if (order.kind === 'imagesNear') this.#imagesNear(order.copy);
    else if (order.kind === 'endCopy') this.#end(order.copy);
    else throw new Error(`the order ${order.kind} at a guest that lives`);
  }

  /**
   * A little of a copy; between two slices, when everything that has left has its mark. False: there is nothing to do
   * now. A checkpoint is not of power on.
   */
  work(): boolean {
    const branch = this.#branch;
    const { tick } = this.#parts.machine;
    if (branch === undefined || branch.guest.done || !branch.guest.busy || tick === 0n) return false;
    const from = monotonicNs();
    if (branch.guest.work()) this.#progressed(branch);
    this.#copyingNs += monotonicNs() - from;
    return true;
  }

  /** Whoever follows is given all up to the tick where the guest stands; at the end of a slice. */
  settle(): void {
    const { log, machine } = this.#parts;
    if (machine.tick > (log.lastTick ?? 0n)) log.append({ kind: 'progress', tick: machine.tick });
    log.flush();
    // A state that is not whole yet holds all of that when it is.
    if (this.#followed && this.#branch?.guest.done !== false) this.#method.write?.();
  }

  flush(): void {
    if (this.#followed) this.#method.flush();
  }

  pass(output: NumberedOutput): void {
    if (this.#followed) this.#method.pass(output);
    else this.#parts.outputs.pass(output);
  }

  passed(): void {
    if (this.#followed) this.#method.passed();
  }

  get #sendsRecords(): boolean {
    return this.#method.write === undefined;
  }

  #begin(copy: number): void {
    const { machine, header, images, past, line, sender, outputs, inside, references } = this.#parts;
    if (!(machine instanceof Board)) throw new Error('a copy is made of a board');
    if (this.#branch !== undefined) this.#end(this.#branch.copy);
    this.#branch = new Branch({
      copy,
      board: machine,
      header,
      images,
      withImages: inside.size > 0,
      past,
      line,
      references,
      acknowledged: () => this.#acknowledged.frames,
      send: (frame) => {
        outputs.flush();
        sender.send(encodeReport(frame));
      },
      write: this.#sendsRecords ? undefined : () => this.#method.write?.() ?? 0,
    });
  }

  #imagesNear(copy: number): void {
    if (this.#branch?.copy === copy) this.#branch.imagesNear = true;
  }

  #end(copy: number): void {
    if ((this.#branch?.copy ?? 0) !== copy) return;
    this.#branch?.giveBack();
    this.#branch = undefined;
    this.#parts.log.branch = undefined;
    this.#followed = false;
    this.#method.ended?.();
  }

  #progressed(branch: Branch): void {
    if (branch.guest.done) this.#commit(branch);
    const { progress } = branch.guest;
    this.#parts.sender.send(encodeReport({ kind: 'copying', copy: branch.copy, progress }));
  }

  /** The state is on its way: the backup follows from here on. */
  #commit(branch: Branch): void {
    branch.giveBack();
    this.#parts.log.branch = branch.records;
    this.#followed = true;
  }

  /** The guest is over before its backup has a state. */
  #complete(): void {
    if (this.#branch === undefined) return;
    this.#branch.guest.complete();
    this.#commit(this.#branch);
  }
}
