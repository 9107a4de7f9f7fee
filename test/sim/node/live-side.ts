/**
 * A guest that lives on a node, on its thread, as src/host/ft/live-side.ts has it: recorded into the own log, followed
 * by a backup or not, copied while it runs when it is to have a new one.
 */

import type { Output } from '../../../src/emu/machine/events.ts';
import type { Place } from '../../../src/ft/disk/place.ts';
import { CoveredGate } from '../../../src/ft/guest/covered-gate.ts';
import { ForkedLog } from '../../../src/ft/guest/forked-log.ts';
import { ProgressSource } from '../../../src/ft/guest/progress-source.ts';
import { ReadReferences } from '../../../src/ft/guest/read-references.ts';
import type { NumberedOutput, Units } from '../../../src/ft/guest/units.ts';
import type { Tick } from '../../../src/lib/brands.ts';
import { isCheckpointOfTick } from '../../../src/logformat/frame.ts';
import { COPY_VERSION } from '../../../src/logformat/header.ts';
import { LogWriter } from '../../../src/logformat/writer.ts';
import type { Gate } from '../../../src/session/gate.ts';
import type { Marks } from '../../../src/session/marks.ts';
import { Recorder } from '../../../src/session/recorder.ts';
import type { InputSource } from '../../../src/session/source.ts';
import { GuestCopy } from '../guest/copy.ts';
import { SimLiveSource } from '../guest/live-source.ts';
import type { SimMachine } from '../guest/machine.ts';
import { DISK } from '../guest/program.ts';
import type { GuestParts } from './guest-parts.ts';
import { isLast, PLAIN, simHeader } from './log.ts';

export type LiveSaid =
  | {
      readonly kind: 'frame';
      readonly copy: number;
      readonly sequence: number;
      readonly bytes: Uint8Array;
      readonly last: boolean;
      readonly commit: boolean;
    }
  /** The frame that comes next says that these were read. */
  | { readonly kind: 'reads'; readonly copy: number; readonly places: readonly Place[] }
  /** The guest has come to a stop, as was ordered. */
  | { readonly kind: 'quiet'; readonly number: number }
  | { readonly kind: 'copying'; readonly copy: number; readonly slow: boolean; readonly done: boolean }
  | { readonly kind: 'output'; readonly numbered: NumberedOutput }
  /** Needs no cover. */
  | { readonly kind: 'direct'; readonly output: Output };

export type Order =
  | { readonly kind: 'quiesce'; readonly number: number }
  | { readonly kind: 'resume' }
  | { readonly kind: 'copy'; readonly copy: number }
  | { readonly kind: 'imagesNear'; readonly copy: number }
  | { readonly kind: 'acked'; readonly copy: number; readonly sequence: number }
  | { readonly kind: 'endCopy'; readonly copy: number };

/** How long a progress record may be outstanding. */
const PROGRESS_NS = 2_000_000n;
/** Records of a guest that nobody follows wait so long. */
const FLUSH_NS = 20_000_000n;

export interface LiveSideParts {
  readonly parts: GuestParts;
  readonly machine: SimMachine;
  readonly log: LogWriter;
  readonly say: (said: LiveSaid) => void;
  readonly followed: boolean;
  /** The log of the backup that it began with, where that is not the own one. */
  readonly channel?: LogWriter;
  /** Puts something around the gate; for mutants. */
  readonly gate?: (gate: Gate) => Gate;
  /** As the replay left them that it goes on from. */
  readonly units?: Units;
  readonly marks?: Marks;
}

interface Branch {
  readonly copy: number;
  readonly log: LogWriter;
  readonly guest: GuestCopy;
}

export class LiveSide {
  readonly recorder: Recorder;
  readonly source: SimLiveSource;
  readonly #parts: LiveSideParts;
  readonly #log: ForkedLog;
  /** Undefined: what the guest reads is in every log. */
  readonly #references: ReadReferences | undefined;
  readonly #gate: CoveredGate;
  #followed: boolean;
  #branch: Branch | undefined;
  #flushedNs: bigint;
  /** Number of the order to come to a stop. */
  #quiesce: number | undefined;
  #still = false;

  constructor(parts: LiveSideParts) {
    const { machine, log, marks, units } = parts;
    const { nowNs, random, sliceNs } = parts.parts;
    this.#parts = parts;
    this.#followed = parts.followed;
    this.#flushedNs = nowNs();
    this.#log = new ForkedLog(log);
    const pending = (): readonly Output[] => machine.pendingRequests();
    this.#references = parts.parts.reads ? new ReadReferences({ pending, inside: new Set() }) : undefined;
    if (parts.channel !== undefined) this.#log.branch = this.#references?.through(parts.channel) ?? parts.channel;
    this.source = new SimLiveSource(machine, nowNs, random, sliceNs);
    this.#gate = new CoveredGate({
      flush: () => {
        if (this.#followed) this.#log.flush();
      },
      pass: (numbered) => parts.say({ kind: 'output', numbered }),
      direct: (output) => this.direct(output),
      inside: parts.parts.own ? new Set([DISK]) : new Set(),
      ...(units === undefined ? {} : { units }),
    });
    const from = nowNs();
    this.recorder = new Recorder({
      machine,
      source: this.#recorded(),
      gate: parts.gate?.(this.#gate) ?? this.#gate,
      log: this.#log,
      digestTicks: simHeader.digestTicks,
      elapsedNs: () => nowNs() - from,
      ...(marks === undefined ? {} : { marks }),
    });
  }

  /** Tells what the frame that comes next says was read. */
  sayReads(copy: number): void {
    const places = this.#references?.takePlaces() ?? [];
    if (places.length > 0) this.#parts.say({ kind: 'reads', copy, places });
  }

  /** Of the log that it began with, not of a copy's. */
  get isOwnFollowed(): boolean {
    return this.#followed && this.#branch === undefined;
  }

  /** How long it may sleep that has starved, microseconds; undefined: until something comes. */
  get sleepUs(): number | undefined {
    if (this.#still) return undefined;
    if (this.#branch?.guest.busy === true) return COPY_US;
    const { waitNs } = this.source;
    return waitNs === undefined ? undefined : Number(waitNs) / 1000 + 1;
  }

  direct(output: Output): void {
    if (output.kind === 'entropy') this.source.answer(output);
    else this.#parts.say({ kind: 'direct', output });
  }

  order(order: Order): void {
    if (order.kind === 'copy') this.#begin(order.copy);
    else if (order.kind === 'endCopy') this.#end(order.copy);
    else if (order.kind === 'imagesNear') this.#imagesNear(order.copy);
    else if (order.kind === 'quiesce') this.#quiesce = order.number;
    else if (order.kind === 'resume') {
      this.#quiesce = undefined;
      this.#still = false;
    } else if (this.#branch?.copy === order.copy) this.#branch.guest.acked = order.sequence;
  }

  flush(): void {
    this.#log.flush();
  }

  #recorded(): InputSource {
    const { nowNs } = this.#parts.parts;
    const live = this.source;
    const progress = new ProgressSource({ source: live, log: this.#log, nowNs, intervalNs: PROGRESS_NS });
    return {
      next: (now) => {
        if (now.state !== 'halted' && this.#rests(now.tick)) return 'starved';
        this.#work();
        if (this.#followed) return progress.next(now);
        this.#flushNowAndThen();
        return live.next(now);
      },
      nondet: () => live.nondet(),
    };
  }

  /** Whoever follows comes to the very tick where this guest stands. */
  #rests(tick: Tick): boolean {
    const number = this.#quiesce;
    if (number === undefined) return this.#still;
    this.#quiesce = undefined;
    this.#still = true;
    if (tick > (this.#log.lastTick ?? 0n)) this.#log.append({ kind: 'progress', tick });
    this.#log.flush();
    this.#parts.say({ kind: 'quiet', number });
    return true;
  }

  #flushNowAndThen(): void {
    const now = this.#parts.parts.nowNs();
    if (now - this.#flushedNs < FLUSH_NS) return;
    this.#flushedNs = now;
    this.#log.flush();
  }

  #begin(copy: number): void {
    const { machine, say, parts } = this.#parts;
    if (this.#branch !== undefined) this.#end(this.#branch.copy);
    let sequence = 0;
    const write = (bytes: Uint8Array): void => {
      const commit = isCheckpointOfTick(bytes);
      if (commit) this.#log.flush();
      this.sayReads(copy);
      parts.branched(copy, bytes, commit ? this.#gate.units.all : undefined);
      say({ kind: 'frame', copy, sequence: sequence++, bytes, last: isLast(bytes), commit });
    };
    const log = new LogWriter({ write }, PLAIN, { ...simHeader, version: COPY_VERSION, begins: 'checkpoint' });
    const guest = new GuestCopy(machine, log, () => ({ units: this.#gate.units.all }), !parts.own);
    this.#branch = { copy, log, guest };
  }

  #imagesNear(copy: number): void {
    if (this.#branch?.copy === copy) this.#branch.guest.imagesNear = true;
  }

  #end(copy: number): void {
    if ((this.#branch?.copy ?? 0) !== copy) return;
    this.#branch = undefined;
    this.#log.branch = undefined;
    this.#followed = false;
  }

  /** Between two slices, when everything that has left has its mark. */
  #work(): void {
    const branch = this.#branch;
    if (branch === undefined || branch.guest.done || !branch.guest.work()) return;
    const { copy, guest } = branch;
    if (guest.done) {
      this.#log.branch = this.#references?.through(branch.log) ?? branch.log;
      this.#followed = true;
    }
    this.#parts.parts.probe('copy.round');
    this.#parts.say({ kind: 'copying', copy, slow: guest.slow, done: guest.done });
  }
}

/** Between two pieces of a copy of a guest that sleeps. */
const COPY_US = 150;
