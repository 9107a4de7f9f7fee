/**
 * A guest that lives at this side of a pair, on its thread: recorded into the own log; followed by a backup or not; and
 * copied, while it runs, when it is to have a new one.
 *
 *     not followed ── order 'copy' ──> copying ── the state is written ──> followed ── order 'endCopy' ──> not followed
 *
 *     runs ── order 'quiesce' ──> at the end of a slice: log flushed, 'quiet' told, stands still ──> runs
 *
 * Invariant: while it is followed an output comes, in the ring to the main thread, after the frame with its mark. What
 * left before the state of a copy was taken is in the ring before that state.
 */

import { Board } from '../../emu/machine/board.ts';
import type { Output } from '../../emu/machine/events.ts';
import type { Machine } from '../../emu/machine/machine.ts';
import { CoveredGate } from '../../ft/guest/covered-gate.ts';
import { ForkedLog } from '../../ft/guest/forked-log.ts';
import { PROGRESS_INTERVAL_NS, ProgressSource } from '../../ft/guest/progress-source.ts';
import type { Units } from '../../ft/guest/units.ts';
import { isCheckpointOfTick, isEndFrame } from '../../logformat/frame.ts';
import { COPY_VERSION, type LogHeader } from '../../logformat/header.ts';
import { LogWriter } from '../../logformat/writer.ts';
import { type ConsoleLines, DEFAULT_CONSOLE } from '../../session/console-lines.ts';
import type { Gate, OutputPort } from '../../session/gate.ts';
import { GuestCopy } from '../../session/guest-copy.ts';
import type { Marks } from '../../session/marks.ts';
import { Recorder } from '../../session/recorder.ts';
import type { InputSource } from '../../session/source.ts';
import { monotonicNs } from '../clock.ts';
import type { EntropySource } from '../entropy.ts';
import { ImageReader, type KeptImages } from '../kept-images.ts';
import type { ConsoleQueue } from '../live/console-queue.ts';
import { LiveSource } from '../live/live-source.ts';
import type { RingInputs } from '../live/ring-ports.ts';
import type { RingSender } from '../live/ring-sender.ts';
import type { RunMeter } from '../live/run-meter.ts';
import type { SharedState } from '../live/shared-state.ts';
import { encodeOutput } from '../messages.ts';
import { zstd } from '../zstd.ts';
import { Brake } from './brake.ts';
import type { JoinedOutputs } from './joined-outputs.ts';
import { encodeReport, type Order } from './ring-messages.ts';

/** Records of a guest that nobody follows wait at most about this long before they are in the own file. */
const FLUSH_NS = 250_000_000n;

export interface LiveSideParts {
  readonly machine: Machine;
  /** Of the own log, and the log. */
  readonly header: LogHeader;
  readonly log: LogWriter;
  readonly images: KeptImages;
  readonly inputs: RingInputs;
  readonly consoles: ConsoleQueue;
  readonly sender: RingSender;
  readonly outputs: JoinedOutputs;
  readonly meter: RunMeter;
  readonly shared: SharedState;
  readonly entropy: EntropySource;
  /** Random bytes that the guest has been given. */
  readonly randomBytes: bigint;
  readonly lines: ConsoleLines;
  /** A backup follows the own log. */
  readonly followed: boolean;
  /** Called at the end of each slice. */
  readonly between: () => void;
  /** As the replay left them that it goes on from. */
  readonly units?: Units;
  readonly marks?: Marks;
  readonly timeNs?: bigint;
}

interface Branch {
  readonly copy: number;
  readonly log: LogWriter;
  readonly guest: GuestCopy;
  readonly images: ImageReader;
  acked: number;
}

export class LiveSide {
  readonly recorder: Recorder;
  /** Where requests go that are given out again. */
  readonly direct: OutputPort;
  readonly #parts: LiveSideParts;
  readonly #log: ForkedLog;
  readonly #gate: CoveredGate;
  readonly #brake: Brake;
  #followed: boolean;
  #branch: Branch | undefined;
  #randomBytes: bigint;
  #copyingNs = 0n;
  #flushedNs = monotonicNs();
  /** Number of the order to come to a stop. */
  #quiesce: number | undefined;

  constructor(parts: LiveSideParts) {
    const { machine, meter, header, outputs, sender, marks, units } = parts;
    this.#parts = parts;
    this.#followed = parts.followed;
    this.#randomBytes = parts.randomBytes;
    this.#log = new ForkedLog(parts.log);
    // A guest that is slowed because it is copied is so in favour of the copy: that is no part of its share.
    this.#brake = new Brake(
      parts.shared,
      () => meter.busyNs - this.#copyingNs,
      () => this.#work(),
    );
    const live = this.#liveSource();
    meter.log = parts.log;
    meter.live = live;
    this.direct = live.answering({ deliver: (output: Output) => sender.send(encodeOutput(output)) });
    this.#gate = new CoveredGate({
      flush: () => {
        if (this.#followed) this.#log.flush();
      },
      pass: (covered) => outputs.pass(covered),
      direct: (output) => this.direct.deliver(output),
      ...(units === undefined ? {} : { units }),
    });
    this.recorder = new Recorder({
      machine,
      source: this.#source(live),
      gate: this.#heard(header.terminal ?? DEFAULT_CONSOLE),
      log: this.#log,
      digestTicks: header.digestTicks,
      elapsedNs: () => meter.elapsedNs,
      ...(marks === undefined ? {} : { marks }),
    });
  }

  order(order: Order): void {
    if (order.kind === 'copy') this.#begin(order.copy);
    else if (order.kind === 'acked') {
      if (this.#branch?.copy === order.copy) this.#branch.acked = order.sequence;
    } else if (order.kind === 'endCopy') this.#end(order.copy);
    else if (order.kind === 'quiesce') this.#quiesce = order.number;
    else throw new Error(`the order ${order.kind} at a guest that lives`);
  }

  /** Whether frames of the own log go to a backup. */
  get isOwnFollowed(): boolean {
    return this.#followed && this.#branch === undefined;
  }

  #liveSource(): LiveSource {
    const { machine, inputs, consoles, timeNs } = this.#parts;
    return new LiveSource({
      machine,
      inputs,
      consoles,
      entropy: this.#countedEntropy(),
      between: (longWait) => this.#between(longWait),
      busy: () => this.#branch?.guest.busy === true,
      ...(timeNs === undefined ? {} : { timeNs }),
    });
  }

  #countedEntropy(): EntropySource {
    const { entropy } = this.#parts;
    return {
      bytes: (length) => {
        this.#randomBytes += BigInt(length);
        return entropy.bytes(length);
      },
      skip: (length) => entropy.skip(length),
    };
  }

  #source(live: LiveSource): InputSource {
    const log = this.#log;
    const progress = new ProgressSource({ source: live, log, nowNs: monotonicNs, intervalNs: PROGRESS_INTERVAL_NS });
    return {
      next: (now) => {
        this.#work();
        return (this.#followed ? progress : live).next(now);
      },
      nondet: (kind) => live.nondet(kind),
    };
  }

  #heard(terminal: string): Gate {
    return {
      offer: (output) => {
        if (output.kind === 'console' && output.device === terminal) this.#parts.lines.add(output.bytes);
        this.#gate.offer(output);
      },
      marked: (device) => this.#gate.marked(device),
    };
  }

  #begin(copy: number): void {
    const { machine, header, lines, images } = this.#parts;
    if (!(machine instanceof Board)) throw new Error('a copy is made of a board');
    if (this.#branch !== undefined) this.#end(this.#branch.copy);
    const { continuedAt: _, ...same } = header;
    let sequence = 0;
    const write = (bytes: Uint8Array): void => {
      this.#parts.outputs.flush();
      const [last, commit] = [isEndFrame(bytes), isCheckpointOfTick(bytes)];
      this.#parts.sender.send(encodeReport({ kind: 'frame', copy, sequence: sequence++, last, commit, bytes }));
    };
    const log = new LogWriter({ write }, zstd, { ...same, version: COPY_VERSION, begins: 'checkpoint' });
    const reader = new ImageReader(images);
    const guest = new GuestCopy({
      board: machine,
      log,
      images: reader.images,
      unacknowledged: () => log.frames - 1 - branch.acked,
      past: () => ({ units: this.#gate.units.all, randomBytes: this.#randomBytes }),
      line: () => lines.save(),
      nowNs: monotonicNs,
    });
    const branch: Branch = { copy, log, guest, images: reader, acked: -1 };
    this.#branch = branch;
  }

  #end(copy: number): void {
    if ((this.#branch?.copy ?? 0) !== copy) return;
    this.#branch?.images.giveBack();
    this.#branch = undefined;
    this.#log.branch = undefined;
    this.#followed = false;
  }

  /** Between two slices, when everything that has left has its mark. False: there is nothing to do now. */
  #work(): boolean {
    const branch = this.#branch;
    if (branch === undefined || branch.guest.done || !branch.guest.busy) return false;
    const from = monotonicNs();
    if (branch.guest.work()) this.#progressed(branch);
    this.#copyingNs += monotonicNs() - from;
    return true;
  }

  #progressed(branch: Branch): void {
    if (branch.guest.done) {
      branch.images.giveBack();
      this.#log.branch = branch.log;
      this.#followed = true;
    }
    const { progress } = branch.guest;
    this.#parts.sender.send(encodeReport({ kind: 'copying', copy: branch.copy, progress }));
  }

  #between(longWait: boolean): void {
    const { outputs, meter } = this.#parts;
    this.#parts.between();
    outputs.flush();
    const now = monotonicNs();
    if (!this.#followed && (longWait || now - this.#flushedNs >= FLUSH_NS)) {
      this.#flushedNs = now;
      this.#log.flush();
    }
    meter.count(longWait);
    this.#brake.hold(this.#isQuiet());
  }

  /** Whoever follows comes to the very tick where this guest stands. False: no stop was ordered, or not any more. */
  #isQuiet(): boolean {
    const number = this.#quiesce;
    this.#quiesce = undefined;
    if (number === undefined || !this.#brake.quiesced) return false;
    const { machine, outputs, sender } = this.#parts;
    const log = this.#log;
    if (machine.tick > (log.lastTick ?? 0n)) log.append({ kind: 'progress', tick: machine.tick });
    log.flush();
    outputs.flush();
    sender.send(encodeReport({ kind: 'quiet', number }));
    return true;
  }
}
