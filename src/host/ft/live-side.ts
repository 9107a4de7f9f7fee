/**
 * A guest that lives at this side of a pair, on its thread: recorded into the own log, with its outputs behind what
 * whoever follows is given (following.ts).
 *
 *     runs ── order 'quiesce' ──> at the end of a slice: followers are given all, 'quiet' told, stands still ──> runs
 */

import type { Output } from '../../emu/machine/events.ts';
import type { Machine } from '../../emu/machine/machine.ts';
import type { Place } from '../../ft/disk/place.ts';
import { CoveredGate } from '../../ft/guest/covered-gate.ts';
import { ForkedLog } from '../../ft/guest/forked-log.ts';
import type { MethodSettings } from '../../ft/guest/method.ts';
import { ReadReferences } from '../../ft/guest/read-references.ts';
import type { Units } from '../../ft/guest/units.ts';
import type { LogHeader } from '../../logformat/header.ts';
import type { LogWriter } from '../../logformat/writer.ts';
import { type ConsoleLines, DEFAULT_CONSOLE } from '../../session/console-lines.ts';
import type { Gate, OutputPort } from '../../session/gate.ts';
import type { Marks } from '../../session/marks.ts';
import { Recorder } from '../../session/recorder.ts';
import { monotonicNs } from '../clock.ts';
import type { CountedEntropy } from '../entropy.ts';
import type { KeptImages } from '../kept-images.ts';
import type { ConsoleQueue } from '../live/console-queue.ts';
import { LiveSource, type ThreadWork } from '../live/live-source.ts';
import type { RingInputs } from '../live/ring-ports.ts';
import type { RingSender } from '../live/ring-sender.ts';
import type { RunMeter } from '../live/run-meter.ts';
import type { SharedState } from '../live/shared-state.ts';
import { encodeOutput } from '../messages.ts';
import { Brake } from './brake.ts';
import { Following } from './following.ts';
import type { OwnDevices } from './job.ts';
import type { JoinedOutputs } from './joined-outputs.ts';
import { encodeReport, type Order, type Report } from './ring-messages.ts';

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
  readonly entropy: CountedEntropy;
  readonly lines: ConsoleLines;
  readonly inside: OwnDevices;
  /** A backup has been there from the beginning. */
  readonly followed: boolean;
  /** Its log, with nothing in it but header and images; left out: it is given the own log. */
  readonly channel?: LogWriter;
  readonly method: MethodSettings;
  /** Called at the end of each slice. */
  readonly between: () => void;
  /** As the replay left them that it goes on from. */
  readonly units?: Units;
  readonly marks?: Marks;
  readonly timeNs?: bigint;
  /** Of a guest that lives already: its in-door, which goes on; `timeNs` means nothing then. */
  readonly source?: LiveSource;
}

export class LiveSide {
  readonly recorder: Recorder;
  /** Where requests go that are given out again. */
  readonly direct: OutputPort;
  readonly #parts: LiveSideParts;
  readonly #log: ForkedLog;
  /** Undefined: what the guest reads is in every log. */
  readonly #references: ReadReferences | undefined;
  readonly #gate: CoveredGate;
  readonly #following: Following;
  readonly #brake: Brake;
  #flushedNs = monotonicNs();
  /** Numbers of the orders to come to a stop, and to cover what the operator has said. */
  #quiesce: number | undefined;
  #cover: number | undefined;

  constructor(parts: LiveSideParts) {
    const { machine, meter, header, sender, marks, units, lines, inside, method, channel } = parts;
    this.#parts = parts;
    this.#log = new ForkedLog(parts.log);
    const pending = (): readonly Output[] => machine.pendingRequests();
    this.#references = method.diskReads === 'backup' ? new ReadReferences({ pending, inside }) : undefined;
    if (channel !== undefined) this.#log.branch = this.#references?.through(channel) ?? channel;
    const live = this.#liveSource();
    meter.log = parts.log;
    meter.live = live;
    this.direct = live.answering({ deliver: (output: Output) => sender.send(encodeOutput(output)) });
    this.#following = new Following({
      ...parts,
      log: this.#log,
      references: this.#references,
      live,
      past: () => ({ units: this.#gate.units.all, randomBytes: parts.entropy.given }),
      line: () => lines.save(),
    });
    // A guest that is slowed because it is copied is so in favour of the copy: that is no part of its share.
    this.#brake = new Brake(
      parts.shared,
      () => meter.busyNs - this.#following.copyingNs,
      () => this.#following.work(),
      () => (machine.operator?.sharePercent ?? 100) / 100,
    );
    this.#gate = new CoveredGate({
      flush: () => this.#following.flush(),
      pass: (covered) => this.#following.pass(covered),
      passed: () => this.#following.passed(),
      direct: (output) => this.direct.deliver(output),
      inside,
      ...(units === undefined ? {} : { units }),
    });
    this.recorder = new Recorder({
      machine,
      source: this.#following.source,
      gate: this.#heard(header.terminal ?? DEFAULT_CONSOLE),
      log: this.#log,
      digestTicks: header.digestTicks,
      elapsedNs: () => meter.elapsedNs,
      ...(marks === undefined ? {} : { marks }),
    });
  }

  order(order: Order): void {
    if (order.kind === 'quiesce') this.#quiesce = order.number;
    else if (order.kind === 'cover') this.#cover = order.number;
    else this.#following.order(order);
  }

  /** As ReadReferences has them. */
  takePlaces(): readonly Place[] {
    return this.#references?.takePlaces() ?? [];
  }

  /** Whether the backup that has been there from the beginning is given frames. */
  get isOwnFollowed(): boolean {
    return this.#following.isOwnFollowed;
  }

  #liveSource(): LiveSource {
    const { source, machine, inputs, consoles, entropy, timeNs, method } = this.#parts;
    if (source !== undefined) {
      source.work = this.#work;
      return source;
    }
    const runTicks = method.name === 'epochs' ? method.epochTicks : 0n;
    const since = timeNs === undefined ? {} : { timeNs };
    return new LiveSource({ machine, inputs, consoles, entropy, work: this.#work, runTicks, ...since });
  }

  get #work(): ThreadWork {
    return {
      between: (longWait) => this.#between(longWait),
      busy: () => this.#following.busy,
      dueNs: () => this.#following.dueNs,
    };
  }

  #heard(terminal: string): Gate {
    return {
      offer: (output) => {
        if (output.kind === 'console' && output.device === terminal) this.#parts.lines.add(output.bytes);
        this.#gate.offer(output);
      },
      marked: (device) => this.#gate.marked(device),
      sliceEnded: () => this.#gate.sliceEnded(),
    };
  }

  #between(longWait: boolean): void {
    const { outputs, meter } = this.#parts;
    this.#parts.between();
    outputs.flush();
    const now = monotonicNs();
    if (!this.#following.isRecordAwaited && (longWait || now - this.#flushedNs >= FLUSH_NS)) {
      this.#flushedNs = now;
      this.#log.flush();
    }
    meter.count(longWait || this.#cover !== undefined);
    if (this.#cover !== undefined) this.#settled({ kind: 'covered', number: this.#cover });
    this.#cover = undefined;
    this.#brake.hold(this.#isQuiet());
  }

  /** Whoever follows comes to the very tick where this guest stands. False: no stop was ordered, or not any more. */
  #isQuiet(): boolean {
    const number = this.#quiesce;
    this.#quiesce = undefined;
    if (number === undefined || !this.#brake.quiesced) return false;
    this.#settled({ kind: 'quiet', number });
    return true;
  }

  /** Followers are given all up to the tick where this guest stands, and then that is told. */
  #settled(report: Report): void {
    const { outputs, sender } = this.#parts;
    this.#following.settle();
    outputs.flush();
    sender.send(encodeReport(report));
  }
}
